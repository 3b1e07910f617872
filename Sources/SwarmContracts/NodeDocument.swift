/// `node.json` (`agent_swarm-node-v1`): the public face of a node. It holds references to capabilities, never one.
package struct NodeDocument: Document {
    package static let name = "node"
    static let schemaVersion = "agent_swarm-node-v1"

    package let parentNodeID: NodeID?
    package let createdAt: String
    package let workspace: Workspace
    package let stateDB: StateDB
    package let runtime: Runtime
    package let network: Network
    package let tags: [String]
    package let attestation: Attestation?
    /// `node-` and the first 32 hex digits of the SHA-256 over the canonical document without `node_id`.
    package let nodeID: NodeID

    package init(
        parentNodeID: NodeID?,
        createdAt: String,
        workspace: Workspace,
        stateDB: StateDB,
        runtime: Runtime,
        network: Network,
        tags: [String],
        attestation: Attestation? = nil
    ) {
        self.parentNodeID = parentNodeID
        self.createdAt = createdAt
        self.workspace = workspace
        self.stateDB = stateDB
        self.runtime = runtime
        self.network = network
        self.tags = tags
        self.attestation = attestation
        let unnamed = NodeDocument.members(
            parentNodeID,
            createdAt,
            workspace,
            stateDB,
            runtime,
            network,
            tags,
            attestation
        )
        nodeID = NodeDocument.computedID(unnamed)
    }

    /// The node of a bundle: everything but what is given here follows from the descriptor.
    package init(
        of descriptor: BundleDescriptor,
        substrate: String = "local",
        routeMode: RouteMode,
        tags: [String] = [],
        imageDigest: String? = nil,
        kernel: String? = nil
    ) {
        let bundle = descriptor.bundleSHA256
        self.init(
            parentNodeID: descriptor.identity.parentNodeID,
            createdAt: LogicalTime.text(step: descriptor.ratchetStep),
            workspace: Workspace(
                mode: .snapshot,
                artifactHash: descriptor.workspaceCommitment,
                artifactRef: BundleDescriptor.locator(bundle, "workspace")
            ),
            stateDB: StateDB(
                snapshotHash: descriptor.stateCommitment,
                snapshotRef: BundleDescriptor.locator(bundle, "state"),
                ratchetStep: descriptor.ratchetStep,
                stateID: descriptor.stateID
            ),
            runtime: Runtime(
                checkpointSupported: false,
                substrate: substrate,
                imageDigest: imageDigest,
                kernel: kernel
            ),
            network: Network(
                routeMode: routeMode,
                tokenRef: NextTokens.reference(.netCap, of: descriptor.runID),
                ratchetStep: descriptor.ratchetStep
            ),
            tags: tags
        )
    }

    /// Reads the document's members and holds `node_id` against all that stands there, unknown members included.
    package init(members: MemberReader) throws(DocumentFailure) {
        _ = try members.required("schema_version", .constant(NodeDocument.schemaVersion))
        let stated = try members.required("node_id", .nodeID)
        parentNodeID = try members.nullable("parent_node_id", .nodeID)
        createdAt = try members.required("created_at", .time)
        workspace = try Workspace(members: members.object("workspace"))
        stateDB = try StateDB(members: members.object("state_db"))
        runtime = try Runtime(members: members.object("runtime"))
        network = try Network(members: members.object("network"))
        tags = try members.required("tags", .texts)
        attestation = try members.optionalObject("attestation").map(Attestation.init(members:))
        guard case .object(var unnamed) = members.value else { throw members.failure("node_id", "an object around it") }
        unnamed["node_id"] = nil
        let computed = NodeDocument.computedID(.object(unnamed))
        guard computed == stated else {
            throw .nodeIDMismatch(computed: computed.description, stated: stated.description)
        }
        nodeID = stated
    }

    package var value: JSONValue {
        let unnamed = NodeDocument.members(
            parentNodeID,
            createdAt,
            workspace,
            stateDB,
            runtime,
            network,
            tags,
            attestation
        )
        guard case .object(var members) = unnamed else { return unnamed }
        members["node_id"] = .text(of: nodeID)
        return .object(members)
    }

    private static func computedID(_ unnamed: JSONValue) -> NodeID {
        NodeID(documentHash: Digest256.sha256(of: CanonicalJSON.encode(unnamed)))
    }

    private static func members(
        _ parentNodeID: NodeID?,
        _ createdAt: String,
        _ workspace: Workspace,
        _ stateDB: StateDB,
        _ runtime: Runtime,
        _ network: Network,
        _ tags: [String],
        _ attestation: Attestation?
    ) -> JSONValue {
        .members([
            "schema_version": .string(schemaVersion), "parent_node_id": JSONValue(parentNodeID?.description),
            "created_at": .string(createdAt), "workspace": workspace.value, "state_db": stateDB.value,
            "runtime": runtime.value, "network": network.value, "tags": .texts(tags),
            "attestation": attestation?.value,
        ])
    }
}
