package import SwarmBackend
internal import Synchronization

/// A request of a backend to its far side, by what it is for.
package enum StageRequest: String, Sendable, CaseIterable {
    case dispatch, search, status, cancel, files
}

/// What the far side does with a request in place of answering it well.
package enum StageFault: Sendable, Equatable {
    /// No answer comes. Where it was processed, it was done all the same.
    case lost(processed: Bool)
    /// It is refused for good: nothing of it was done, and the same request is refused again.
    case refused
    /// What is asked for is not there.
    case missing
    /// The far side has trouble of its own (5xx); with seconds where it says how long.
    case trouble(waitSeconds: Int64?)
    /// A limit: it did nothing, and says how many seconds to wait.
    case limited(waitSeconds: Int64)
    /// A limit: it did nothing, and says at which time (seconds since 1970) it is over.
    case limitedUntil(Int64)
    /// A search that does not show what was dispatched just now.
    case stale
    /// The bytes of a file are others than those whose digest is told.
    case altered
}

/// The far side of a backend, as an examination directs it. The backend that it makes is the real one and reaches it in the way
/// that it reaches the real far side.
package protocol BackendStage: AnyObject {
    /// The backend as a process makes it that knows nothing of those before it. It waits by `pacer`.
    func backend() throws -> any Backend
    var pacer: FastPacer { get }

    /// The next `times` requests of that kind meet the fault.
    func fail(_ request: StageRequest, _ fault: StageFault, times: Int)

    /// The ids of the runs that there really are, in the order in which they were made.
    var runs: [String] { get }

    /// Ends a run. `documents` says whether it leaves its files: those that `BackendPromises.files` lists.
    func end(_ id: String, _ conclusion: RemoteConclusion, files: [String: String]?)

    /// All that the far side was sent or could log where others may read it: URLs, inputs, bodies. Not the field in which a
    /// credential travels.
    var traffic: [String] { get }

    /// How many keys of runs the far side keeps.
    var keysHeld: Int { get }

    /// The secrets that the backend was given.
    var secrets: [String] { get }
}

/// A clock that a wait moves on at once, and that tells how long was waited.
package final class FastPacer: Pacer {
    private let state = Mutex<(milliseconds: Int64, waits: [Int64], chance: UInt64)>((1_800_000_000_000, [], 0))

    package init() {}

    package func now() -> Int64 { state.withLock { $0.milliseconds / 1000 } }
    package func milliseconds() -> Int64 { state.withLock { $0.milliseconds } }
    package func chance() -> UInt64 { state.withLock { $0.chance } }
    package func wait(milliseconds: Int64) throws {
        state.withLock {
            $0.milliseconds += milliseconds
            $0.waits.append(milliseconds)
        }
    }

    /// What `chance` gives from now on.
    package func setChance(_ value: UInt64) { state.withLock { $0.chance = value } }

    /// The waits so far, in milliseconds.
    package var waits: [Int64] { state.withLock { $0.waits } }

    /// The waits so far, in seconds.
    package var seconds: [Double] { waits.map { Double($0) / 1000 } }
}
