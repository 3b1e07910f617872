package import SwarmBackend
package import SwarmContracts

/// What a remote run tells while it goes on.
package enum RemoteNote: Sendable {
    case prepared(RunID, parent: NodeID, commit: String?)
    case dispatched(RunID, RemoteHandle)
    case found(RunID, RemoteHandle)
    /// What a look showed; `since` is when the order was made, in seconds since 1970.
    case status(RunID, RemoteStatus, since: Int64)
    case collecting(RunID)
    case warning(String)
}

/// Whoever watches remote runs. May be called from many threads.
package protocol RemoteObserver: Sendable {
    func note(_ note: RemoteNote)
}
