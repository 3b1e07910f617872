internal import ArgumentParser
internal import Sigstore
internal import SwarmContracts
internal import SwarmEngine
internal import SwarmPlatform
internal import SwarmVerify

struct VerifyCert: Verb {
    static let configuration = CommandConfiguration(
        commandName: "cert",
        abstract: "Check a certificate's bytes, commit, policy and validity.",
        discussion: """
              swarm verify cert --certificate certificate.json \\
                --expected-artifact-hash sha256:.. \\
                --required-commit 0123.. --policy-file policy.json
            """
    )

    @OptionGroup var global: GlobalOptions

    @Option(help: ArgumentHelp("The certificate (a file or -).", valueName: "file"))
    var certificate: String

    @Option(help: ArgumentHelp("What its bytes must hash to.", valueName: "sha256:.."))
    var expectedArtifactHash: String

    @Option(help: ArgumentHelp("The commit that its workflow must be pinned to.", valueName: "sha"))
    var requiredCommit: String

    @Option(help: ArgumentHelp("The policy that it names.", valueName: "file"))
    var policyFile: String?

    @Flag(help: "Refuse a certificate without a policy.")
    var requirePolicy = false

    @Option(help: ArgumentHelp("Its attestations (a file or -); the signer flags say whose count.", valueName: "file"))
    var attestation: String?

    @OptionGroup var signer: SignerOptions

    @Option(help: ArgumentHelp("Judge as of this time, in seconds since 1970, instead of now.", valueName: "unix"))
    var at: Int64?

    func validate() throws {
        if attestation != nil, !signer.namesSigner {
            throw ValidationError("say whose attestation counts, with --signer-workflow, --cert-identity or --key")
        }
        if attestation == nil, signer.namesSigner {
            throw ValidationError("the flags about a signer need --attestation FILE")
        }
    }

    func perform(_ context: Context) throws -> Int32 {
        let bytes = try Passphrase.readBytes(certificate)
        var report = CertificateVerifier.verify(
            bytes,
            expecting: try Digest256(typed: expectedArtifactHash),
            commit: try CommitPin(requiredCommit),
            policy: try policyFile.map { try Passphrase.readBytes($0) },
            requirePolicy: requirePolicy,
            at: at ?? Clock.nowSeconds()
        )
        if let attestation {
            let commit = signer.key.isEmpty ? requiredCommit : nil
            let accepted = try signer.accepted(commit: commit, present: at ?? Clock.nowSeconds(), context.console)
            report.append(
                contentsOf: AttestationVerifier.verify(
                    try Passphrase.readBytes(attestation, limit: 64 << 20),
                    artifact: Artifact(bytes: bytes),
                    demand: AttestationDemand(accepted: accepted, isRequired: true)
                )
            )
        }
        let marked = (try? context.layout()).flatMap { EvidenceFolder($0).unverifiedNode(of: bytes) }
        return VerdictOutput(console: context.console).show(report, unverified: marked.map { [$0] } ?? [])
    }
}
