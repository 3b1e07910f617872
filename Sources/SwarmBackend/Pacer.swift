internal import SwarmContracts
internal import SwarmPlatform

#if canImport(Glibc)
internal import Glibc
#endif

/// Time as a backend needs it: what hour it is, waiting, and the chance that spreads retries. Tests have one of their own.
package protocol Pacer: Sendable {
    /// Seconds since 1970.
    func now() -> Int64
    /// Milliseconds of a clock that is never set back.
    func milliseconds() -> Int64
    /// A random number.
    func chance() -> UInt64
    /// Waits. Throws a `Failure` where it is asked to stop, or the command's time is up before the wait would end.
    func wait(milliseconds: Int64) throws
}

extension Pacer {
    package func milliseconds() -> Int64 { now() * 1000 }
}

/// The machine's clock.
package final class LivePacer: Pacer {
    private let isCancelled: @Sendable () -> Bool
    private let deadline: Int64?
    private let timeout: Int64?

    /// `timeoutSeconds` bounds all waiting from now on; `isCancelled` is asked ten times a second.
    package init(timeoutSeconds: Int64? = nil, isCancelled: @escaping @Sendable () -> Bool = { false }) {
        self.isCancelled = isCancelled
        timeout = timeoutSeconds
        deadline = timeoutSeconds.map { Clock.monotonic() + min(max($0, 0), 1 << 32) * 1_000_000_000 }
    }

    package func now() -> Int64 { Clock.nowSeconds() }

    package func milliseconds() -> Int64 { Clock.monotonic() / 1_000_000 }

    package func chance() -> UInt64 {
        Randomness.bytes(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    package func wait(milliseconds: Int64) throws {
        let end = Clock.monotonic() + min(max(milliseconds, 0), 1 << 42) * 1_000_000
        if let deadline, let timeout, end > deadline { throw WaitFailure.timeout(seconds: timeout) }
        while true {
            if isCancelled() { throw WaitFailure.cancelled }
            let left = (end - Clock.monotonic()) / 1000
            guard left > 0 else { return }
            usleep(UInt32(min(left, 100_000)))
        }
    }
}
