internal import Dispatch
internal import SwarmPlatform
internal import SwarmSandbox
internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#endif

/// Brings a step's output to whoever watches, in order, on a thread of its own: a reader that stops reading holds up that
/// thread, and not the one that keeps the step's time and hears `cancel`.
final class OutputQueue: Sendable {
    /// From so many waiting bytes on the step is to wait.
    private static let room = 1 << 20
    /// What may wait beyond that: what the pipes held when the step ended, or what it wrote while it was stopping.
    private static let limit = 4 << 20
    /// How long a step that was stopped waits for its reader, in nanoseconds.
    static let patience: Int64 = 2_000_000_000

    private struct State {
        var chunks: [(stream: OutputStream, bytes: [UInt8])] = []
        /// Bytes that the observer has not taken.
        var size = 0
        var isLossy = false
        var isClosed = false
    }

    private let state = Mutex(State())
    private let changed = DispatchSemaphore(value: 0)
    private let thread = Mutex<WorkerThread?>(nil)

    /// Throws `SystemError` where no thread is to be had.
    static func start(for observer: any RunObserver) throws(SystemError) -> OutputQueue {
        let queue = OutputQueue()
        let thread = try WorkerThread { queue.pass(to: observer) }
        queue.thread.withLock { $0 = thread }
        return queue
    }

    /// Whether more should wait.
    var isFull: Bool { state.withLock { $0.size >= OutputQueue.room } }

    /// Takes some bytes. Never waits: what comes beyond the limit is dropped, and all that follows.
    func add(_ stream: OutputStream, _ bytes: UnsafeRawBufferPointer) {
        state.withLock { state in
            guard !state.isLossy, state.size + bytes.count <= OutputQueue.limit else { return state.isLossy = true }
            state.chunks.append((stream, Array(bytes)))
            state.size += bytes.count
        }
        changed.signal()
    }

    /// Waits until all is shown, but not beyond `deadline` (`Clock.monotonic`), and not long once `cancellation` is asked;
    /// drops the rest. Gives whether all was shown.
    func finish(by deadline: Int64, _ cancellation: Cancellation) -> Bool {
        var deadline = deadline
        while state.withLock({ $0.size > 0 }) {
            let now = Clock.monotonic()
            if cancellation.requested { deadline = min(deadline, now + OutputQueue.patience) }
            if now >= deadline { break }
            usleep(1000)
        }
        return close()
    }

    /// Drops what is not shown yet. Gives whether that was nothing.
    @discardableResult
    func close() -> Bool {
        let (isDone, isLossy) = state.withLock { state in
            state.isClosed = true
            return (state.size == 0, state.isLossy)
        }
        changed.signal()
        // A thread whose reader does not read is left behind.
        if isDone { thread.withLock { $0.take() }?.join() }
        return isDone && !isLossy
    }

    private func pass(to observer: any RunObserver) {
        while true {
            changed.wait()
            let chunks = state.withLock { state in
                defer { state.chunks = [] }
                return state.chunks
            }
            for (stream, bytes) in chunks {
                if state.withLock({ $0.isClosed }) { return }
                bytes.withUnsafeBytes { observer.output(stream, $0) }
                state.withLock { $0.size -= bytes.count }
            }
            if state.withLock({ $0.isClosed }) { return }
        }
    }
}
