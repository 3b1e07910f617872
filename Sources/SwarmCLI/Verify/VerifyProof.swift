internal import ArgumentParser
internal import SwarmContracts
internal import SwarmPlatform
internal import SwarmVerify

struct VerifyProof: Verb {
    static let configuration = CommandConfiguration(
        commandName: "proof",
        abstract: "Check a zero-knowledge proof about a run.",
        discussion: """
            The envelope names the proof system and, as a file beside it, the proof. An unknown system is not judged, and \
            so refused. The verification key says which circuit was proven: take it from a place that you trust.

              swarm verify proof --proof proof.json --public-inputs inputs.bin --verification-key vk.json \\
                --expected-artifact-hash sha256:.. --source-repo owner/repo --required-commit 0123..
            """
    )

    @OptionGroup var global: GlobalOptions

    @Option(help: ArgumentHelp("The proof's envelope.", valueName: "file"))
    var proof: String

    @Option(help: ArgumentHelp("The public inputs.", valueName: "file"))
    var publicInputs: String

    @Option(help: ArgumentHelp("The circuit's verification key.", valueName: "file"))
    var verificationKey: String?

    @Option(help: ArgumentHelp("Artifact hash that the inputs must name.", valueName: "sha256:.."))
    var expectedArtifactHash: String?

    @Option(help: ArgumentHelp("Repository that the inputs must name.", valueName: "owner/repo"))
    var sourceRepo: String?

    @Option(help: ArgumentHelp("Commit that the inputs must name.", valueName: "sha"))
    var requiredCommit: String?

    func perform(_ context: Context) throws -> Int32 {
        let envelope = try Passphrase.readBytes(proof)
        let evidence = ProofVerifier.Evidence(
            envelope: envelope,
            publicInputs: try Passphrase.readBytes(publicInputs),
            proof: try proofBytes(envelope),
            verificationKey: try verificationKey.map { try Passphrase.readBytes($0) }
        )
        let expectation = ProofVerifier.Expectation(
            artifactHash: try expectedArtifactHash.map { try Digest256(typed: $0) },
            repository: sourceRepo,
            commit: try requiredCommit.map { try CommitPin($0).hex }
        )
        return VerdictOutput(console: context.console).show(ProofVerifier.verify(evidence, expecting: expectation))
    }

    /// The file beside the envelope that it names. The envelope is a stranger's: a name that leads elsewhere is none.
    private func proofBytes(_ envelope: [UInt8]) throws -> [UInt8]? {
        guard let document = try? ProofEnvelope(reading: envelope), document.proofSystem == ProofVerifier.ultraHonk,
            !document.proofRef.contains("/"), document.proofRef != ".."
        else { return nil }
        let path = Files.parent(of: Files.absolute(proof)) + "/" + document.proofRef
        guard Files.kind(path) == .regular else { return nil }
        return try Passphrase.readBytes(path)
    }
}
