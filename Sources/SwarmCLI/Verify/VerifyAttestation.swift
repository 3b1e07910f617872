internal import ArgumentParser
internal import Sigstore
internal import SwarmContracts
internal import SwarmPlatform
internal import SwarmVerify

struct VerifyAttestation: Verb {
    static let configuration = CommandConfiguration(
        commandName: "attestation",
        abstract: "Check who signed an artifact, when, and under what identity.",
        discussion: """
            The bundle is one Sigstore bundle, one a line, or the answer of GitHub's API. Nothing is asked of the network.

              swarm verify attestation certificate.json \\
                --bundle attestation.sigstore.json --key operator.pem
              swarm verify attestation build.tar --bundle bundle.jsonl \\
                --signer-workflow owner/repo/.github/workflows/build.yml --source-repo owner/repo
            """
    )

    @OptionGroup var global: GlobalOptions

    @Argument(help: ArgumentHelp("The artifact: a file, or its digest as sha256:..", valueName: "artifact"))
    var artifact: String

    @Option(help: ArgumentHelp("The attestations (a file or -).", valueName: "file"))
    var bundle: String

    @Option(help: ArgumentHelp("Commit that the signing workflow must have.", valueName: "sha"))
    var requiredCommit: String?

    @Option(help: ArgumentHelp("Judge as of this time, in seconds since 1970, instead of now.", valueName: "unix"))
    var at: Int64?

    @OptionGroup var signer: SignerOptions

    func validate() throws {
        guard signer.namesSigner else {
            throw ValidationError("say who signed, with --signer-workflow, --cert-identity or --key")
        }
    }

    func perform(_ context: Context) throws -> Int32 {
        let commit = try requiredCommit.map { try CommitPin($0).hex }
        let accepted = try signer.accepted(commit: commit, present: at ?? Clock.nowSeconds(), context.console)
        let report = AttestationVerifier.verify(
            try Passphrase.readBytes(bundle, limit: 64 << 20),
            artifact: try subject(),
            demand: AttestationDemand(accepted: accepted, isRequired: true)
        )
        return VerdictOutput(console: context.console).show(report)
    }

    /// A file is hashed as it is read; a digest that is also a file's name is the file.
    private func subject() throws -> Artifact {
        if Files.kind(artifact) == nil, let (algorithm, digest) = try typedDigest() {
            return Artifact(digest: digest, algorithm: algorithm)
        }
        guard Files.kind(artifact) == .regular else { return Artifact(bytes: try Passphrase.readBytes(artifact)) }
        // Only a signature of Ed25519 over the bytes themselves needs them in memory.
        if let bytes = try? Files.read(artifact, limit: 64 << 20) { return Artifact(bytes: bytes) }
        var hasher = Digest256.Hasher()
        try Files.stream(artifact) { hasher.update($0) }
        return Artifact(digest: hasher.finish().bytes, algorithm: .sha256)
    }

    private func typedDigest() throws -> (HashAlgorithm, [UInt8])? {
        let parts = artifact.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, let algorithm = HashAlgorithm(rawValue: String(parts[0])) else { return nil }
        guard let digest = Hex.decode(String(parts[1])), digest.count == algorithm.byteCount else {
            throw VerifyInputFailure.artifactHash(Name.shown(artifact))
        }
        return (algorithm, digest)
    }
}
