internal import SwarmPlatform

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Jobs that several threads work off, the newest first, so that what is open at once stays small however large the tree.
///
/// A job that produces pieces faster than it can work on them (a large file and its chunks) offers them as errands; idle
/// threads take those first. The job waits for its errands and works on them itself meanwhile, so nothing can block for ever.
///
/// `@unchecked Sendable`: every variable is guarded by `mutex`.
final class WorkPool: @unchecked Sendable {
    typealias Job = @Sendable () throws -> Void

    /// More threads than this would break the bound on memory.
    static let mostThreads = 8

    private struct Abandoned: Error {}

    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let changed: UnsafeMutablePointer<pthread_cond_t>
    /// How many work.
    let threads: Int
    private var jobs: [Job] = []
    private var errands: [@Sendable () -> Void] = []
    private var unfinished = 0
    private var working = 0
    private var failure: (any Error)?

    init(threads: Int) {
        self.threads = min(max(threads, 1), WorkPool.mostThreads)
        mutex = .allocate(capacity: 1)
        changed = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(changed, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        pthread_cond_destroy(changed)
        mutex.deallocate()
        changed.deallocate()
    }

    /// Adds jobs; the last one is done first.
    func push(_ new: [Job]) {
        guard !new.isEmpty else { return }
        lock()
        jobs += new
        unfinished += new.count
        unlockAndTell()
    }

    /// Works until nothing is left. Throws the first failure of a job; what was not begun by then never is.
    func run() throws {
        try WorkerThread.concurrently(threads) { _ in self.work() }
        lock()
        defer { unlock() }
        if let failure { throw failure }
    }

    private func work() {
        lock()
        defer { unlock() }
        while failure == nil {
            if let errand = errands.popLast() {
                unlocked(errand)
            } else if let job = jobs.popLast() {
                working += 1
                let result = unlocked { Result(catching: job) }
                working -= 1
                unfinished -= 1
                if case .failure(let error) = result, failure == nil { failure = error }
                if unfinished == 0 || failure != nil { pthread_cond_broadcast(changed) }
            } else if unfinished == 0 {
                return
            } else {
                pthread_cond_wait(changed, mutex)
            }
        }
    }

    /// The errands of one job. Guarded by the pool's mutex.
    final class Errands: @unchecked Sendable {
        fileprivate var open = 0
        fileprivate var failure: (any Error)?
    }

    /// Whether an errand would be taken now: worth asking before one that is dear to make.
    var hasRoom: Bool {
        lock()
        defer { unlock() }
        return errands.count < room
    }

    private var room: Int { min(2 * (threads - working), WorkPool.mostThreads) }

    /// Takes an errand where a thread is free or soon will be. False: the caller does it itself.
    func offer(_ group: Errands, _ errand: @escaping Job) -> Bool {
        lock()
        guard errands.count < room else {
            unlock()
            return false
        }
        group.open += 1
        errands.append {
            let result = Result(catching: errand)
            self.lock()
            group.open -= 1
            if case .failure(let error) = result { group.failure = error }
            self.unlockAndTell()
        }
        unlockAndTell()
        return true
    }

    /// Waits until the errands of `group` are done, helping. Throws what one of them threw.
    func wait(for group: Errands) throws {
        lock()
        defer { unlock() }
        while group.open > 0 {
            if failure != nil { throw Abandoned() }
            if let errand = errands.popLast() { unlocked(errand) } else { pthread_cond_wait(changed, mutex) }
        }
        if let failure = group.failure { throw failure }
    }

    private func lock() { pthread_mutex_lock(mutex) }

    private func unlock() { pthread_mutex_unlock(mutex) }

    private func unlockAndTell() {
        pthread_cond_broadcast(changed)
        unlock()
    }

    private func unlocked<R>(_ body: () -> R) -> R {
        unlock()
        defer { lock() }
        return body()
    }
}
