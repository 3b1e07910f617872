package import SwarmContracts

/// The keys of one node. None of them leads to another, nor to those of any other node.
package struct NodeKeys: Redacted, Sendable {
    /// Opens the node's sealed root, and through it the content.
    package let read: ReadKey
    /// Names and seals the new content of the run that makes the node, where a worker runs it.
    package let write: ContentSecret
    /// Seals the ticket of the node's route.
    package let net: NetKey
}

/// The public fields of a node's descriptor to which its sealed objects are bound.
package struct NodeContext: Hashable, Sendable {
    package let operation: String
    /// The run id or the label.
    package let name: String
    /// Nil for the root alone.
    package let parent: NodeID?
    package let ratchetStep: Int
    package let keyID: KeyID

    /// Takes the fields as the descriptor has them; `ratchetStep` must not be negative.
    package init(operation: String, name: String, parent: NodeID?, ratchetStep: Int, keyID: KeyID) {
        self.operation = operation
        self.name = name
        self.parent = parent
        self.ratchetStep = ratchetStep
        self.keyID = keyID
    }

    /// The associated data of the node's sealed objects: `swarm/v1/node-context`, then parent (empty for none), operation,
    /// name, step (8 bytes) and key id, each behind its length.
    package var associated: [UInt8] {
        KeyDerivation.info(
            "node-context",
            [
                .text(parent?.description ?? ""), .text(operation), .text(name), .number(UInt64(ratchetStep)),
                .text(keyID.description),
            ]
        )
    }
}
