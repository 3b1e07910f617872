internal import ArgumentParser
internal import SwarmContracts
internal import SwarmPlatform
internal import SwarmVerify

struct VerifyCert: Verb {
    static let configuration = CommandConfiguration(
        commandName: "cert",
        abstract: "Check a certificate's bytes, commit, policy and validity.",
        discussion: """
              swarm verify cert --certificate certificate.json --expected-artifact-hash sha256:.. \\
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

    @Option(help: ArgumentHelp("Judge as of this time, in seconds since 1970, instead of now.", valueName: "unix"))
    var at: Int64?

    func perform(_ context: Context) throws -> Int32 {
        let report = CertificateVerifier.verify(
            try Passphrase.readBytes(certificate),
            expecting: try Digest256(typed: expectedArtifactHash),
            commit: try CommitPin(requiredCommit),
            policy: try policyFile.map { try Passphrase.readBytes($0) },
            requirePolicy: requirePolicy,
            at: at ?? Clock.nowSeconds()
        )
        return VerdictOutput(console: context.console).show(report)
    }
}
