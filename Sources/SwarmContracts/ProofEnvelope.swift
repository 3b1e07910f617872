/// `agent_swarm-proof-v1`: what a zero-knowledge proof is of, by which system, and where it lies.
package struct ProofEnvelope: Document {
    package static let name = "proof"
    static let schemaVersion = "agent_swarm-proof-v1"

    /// The SHA-256 of the public inputs' bytes.
    package let publicInputsSHA256: Digest256
    /// The proof system's name. One that is not known is not judged.
    package let proofSystem: String
    /// Where the proof's bytes lie: a file beside the envelope.
    package let proofRef: String

    package init(publicInputsSHA256: Digest256, proofSystem: String, proofRef: String) {
        self.publicInputsSHA256 = publicInputsSHA256
        self.proofSystem = proofSystem
        self.proofRef = proofRef
    }

    package init(members: MemberReader) throws(DocumentFailure) {
        _ = try members.required("schema_version", .constant(ProofEnvelope.schemaVersion))
        publicInputsSHA256 = try members.required("public_inputs_sha256", .digest)
        proofSystem = try members.required("proof_system", .text)
        proofRef = try members.required("proof_ref", .text)
    }

    package var value: JSONValue {
        [
            "schema_version": .string(ProofEnvelope.schemaVersion),
            "public_inputs_sha256": .string(publicInputsSHA256.description), "proof_system": .string(proofSystem),
            "proof_ref": .string(proofRef),
        ]
    }
}
