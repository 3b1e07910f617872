package import Sigstore
package import SwarmContracts
package import SwarmVerify

/// Attestations of a remote run's certificate, and who must have signed them.
package struct AttestationEvidence: Sendable {
    /// One bundle, a bundle a line, or the answer of GitHub's API.
    package let bundles: [UInt8]
    package let accepted: [AttestationDemand.Acceptance]

    package init(bundles: [UInt8], accepted: [AttestationDemand.Acceptance]) {
        (self.bundles, self.accepted) = (bundles, accepted)
    }

    /// The evidence of a run on GitHub: what is accepted follows from what was dispatched and from the run that GitHub
    /// answered with. `runURL` names the run with its attempt; `claims` are further demands, as the repository's id.
    /// `time` is in seconds since 1970. Throws exit 2 where the workflow that was dispatched is no pinned one.
    package static func gitHub(
        bundles: [UInt8],
        roots: [TrustedRoot],
        expecting expectation: RemoteExpectation,
        runURL: String,
        host: String = "github.com",
        issuer: String = IdentityPolicy.gitHubActionsIssuer,
        claims: [FulcioClaim: String] = [:],
        time: Int64
    ) throws -> AttestationEvidence {
        let workflow = try WorkflowRef(expectation.workflowRef)
        return AttestationEvidence(
            bundles: bundles,
            accepted: roots.map { root in
                AttestationDemand.Acceptance.gitHubRun(
                    root: root,
                    workflow: workflow,
                    runURL: runURL,
                    runnerClass: expectation.runnerClass,
                    host: host,
                    issuer: issuer,
                    claims: claims,
                    time: time
                )
            }
        )
    }
}
