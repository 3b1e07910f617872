/// What an operator's key signs of a run: an in-toto Statement v1 (in-toto attestation framework, `spec/v1/statement.md`)
/// whose subjects are the run's certificate, result and policy, and whose predicate says where the run stands and what held
/// while it ran.
///
/// It is a function of the three documents, so a verifier makes it anew and compares the bytes.
package struct RunStatement: Sendable, Equatable {
    /// The predicate's type.
    package static let predicateType = "urn:swarm:run:v1"

    /// The statement, canonical (RFC 8785): what is signed.
    package let canonicalBytes: [UInt8]

    /// The statement over three documents as they are stored. Throws where the certificate or the result cannot be read.
    package init(certificate: [UInt8], result: [UInt8], policy: [UInt8]) throws(DocumentFailure) {
        let execution = try Certificate(reading: certificate)
        let outcome = try ResultDocument(reading: result)
        let subjects = [("certificate.json", certificate), ("policy.json", policy), ("result.json", result)]
        let statement: JSONValue = [
            "_type": "https://in-toto.io/Statement/v1",
            "subject": .array(
                subjects.map { name, bytes in
                    ["name": .string(name), "digest": ["sha256": .string(Digest256.sha256(of: bytes).hex)]]
                }
            ),
            "predicateType": .string(RunStatement.predicateType),
            "predicate": [
                "lineage": [
                    "run_id": .string(outcome.runID.description), "operation": .string(outcome.operation.rawValue),
                    "node_id": JSONValue(outcome.nodeID?.description),
                    "parent_node_id": JSONValue(outcome.parentNodeID?.description),
                    "parent_certificate_sha256": JSONValue(execution.parentCertificateSHA256?.description),
                    "workflow_ref": .string(execution.runtime.workflowRef),
                ],
                "restore_mode": .string(outcome.restoreMode.rawValue),
                "sandbox": [
                    "engine": .string(execution.execution.sandbox.engine),
                    "level": .string(execution.execution.sandbox.level.rawValue),
                ],
                "route": ["mode": .string(execution.execution.route.mode.rawValue)],
            ],
        ]
        canonicalBytes = CanonicalJSON.encode(statement)
    }
}
