internal import FoundationEssentials
package import SwarmContracts
internal import UltraHonk

/// Does this proof hold for these public inputs, and do they name this artifact, repository and commit?
package enum ProofVerifier {
    /// The proof system that is judged; every other one is not, and what is not judged does not pass.
    package static let ultraHonk = "ultrahonk-keccak-zk-bn254"

    /// What the public inputs have to name. What is nil is not asked for.
    package struct Expectation: Sendable {
        package var artifactHash: Digest256?
        /// `owner/repo`.
        package var repository: String?
        /// 40 hexadecimal digits.
        package var commit: String?

        package init(artifactHash: Digest256?, repository: String?, commit: String?) {
            self.artifactHash = artifactHash
            self.repository = repository
            self.commit = commit
        }
    }

    /// The bytes that a proof consists of.
    package struct Evidence: Sendable {
        /// The envelope (`agent_swarm-proof-v1`).
        package var envelope: [UInt8]
        package var publicInputs: [UInt8]
        /// The proof itself; nil where the envelope names a system that is not judged, or it could not be read.
        package var proof: [UInt8]?
        /// The circuit's verification key as JSON, from a place that the caller trusts.
        package var verificationKey: [UInt8]?

        package init(envelope: [UInt8], publicInputs: [UInt8], proof: [UInt8]?, verificationKey: [UInt8]?) {
            self.envelope = envelope
            self.publicInputs = publicInputs
            self.proof = proof
            self.verificationKey = verificationKey
        }
    }

    /// Judges a proof.
    package static func verify(_ evidence: Evidence, expecting expectation: Expectation) -> VerificationReport {
        var list = CheckList()
        judge(evidence, expectation, &list)
        return VerificationReport(subject: "proof", checks: list.checks)
    }

    private static func judge(_ evidence: Evidence, _ expectation: Expectation, _ list: inout CheckList) {
        let envelope: ProofEnvelope
        do throws(DocumentFailure) {
            envelope = try ProofEnvelope(reading: evidence.envelope)
        } catch {
            return list.judge("proof.shape", "PROOF_SCHEMA_INVALID", .fails(error.message))
        }
        list.judge("proof.shape", "PROOF_SCHEMA_INVALID", .holds("every member is as the schema has it"))
        list.compare(
            "proof.inputs",
            "PROOF_INPUTS_MISMATCH",
            [
                Comparison(
                    "sha256 of the public inputs",
                    Digest256.sha256(of: evidence.publicInputs),
                    envelope.publicInputsSHA256
                )
            ]
        )
        guard envelope.proofSystem == ultraHonk else {
            let name = Shown.text(envelope.proofSystem)
            return list.judge("proof.system", "PROOF_NOT_JUDGED", .fails("the proof system \(name) is not known here"))
        }
        list.judge("proof.system", "PROOF_NOT_JUDGED", .holds(ultraHonk))
        guard let claims = ProofClaims(evidence.publicInputs) else {
            return list.judge("proof.claims", "PROOF_INPUTS_INVALID", .fails("they are not 84 words of one byte each"))
        }
        compare(claims, expectation, &list)
        list.judge("proof.holds", "PROOF_INVALID", judgement(evidence))
    }

    private static func compare(_ claims: ProofClaims, _ expected: Expectation, _ list: inout CheckList) {
        func check(_ name: String, _ code: String, _ what: String, _ found: String, _ expected: String?) {
            guard let expected else {
                return list.judge(
                    name,
                    code,
                    .notApplicable("\(what) is \(found); nothing was given to compare it with")
                )
            }
            list.compare(name, code, [Comparison(what, found, expected)])
        }
        let repository = expected.repository.map { Digest256.sha256(of: Array($0.utf8)).description }
        let artifact = expected.artifactHash?.description
        check("proof.artifact", "PROOF_ARTIFACT_MISMATCH", "the artifact's hash", claims.artifact.description, artifact)
        check(
            "proof.repository",
            "PROOF_REPOSITORY_MISMATCH",
            "the repository's hash",
            claims.repository.description,
            repository
        )
        check("proof.commit", "PROOF_COMMIT_MISMATCH", "the commit", claims.commit, expected.commit)
    }

    private static func judgement(_ evidence: Evidence) -> Judgement {
        guard let json = evidence.verificationKey else { return .fails("no verification key was given") }
        guard let proof = evidence.proof else { return .fails("the proof that the envelope names was not given") }
        guard json.count <= 1 << 20,
            let fields = try? JSONDecoder().decode(VerificationKeyFields.self, from: Data(json))
        else { return .fails("the verification key is not the JSON that this proof system has") }
        do throws(UltraHonkFailure) {
            let key = try VerificationKey(fields)
            try UltraHonk.verify(proof: proof, publicInputs: evidence.publicInputs, verificationKey: key)
            return .holds("a workflow run of that repository at that commit signed a statement that holds that hash")
        } catch {
            return .fails("refused at \(error)")
        }
    }
}

/// What the public inputs of a proof name: one byte in each word of 32 bytes.
struct ProofClaims {
    let artifact: Digest256
    /// SHA-256 of `owner/repo`.
    let repository: Digest256
    /// 40 hexadecimal digits.
    let commit: String

    init?(_ inputs: [UInt8]) {
        guard inputs.count == 84 * 32 else { return nil }
        var bytes: [UInt8] = []
        for word in stride(from: 0, to: inputs.count, by: 32) {
            guard inputs[word..<word + 31].allSatisfy({ $0 == 0 }) else { return nil }
            bytes.append(inputs[word + 31])
        }
        guard let artifact = Digest256(bytes: bytes[..<32]), let repository = Digest256(bytes: bytes[32..<64]) else {
            return nil
        }
        self.artifact = artifact
        self.repository = repository
        commit = Hex.encode(Array(bytes[64...]))
    }
}
