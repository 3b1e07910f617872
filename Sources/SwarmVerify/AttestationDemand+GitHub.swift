package import Sigstore
package import SwarmContracts

extension AttestationDemand.Acceptance {
    /// What one run of a pinned workflow on GitHub is signed with: the signer is the workflow at its commit (subject,
    /// build signer URI and digest), the run is this very one, and it ran where it was sent.
    ///
    /// `runURL` names the run with its attempt: `https://github.com/o/r/actions/runs/1/attempts/1`. `host` and `issuer` are
    /// those of the server. `time` is in seconds since 1970: nothing that was signed behind it counts.
    package static func gitHubRun(
        root: TrustedRoot,
        workflow: WorkflowRef,
        runURL: String,
        runnerClass: RunnerClass,
        host: String = "github.com",
        issuer: String = IdentityPolicy.gitHubActionsIssuer,
        claims: [FulcioClaim: String] = [:],
        time: Int64?
    ) -> AttestationDemand.Acceptance {
        let environment = runnerClass == .selfHosted ? "self-hosted" : "github-hosted"
        let own: [FulcioClaim: String] = [.runInvocationURI: runURL, .runnerEnvironment: environment]
        var identity = IdentityPolicy.gitHubActions(
            workflow: "\(host)/\(workflow.path)",
            reference: workflow.commit,
            signerDigest: workflow.commit,
            claims: claims.merging(own) { _, demanded in demanded }
        )
        identity.issuer = issuer
        return AttestationDemand.Acceptance(
            root: root,
            policy: Policy(signer: .certificate(identity), present: time.map { Instant(seconds: $0) }),
            name: workflow.description
        )
    }
}
