/// `result.json`: what came of a run, and where it lies.
package struct ResultDocument: Document {
    package static let name = "result"

    package let runID: RunID
    package let status: RunStatus
    package let operation: Operation
    /// Null, with all that follows from a node, where a failed or cancelled run's tree was not kept.
    package let nodeID: NodeID?
    package let parentNodeID: NodeID?
    package let stateID: StateID?
    package let restoreMode: RestoreMode
    /// Why a restore could not be done; stands there with a cold start alone.
    package let restoreFallbackReason: String?
    package let bundleRef: String?
    package let bundleSHA256: Digest256?
    package let certificateRef: String?
    /// The SHA-256 of the certificate's bytes.
    package let artifactHash: Digest256?

    package init(
        runID: RunID,
        status: RunStatus,
        operation: Operation,
        nodeID: NodeID?,
        parentNodeID: NodeID?,
        stateID: StateID?,
        restoreMode: RestoreMode,
        restoreFallbackReason: String? = nil,
        bundleRef: String?,
        bundleSHA256: Digest256?,
        certificateRef: String?,
        artifactHash: Digest256?
    ) {
        self.runID = runID
        self.status = status
        self.operation = operation
        self.nodeID = nodeID
        self.parentNodeID = parentNodeID
        self.stateID = stateID
        self.restoreMode = restoreMode
        self.restoreFallbackReason = restoreFallbackReason
        self.bundleRef = bundleRef
        self.bundleSHA256 = bundleSHA256
        self.certificateRef = certificateRef
        self.artifactHash = artifactHash
    }

    package init(members: MemberReader) throws(DocumentFailure) {
        runID = try members.required("run_id", .runID)
        status = try members.required("status", .word)
        operation = try members.required("operation", .word(except: [.initial]))
        parentNodeID = try members.nullable("parent_node_id", .nodeID)
        restoreMode = try members.required("restore_mode", .word)
        restoreFallbackReason =
            switch restoreMode {
            case .coldStart: try members.required("restore_fallback_reason", .text)
            case .checkpoint: try members.optional("restore_fallback_reason", .text)
            }
        nodeID = try ResultDocument.outcome("node_id", .nodeID, status, members)
        stateID = try ResultDocument.outcome("state_id", .stateID, status, members)
        bundleRef = try ResultDocument.outcome("bundle_ref", .text, status, members)
        bundleSHA256 = try ResultDocument.outcome("bundle_sha256", .digest, status, members)
        certificateRef = try ResultDocument.outcome("certificate_ref", .text, status, members)
        artifactHash = try ResultDocument.outcome("artifact_hash", .digest, status, members)
    }

    /// A member that may be null only where the run did not succeed.
    private static func outcome<Value>(
        _ name: String,
        _ form: MemberForm<Value>,
        _ status: RunStatus,
        _ members: MemberReader
    ) throws(DocumentFailure) -> Value? {
        switch status {
        case .succeeded: try members.required(name, form)
        case .failed, .cancelled: try members.nullable(name, form)
        }
    }

    package var value: JSONValue {
        .members([
            "run_id": .text(of: runID), "status": .word(status), "operation": .word(operation),
            "node_id": JSONValue(nodeID?.description), "parent_node_id": JSONValue(parentNodeID?.description),
            "state_id": JSONValue(stateID?.description), "restore_mode": .word(restoreMode),
            "restore_fallback_reason": restoreFallbackReason.map { .string($0) }, "bundle_ref": JSONValue(bundleRef),
            "bundle_sha256": .digest(bundleSHA256), "certificate_ref": JSONValue(certificateRef),
            "artifact_hash": .digest(artifactHash),
        ])
    }
}
