package import SwarmContracts

/// Where a run stands in the index.
package enum RunState: String, Sendable, CaseIterable {
    /// Reserved and not finished: a process carries it, or it was interrupted.
    case running
    case succeeded
    case failed
    case cancelled

    /// Whether the run has ended for good.
    package var isFinal: Bool { self != .running }
}

/// What the index knows of a node.
package struct NodeRow: Sendable, Equatable {
    package var id: NodeID
    package var parent: NodeID?
    package var runID: String
    package var operation: String
    /// The final status of the run that made it.
    package var status: RunState
    /// The ratchet step.
    package var step: Int
    package var stateID: String
    package var bundleSHA256: Digest256
    /// The engine's own note of the tree; nil where it keeps none.
    package var tree: [UInt8]?
    /// Real time of the commit, in seconds since 1970.
    package var createdAt: Int64
    /// The order of commits; set by the index.
    package var sequence: Int64

    package init(
        id: NodeID,
        parent: NodeID?,
        runID: String,
        operation: String,
        status: RunState,
        step: Int,
        stateID: String,
        bundleSHA256: Digest256,
        tree: [UInt8]? = nil,
        createdAt: Int64,
        sequence: Int64 = 0
    ) {
        self.id = id
        self.parent = parent
        self.runID = runID
        self.operation = operation
        self.status = status
        self.step = step
        self.stateID = stateID
        self.bundleSHA256 = bundleSHA256
        self.tree = tree
        self.createdAt = createdAt
        self.sequence = sequence
    }
}

/// What the index knows of a run.
package struct RunRow: Sendable, Equatable {
    package var runID: String
    package var status: RunState
    package var operation: String
    package var requestHash: Digest256
    package var parent: NodeID?
    /// The node that it made; nil while it runs, or where it kept nothing.
    package var node: NodeID?
    /// Seconds since 1970.
    package var createdAt: Int64
    /// Seconds since 1970; nil while it runs.
    package var finishedAt: Int64?
    /// JSON text of the engine's (exit code, cost).
    package var summary: String
    /// The order of reservations; set by the index.
    package var number: Int64
    /// The order of commits; nil while it runs. Set by the index.
    package var sequence: Int64?

    package init(
        runID: String,
        status: RunState,
        operation: String,
        requestHash: Digest256,
        parent: NodeID?,
        node: NodeID? = nil,
        createdAt: Int64,
        finishedAt: Int64? = nil,
        summary: String = "{}",
        number: Int64 = 0,
        sequence: Int64? = nil
    ) {
        self.runID = runID
        self.status = status
        self.operation = operation
        self.requestHash = requestHash
        self.parent = parent
        self.node = node
        self.createdAt = createdAt
        self.finishedAt = finishedAt
        self.summary = summary
        self.number = number
        self.sequence = sequence
    }
}

/// What came of reserving a run id.
package enum Reservation: Sendable, Equatable {
    /// The id is the caller's now.
    case reserved
    /// A running row with the same request hash: another process carries it or it was interrupted; its lock tells.
    case sameRequest(RunRow)
    /// Taken: by another request, or by a run that has ended.
    case taken(RunRow)
}

/// A branch and where it points.
package struct Branch: Sendable, Equatable {
    package let label: Label
    package let node: NodeID
    /// Of the commit that moved it last.
    package let sequence: Int64
}

/// A wish to move a branch.
package struct RefMove: Sendable, Equatable {
    /// What the branch has to point to for the move to happen.
    package enum Expected: Sendable, Equatable {
        /// This node; nil: there is no such branch yet.
        case exactly(NodeID?)
        /// Anything: the last one to finish wins.
        case whatever
    }

    package let label: Label
    package let expected: Expected
    package let to: NodeID

    package init(label: Label, expected: Expected, to: NodeID) {
        self.label = label
        self.expected = expected
        self.to = to
    }
}

/// What came of a wish to move a branch. Losing is no error: both nodes are kept.
package struct RefOutcome: Sendable, Equatable {
    package let label: Label
    package let moved: Bool
    /// Where the branch points now.
    package let current: NodeID?

    package init(label: Label, moved: Bool, current: NodeID?) {
        self.label = label
        self.moved = moved
        self.current = current
    }
}
