internal import SwarmContracts

/// Decides what a snapshot leaves out. Paths are relative, with `/` between the names; what is below an ignored directory is
/// never asked for.
package protocol IgnoreFilter: Sendable {
    func ignores(path: [UInt8], isDirectory: Bool) -> Bool
}

/// Something in a tree that a snapshot does not hold as it was found.
package struct SnapshotWarning: Sendable, Hashable, CustomStringConvertible {
    package enum Kind: Sendable, Hashable {
        /// A socket, FIFO or device: left out.
        case special
        /// Permission was refused: left out.
        case unreadable
        /// It was written to while it was read: the bytes that were read are kept.
        case changing
        /// A `.git` file that points to a repository outside the tree: kept, and git will not work on a restored copy.
        case gitPointer(String)
    }

    package let kind: Kind
    /// Relative to the top of the tree.
    package let path: [UInt8]

    package var description: String {
        switch kind {
        case .special: "\(shown(path)) is a socket, FIFO or device; it was left out"
        case .unreadable: "\(shown(path)) cannot be read; it was left out"
        case .changing: "\(shown(path)) was written to while it was read"
        case .gitPointer(let target):
            "\(shown(path)) points to \(target), outside the directory; git will not work in a restored copy"
        }
    }
}

/// What a scan found.
package struct SnapshotResult: Sendable {
    package let tree: TreeReference
    package let times: ModificationTimes
    /// Names of regular files that were looked at: for an upper layer, those in the layer alone.
    package let files: Int
    /// Their sizes added up.
    package let bytes: UInt64
    /// How many of them are new or differ from the parent's tree; without a parent, from the stat cache.
    package let changedFiles: Int
    /// In the order of the paths.
    package let warnings: [SnapshotWarning]
    /// For the next scan of the same directory; none for an upper layer.
    package let cache: StatCache?
    /// Whether the directory or layer held nothing that the tree leaves out, not even by a rule.
    package let isComplete: Bool
}
