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
    private let makeTimes: @Sendable () -> ModificationTimes
    /// Names of regular files that were looked at: for an upper layer, those in the layer alone.
    package let files: Int
    /// Their sizes added up.
    package let bytes: UInt64
    /// How many of them are new or differ from the parent's tree; without a parent, from the stat cache.
    package let changedFiles: Int
    /// In the order of the paths.
    package let warnings: [SnapshotWarning]
    private let makeCache: @Sendable () -> StatCache?
    /// Whether the stat cache that the scan was given says all that it has found: then a new one need not be kept.
    package let isCacheCurrent: Bool
    /// Whether the directory or layer held nothing that the tree leaves out, not even by a rule.
    package let isComplete: Bool

    /// When the files were last modified; put together at each call, since most scans find nothing new.
    package var times: ModificationTimes { makeTimes() }

    /// For the next scan of the same directory; none for an upper layer. Put together at each call.
    package var cache: StatCache? { makeCache() }

    init(
        tree: TreeReference,
        notes: ScanNotes,
        isCacheCurrent: Bool,
        times: @escaping @Sendable () -> ModificationTimes,
        cache: @escaping @Sendable () -> StatCache?
    ) {
        let counts = notes.counts
        self.tree = tree
        files = counts.files
        bytes = counts.bytes
        changedFiles = counts.changed
        warnings = counts.warnings.sorted { ($0.path, $0.description) < ($1.path, $1.description) }
        isComplete = !counts.omitted
        self.isCacheCurrent = isCacheCurrent
        (makeTimes, makeCache) = (times, cache)
    }
}

private func < (left: ([UInt8], String), right: ([UInt8], String)) -> Bool {
    left.0 == right.0 ? left.1 < right.1 : left.0.precedes(right.0)
}
