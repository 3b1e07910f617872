/// The keys of one node. None of them leads to another, nor to those of any other node.
package struct NodeKeys: Redacted, Sendable {
    /// Opens the node's sealed root, and through it the content.
    package let read: ReadKey
    /// Names and seals the new content of the run that makes the node, where a worker runs it.
    package let write: ContentSecret
    /// Seals the ticket of the node's route.
    package let net: NetKey
}
