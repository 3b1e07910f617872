package import SwarmContracts

/// What became of one branch.
package struct BranchSync: Sendable {
    package enum Outcome: String, Sendable {
        /// It is there now for the first time.
        case created
        /// It went on to a descendant.
        case moved
        /// Both sides had it at one node.
        case same
        /// The other side is behind: nothing to take from there.
        case ahead
        /// It went on here and there: nothing was changed.
        case diverged
        /// It needs a run whose id names another one on this side.
        case conflict
    }

    package let label: Label
    package var outcome: Outcome
    /// Where it points in this store; nil where there is none.
    package var local: NodeID?
    /// Where it pointed at the remote; nil where there was none.
    package var remote: NodeID?
}

/// What a push or a pull did.
package struct SyncReport: Sendable {
    /// The remote, without credentials.
    package let remote: String
    package var branches: [BranchSync] = []
    /// Nodes that were named by themselves.
    package var nodes: [NodeID] = []
    /// How many nodes and chunks the other side lacked.
    package var newNodes = 0
    package var newChunks = 0
    /// Bytes of packs and node documents that were sent or fetched.
    package var bytes: UInt64 = 0
    package var warnings: [String] = []

    /// Run ids that name one node here and another there.
    package var conflicts: [String] = []

    init(remote: String) { self.remote = remote }

    private func labels(_ outcome: BranchSync.Outcome) -> [String] {
        branches.filter { $0.outcome == outcome }.map { "branch:\($0.label)" }
    }

    /// Why not all was done; nil where it was.
    package func failure(pushing: Bool) -> SyncFailure? {
        if !conflicts.isEmpty { return .conflict(conflicts, remote: remote) }
        let diverged = labels(.diverged)
        guard !diverged.isEmpty else { return nil }
        return pushing ? .rejected(diverged, remote: remote) : .diverged(diverged, remote: remote)
    }
}

/// A step on the way, for whoever shows progress.
package struct SyncProgress: Sendable {
    /// What is being done, in words.
    package let what: String
    package let done: UInt64
    /// Nil where the end is not known.
    package let total: UInt64?
    /// Whether the numbers are bytes.
    package let isBytes: Bool
}
