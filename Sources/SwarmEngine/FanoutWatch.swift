internal import SwarmPlatform
internal import SwarmSandbox
internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#endif

/// Looks for the word that `run cancel` leaves for one of several runs in one process, and stops that run alone.
final class FanoutWatch: Sendable {
    private struct State {
        /// By the path of the word.
        var runs: [String: Cancellation] = [:]
        var hasEnded = false
    }

    /// Microseconds between two looks.
    private static let pace: UInt32 = 50_000

    private let state = Mutex(State())

    /// Looks while `body` runs. Where no thread is to be had, single runs cannot be stopped; all together still can.
    func during<Result>(_ body: () throws -> Result) rethrows -> Result {
        let thread = try? WorkerThread { [self] in
            while !state.withLock({ $0.hasEnded }) {
                for (word, cancellation) in state.withLock({ $0.runs }) where unlink(word) == 0 {
                    cancellation.cancel()
                }
                usleep(FanoutWatch.pace)
            }
        }
        defer {
            state.withLock { $0.hasEnded = true }
            thread?.join()
        }
        return try body()
    }

    /// Looks for one run's word while `body` runs.
    func watching<Result>(_ folder: RunFolder, _ cancellation: Cancellation, _ body: () throws -> Result) rethrows
        -> Result
    {
        // A process that was killed may have left one.
        unlink(folder.cancelWord)
        state.withLock { $0.runs[folder.cancelWord] = cancellation }
        defer {
            state.withLock { _ = $0.runs.removeValue(forKey: folder.cancelWord) }
            unlink(folder.cancelWord)
        }
        return try body()
    }
}
