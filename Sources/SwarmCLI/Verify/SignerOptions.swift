internal import ArgumentParser
internal import Sigstore
internal import SwarmContracts
internal import SwarmEngine
internal import SwarmPlatform
internal import SwarmVerify

/// Whose signature on an attestation counts.
struct SignerOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Workflow that signed: owner/repo/path, or owner/repo/path@ref for that ref alone.",
            valueName: "workflow"
        )
    )
    var signerWorkflow: String?

    @Option(help: ArgumentHelp("Repository that the run was of.", valueName: "owner/repo"))
    var sourceRepo: String?

    @Option(help: ArgumentHelp("Commit that the run was of.", valueName: "sha"))
    var sourceDigest: String?

    @Option(help: ArgumentHelp("Number of the repository that the run was of.", valueName: "id"))
    var repoId: String?

    @Option(help: ArgumentHelp("URL of the run, with its attempt.", valueName: "url"))
    var runUrl: String?

    @Option(help: ArgumentHelp("Where the run ran; github-hosted where GitHub is the issuer.", valueName: "name"))
    var runnerEnvironment: String?

    @Option(help: ArgumentHelp("Type of the statement's predicate.", valueName: "uri"))
    var predicateType: String?

    @Option(help: ArgumentHelp("Exact name in the signer's certificate: a URI or e-mail address.", valueName: "name"))
    var certIdentity: String?

    @Option(help: ArgumentHelp("Who vouched for that name, where the certificate says so.", valueName: "url"))
    var certOidcIssuer: String?

    @Option(help: ArgumentHelp("Public key (PEM) that signed, in place of a certificate.", valueName: "file"))
    var key: [String] = []

    @Option(help: ArgumentHelp("Trusted root to judge by, in place of those installed.", valueName: "file"))
    var trustedRoot: String?

    /// Whether anything says who must have signed.
    var namesSigner: Bool { signerWorkflow != nil || certIdentity != nil || !key.isEmpty }

    private var demandsCertificate: Bool {
        signerWorkflow != nil || certIdentity != nil || certOidcIssuer != nil || sourceRepo != nil
            || sourceDigest != nil || repoId != nil || runUrl != nil || runnerEnvironment != nil
    }

    func validate() throws {
        if !key.isEmpty, demandsCertificate {
            throw ValidationError("--key stands in place of a certificate: it goes with no flag about one")
        }
        if signerWorkflow != nil, certIdentity != nil {
            throw ValidationError("--signer-workflow and --cert-identity say the same thing in two ways; give one")
        }
        if demandsCertificate, !namesSigner {
            throw ValidationError(
                "say who signed, with --signer-workflow or --cert-identity: a repository alone is never enough"
            )
        }
    }

    /// What the flags accept. `commit` is the commit that the signing workflow must have, `present` the time to judge at.
    /// Throws exit 2 where a file cannot be used, or no trusted root is there to judge a certificate by.
    func accepted(commit: String?, present: Int64, _ console: Console) throws -> [AttestationDemand.Acceptance] {
        if !key.isEmpty {
            // A log entry beside the signature is judged by a root, and demanded where the root that was given lists logs.
            let roots = try trustedRoot == nil ? [TrustedRoot.empty] + installed().map(\.root) : roots(console)
            return try key.flatMap { file in
                let policy = Policy(
                    signer: .key(try SignerOptions.publicKey(file)),
                    predicateType: predicateType,
                    logEntry: trustedRoot == nil ? .never : .whereTrustedRootListsLogs,
                    present: Instant(seconds: present)
                )
                let name = "the key in \(Name.shown(file))"
                return roots.map { AttestationDemand.Acceptance(root: $0, policy: policy, name: name) }
            }
        }
        guard namesSigner else { return [] }
        let policy = Policy(
            signer: .certificate(identity(commit)),
            predicateType: predicateType,
            present: Instant(seconds: present)
        )
        let name = signerWorkflow ?? certIdentity ?? ""
        return try roots(console).map { AttestationDemand.Acceptance(root: $0, policy: policy, name: Name.shown(name)) }
    }

    private func identity(_ commit: String?) -> IdentityPolicy {
        let issuer = certOidcIssuer ?? (signerWorkflow == nil ? nil : IdentityPolicy.gitHubActionsIssuer)
        // A name means nothing without who vouched for it: without an issuer it counts only where the authority itself did.
        var policy = IdentityPolicy(identity: certIdentity, issuer: issuer, issuerIsAbsent: issuer == nil)
        if let signerWorkflow {
            if signerWorkflow.contains("@") {
                policy.identity = "https://github.com/" + signerWorkflow
                policy.claims[.buildSignerURI] = "https://github.com/" + signerWorkflow
            } else {
                policy.signerWorkflow = "github.com/" + signerWorkflow
            }
        }
        policy.claims[.buildSignerDigest] = commit
        policy.claims[.sourceRepositoryURI] = sourceRepo.map { "https://github.com/" + $0 }
        policy.claims[.sourceRepositoryDigest] = sourceDigest
        policy.claims[.sourceRepositoryIdentifier] = repoId
        policy.claims[.runInvocationURI] = runUrl
        policy.claims[.runnerEnvironment] =
            runnerEnvironment ?? (issuer == IdentityPolicy.gitHubActionsIssuer ? "github-hosted" : nil)
        return policy
    }

    private func roots(_ console: Console) throws -> [TrustedRoot] {
        if let trustedRoot {
            let bytes = try Passphrase.readBytes(trustedRoot, limit: 16 << 20)
            return try TrustStore.roots(in: bytes, from: Name.shown(trustedRoot))
        }
        let entries = try installed()
        guard !entries.isEmpty else {
            throw UsageFailure(
                message:
                    "no trusted root is installed to judge a certificate by; give --trusted-root FILE or `swarm trust import FILE`"
            )
        }
        if Clock.nowSeconds() - (entries.map(\.installedAt).max() ?? 0) > TrustStore.oldAge {
            console.warn("the newest trusted root is more than half a year old: take it anew with `swarm trust import`")
        }
        return entries.map(\.root)
    }

    private func installed() throws -> [TrustStore.Entry] { try TrustStore.ofUser()?.entries() ?? [] }

    private static func publicKey(_ file: String) throws -> PublicKey {
        let bytes = try Passphrase.readBytes(file)
        do throws(SigstoreError) {
            return try PublicKey(pem: bytes)
        } catch {
            throw UsageFailure(message: "--key \(Name.shown(file)): \(error.message)")
        }
    }
}
