internal import SwarmContracts

/// What a branch is at a remote: `refs/<label>.json`, canonical JSON.
struct BranchDocument {
    static let schema = "swarm-remote-branch-v1"
    /// More bytes than this are no branch.
    static let limit: UInt64 = 4 << 10

    let label: Label
    let node: NodeID

    var bytes: [UInt8] {
        let value: JSONValue = [
            "schema_version": .string(BranchDocument.schema), "label": .string(label.description),
            "node_id": .string(node.description),
        ]
        return CanonicalJSON.encode(value)
    }

    init(label: Label, node: NodeID) { (self.label, self.node) = (label, node) }

    /// Reads the branch `label`. Throws exit 3 where the bytes are no such document.
    init(reading bytes: [UInt8], label: Label, remote: String) throws {
        guard let value = try? JSONParser.parse(bytes), value["schema_version"]?.text == BranchDocument.schema,
            value["label"]?.text == label.description, let node = value["node_id"]?.text.flatMap({ NodeID($0) })
        else {
            throw SyncFailure.untrusted(remote: remote, what: "branch:\(label) is no \(BranchDocument.schema)")
        }
        self.init(label: label, node: node)
    }
}
