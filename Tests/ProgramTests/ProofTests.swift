import SwarmContracts
import SwarmPlatform
import SwarmTestSupport
import Testing

private enum PublishedProof {
    static let folder = Environment.value("TEST_SHARED_DIR").map { $0 + "/conformance/zkproof" }
}

@Suite(
    "Zero-knowledge proofs",
    .enabled(if: PublishedProof.folder != nil, "TEST_SHARED_DIR is not set: the published proof is not at hand")
)
struct ProofTests {
    /// A folder with the published proof and an envelope for it.
    private func proof(system: String = "ultrahonk-keccak-zk-bn254", reference: String = "proof.bin") throws -> Scratch
    {
        let scratch = try Scratch()
        let folder = try #require(PublishedProof.folder)
        try scratch.shell("cp \(folder)/*.bin \(folder)/vk.json . && chmod u+w *")
        let hash = Digest256.sha256(of: try Files.read(folder + "/inputs.bin"))
        let envelope = ProofEnvelope(publicInputsSHA256: hash, proofSystem: system, proofRef: reference)
        try scratch.write("proof.json", envelope.canonicalBytes)
        return scratch
    }

    private static let command = [
        "verify", "proof", "--proof", "proof.json", "--public-inputs", "inputs.bin", "--verification-key", "vk.json",
        "--json",
    ]
    private static let claims = [
        "--expected-artifact-hash", "sha256:35c05be4649e98cb26af3c4d2cd8bb489194d32a6e105b5b8e4a645d800d520f",
        "--source-repo", "amiller/github-zktls", "--required-commit", "4f540ac7723fa900c0078eca8e52b3cb0c0a3f13",
    ]

    @Test("the published proof holds and names its artifact, repository and commit")
    func holds() throws {
        let run = try proof().swarm(ProofTests.command + ProofTests.claims)
        #expect(run.exitCode == 0, "\(run)")
    }

    @Test("a proof of another artifact, repository or commit is refused", arguments: [1, 3, 5])
    func otherClaim(position: Int) throws {
        var claims = ProofTests.claims
        let old = claims[position]
        claims[position] =
            old.hasPrefix("a") ? "other/repository" : String(old.dropLast()) + (old.hasSuffix("0") ? "1" : "0")
        let run = try proof().swarm(ProofTests.command + claims)
        #expect(run.exitCode == 3, "\(run)")
    }

    @Test(
        "an altered, cut or missing proof, other inputs and another key are refused",
        arguments: [
            "printf X | dd of=proof.bin bs=1 seek=700 conv=notrunc", "truncate -s 10559 proof.bin", "rm proof.bin",
            "printf X | dd of=inputs.bin bs=1 seek=31 conv=notrunc", "rm vk.json; echo {} > vk.json",
            "sed -i 's/\"logCircuitSize\": 20/\"logCircuitSize\": 19/' vk.json",
        ]
    )
    func altered(command: String) throws {
        let scratch = try proof()
        #expect(try scratch.shell(command).exitCode == 0)
        let run = try scratch.swarm(ProofTests.command)
        #expect(run.exitCode == 3, "\(run)")
    }

    @Test("a proof system that is not known is not judged, and a proof is not looked for elsewhere")
    func notJudged() throws {
        let other = try proof(system: "groth16").swarm(ProofTests.command)
        #expect(other.exitCode == 3)
        #expect(other.json["error"]?["code"]?.text == "PROOF_NOT_JUDGED", "\(other)")
        let scratch = try proof(reference: "../proof.bin")
        try scratch.shell("mv proof.bin ..")
        #expect(try scratch.swarm(ProofTests.command).exitCode == 3)
    }
}
