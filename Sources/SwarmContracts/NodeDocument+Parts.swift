extension NodeDocument {
    /// The files of a node.
    package struct Workspace: Hashable, Sendable {
        /// Whether the artifact is the whole tree or what changed against the parent's.
        package enum Mode: String, Sendable, CaseIterable {
            case snapshot
            case delta
        }

        package let mode: Mode
        /// The descriptor's keyed commitment to the workspace.
        package let artifactHash: Digest256
        package let artifactRef: String

        package init(mode: Mode, artifactHash: Digest256, artifactRef: String) {
            self.mode = mode
            self.artifactHash = artifactHash
            self.artifactRef = artifactRef
        }

        init(members: MemberReader) throws(DocumentFailure) {
            mode = try members.required("mode", .word)
            artifactHash = try members.required("artifact_hash", .digest)
            artifactRef = try members.required("artifact_ref", .text)
        }

        var value: JSONValue {
            [
                "mode": .word(mode), "artifact_hash": .digest(artifactHash), "artifact_ref": .string(artifactRef),
            ]
        }
    }

    /// The state database of a node.
    package struct StateDB: Hashable, Sendable {
        static let engineKind = "sqlite-serialized"
        static let engineSchema = "loom-state-v1"

        /// The descriptor's keyed commitment to the state.
        package let snapshotHash: Digest256
        package let snapshotRef: String
        package let ratchetStep: Int
        package let stateID: StateID

        package init(snapshotHash: Digest256, snapshotRef: String, ratchetStep: Int, stateID: StateID) {
            self.snapshotHash = snapshotHash
            self.snapshotRef = snapshotRef
            self.ratchetStep = ratchetStep
            self.stateID = stateID
        }

        init(members: MemberReader) throws(DocumentFailure) {
            snapshotHash = try members.required("snapshot_hash", .digest)
            snapshotRef = try members.required("snapshot_ref", .text)
            ratchetStep = try members.required("ratchet_step", .integer())
            stateID = try members.required("state_id", .stateID)
            let engine = try members.object("engine")
            _ = try engine.required("kind", .constant(StateDB.engineKind))
            _ = try engine.required("schema_version", .constant(StateDB.engineSchema))
        }

        var value: JSONValue {
            [
                "snapshot_hash": .digest(snapshotHash), "snapshot_ref": .string(snapshotRef),
                "ratchet_step": JSONValue(ratchetStep), "state_id": .text(of: stateID),
                "engine": ["kind": .string(StateDB.engineKind), "schema_version": .string(StateDB.engineSchema)],
            ]
        }
    }

    /// What it takes to go on from a node.
    package struct Runtime: Hashable, Sendable {
        package let checkpointSupported: Bool
        package let substrate: String
        package let imageDigest: String?
        package let kernel: String?
        package let checkpointHash: Digest256?
        package let checkpointRef: String?

        package init(
            checkpointSupported: Bool,
            substrate: String,
            imageDigest: String? = nil,
            kernel: String? = nil,
            checkpointHash: Digest256? = nil,
            checkpointRef: String? = nil
        ) {
            self.checkpointSupported = checkpointSupported
            self.substrate = substrate
            self.imageDigest = imageDigest
            self.kernel = kernel
            self.checkpointHash = checkpointHash
            self.checkpointRef = checkpointRef
        }

        init(members: MemberReader) throws(DocumentFailure) {
            checkpointSupported = try members.required("checkpoint_supported", .boolean)
            checkpointHash = try members.optional("checkpoint_hash", .digest)
            checkpointRef = try members.optional("checkpoint_ref", .text)
            let compatible = try members.object("restore_compat")
            substrate = try compatible.required("substrate", .text)
            imageDigest = try compatible.optional("image_digest", .text)
            kernel = try compatible.optional("kernel", .text)
        }

        var value: JSONValue {
            .members([
                "checkpoint_supported": .bool(checkpointSupported),
                "checkpoint_hash": checkpointHash.map { .digest($0) },
                "checkpoint_ref": checkpointRef.map { .string($0) },
                "restore_compat": .members([
                    "substrate": .string(substrate), "image_digest": imageDigest.map { .string($0) },
                    "kernel": kernel.map { .string($0) },
                ]),
            ])
        }
    }

    /// The route of a node, by reference.
    package struct Network: Hashable, Sendable {
        package let routeMode: RouteMode
        package let tokenRef: String
        package let ratchetStep: Int
        package let expiresAt: String?

        package init(routeMode: RouteMode, tokenRef: String, ratchetStep: Int, expiresAt: String? = nil) {
            self.routeMode = routeMode
            self.tokenRef = tokenRef
            self.ratchetStep = ratchetStep
            self.expiresAt = expiresAt
        }

        init(members: MemberReader) throws(DocumentFailure) {
            routeMode = try members.required("route_mode", .word)
            let token = try members.object("token")
            tokenRef = try token.required("token_ref", .text)
            ratchetStep = try token.required("ratchet_step", .integer())
            expiresAt = try token.nullable("expires_at", .time)
        }

        var value: JSONValue {
            [
                "route_mode": .word(routeMode),
                "token": [
                    "token_ref": .string(tokenRef), "ratchet_step": JSONValue(ratchetStep),
                    "expires_at": JSONValue(expiresAt),
                ],
            ]
        }
    }

    /// What a reader of the node may demand of its attestation.
    package struct Attestation: Hashable, Sendable {
        package let commitSHARequired: String?
        package let artifactHash: Digest256?
        package let proofRef: String?

        package init(commitSHARequired: String?, artifactHash: Digest256?, proofRef: String?) {
            self.commitSHARequired = commitSHARequired
            self.artifactHash = artifactHash
            self.proofRef = proofRef
        }

        init(members: MemberReader) throws(DocumentFailure) {
            commitSHARequired = try members.nullable("commit_sha_required", .commit)
            artifactHash = try members.nullable("artifact_hash", .digest)
            proofRef = try members.nullable("proof_ref", .text)
        }

        var value: JSONValue {
            [
                "commit_sha_required": JSONValue(commitSHARequired), "artifact_hash": .digest(artifactHash),
                "proof_ref": JSONValue(proofRef),
            ]
        }
    }
}
