internal import SwarmPlatform
internal import Synchronization

/// Asks running steps to stop. One may be shared by several runs, and used from any thread.
package final class Cancellation: Sendable {
    private struct State {
        var count = 0
        var followers: [ObjectIdentifier: Cancellation] = [:]
    }

    private let state = Mutex(State())
    // Pipes that are written once and never read: they stay readable, however many runs wait on them.
    private let first: Signal
    private let second: Signal

    /// Throws `SandboxFailure` where no descriptor is to be had.
    package init() throws(SandboxFailure) {
        first = try Signal()
        second = try Signal()
    }

    /// Asks with SIGTERM, and SIGKILL after the run's grace; asked a second time, with SIGKILL at once.
    package func cancel() {
        let followers = state.withLock { state -> [Cancellation] in
            state.count += 1
            if state.count == 1 { first.raise() }
            if state.count == 2 { second.raise() }
            return Array(state.followers.values)
        }
        for follower in followers { follower.cancel() }
    }

    /// Whether `cancel` was called.
    package var requested: Bool { state.withLock { $0.count } > 0 }

    /// Runs `body` with a cancellation that is asked whenever this one is, and may be asked alone. Throws `SandboxFailure`
    /// where no descriptor is to be had, and what `body` throws.
    package func withFollower<Result>(_ body: (Cancellation) throws -> Result) throws -> Result {
        let follower = try Cancellation()
        let count = state.withLock { state in
            state.followers[ObjectIdentifier(follower)] = follower
            return state.count
        }
        defer { state.withLock { _ = $0.followers.removeValue(forKey: ObjectIdentifier(follower)) } }
        for _ in 0..<min(count, 2) { follower.cancel() }
        return try body(follower)
    }

    /// Readable from the first or second `cancel` on.
    var descriptors: (first: Int32, second: Int32) { (first.number, second.number) }
}

/// A pipe that becomes readable once and stays so.
private final class Signal: Sendable {
    private let pipe: (reader: Descriptor, writer: Descriptor)

    init() throws(SandboxFailure) {
        let pipe = try Pipe()
        self.pipe = (pipe.reader, pipe.writer)
    }

    var number: Int32 { pipe.reader.number }

    func raise() { _ = try? pipe.writer.write([1]) }
}
