package import SwarmContracts
package import SwarmSandbox

/// What a run came to.
package struct RunReport: Sendable {
    package let runID: RunID
    package let operation: Operation
    package let status: RunStatus
    package let parent: NodeID
    package var node: NodeID?
    package var stateID: StateID?
    package var artifactHash: Digest256?
    package let restoreMode: RestoreMode
    package var restoreFallbackReason: String?
    package let routeMode: RouteMode
    package let exitCode: Int
    package let durationNanoseconds: Int64
    package var attempts: Int
    /// Branches that now stand at the node.
    package var moved: [String]
    /// Branches that another run moved first.
    package var lost: [String]
    package var warnings: [String]
    package var refusals: [RefusalHint]
    package var workspaceMethod: String
    package var changedFiles: Int
    /// What the last attempt wrote to SWARM_METRICS.
    package var metrics: JSONValue?
    /// What all attempts reported to have cost, in dollars; nil where none did.
    package var cost: Double?
    /// Why the run did not succeed; it decides the exit code.
    package var failure: EngineFailure?
}

/// What a run tells while it goes on.
package enum RunEvent: Sendable {
    case importing(String)
    case imported(ImportReport)
    case started(run: RunID, parent: NodeID, operation: Operation, policy: PolicyDocument, method: String)
    case attempt(Int, of: Int)
    case stepEnded(exitCode: Int)
    case snapshotting
    case warning(String)
}

/// Whoever watches a run: the command line, or nobody.
package protocol RunObserver: Sendable {
    func note(_ event: RunEvent)
    /// Output of the step, masked already, in order. Called on a thread of its own, and may block for as long as it likes: what
    /// it has not taken when the step was stopped is dropped.
    func output(_ stream: OutputStream, _ bytes: UnsafeRawBufferPointer)
}
