/// The root secrets of a store: the one for new nodes, and those that older nodes still name.
package struct Keyring: Redacted, Sendable {
    /// All of them, oldest first, no two alike.
    package private(set) var all: [RootSecret]
    /// The root of new nodes.
    package private(set) var current: RootSecret

    /// A ring with one root.
    package init(current: RootSecret) {
        all = [current]
        self.current = current
    }

    init(all: [RootSecret], current: RootSecret) {
        self.all = all
        self.current = current
    }

    /// As many roots as a key file takes.
    package static let mostRoots = 256

    /// The root that a descriptor names; nil where it is not in the ring.
    package func root(_ id: KeyID) -> RootSecret? { all.first { $0.keyID == id } }

    /// Adds a root where it is not there yet; the current one stays.
    package mutating func add(_ root: RootSecret) {
        if self.root(root.keyID) == nil { all.append(root) }
    }

    /// Adds a root and makes it the one for new nodes.
    package mutating func rotate(to root: RootSecret) {
        add(root)
        current = root
    }

    /// Adds the roots of another ring. Where that one knows the current root of this one, it was rotated later, and new nodes
    /// are made under its current root; else the current one stays.
    package mutating func merge(_ other: Keyring) {
        let isLater = other.root(current.keyID) != nil
        for root in other.all { add(root) }
        if isLater { current = other.current }
    }
}

/// What a key file says in clear.
package struct KeyringSummary: Hashable, Sendable {
    /// The root of new nodes.
    package let current: KeyID
    /// All roots, oldest first.
    package let all: [KeyID]
    /// Whether a passphrase is needed.
    package let isWrapped: Bool
}
