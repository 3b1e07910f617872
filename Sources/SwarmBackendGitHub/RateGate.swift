internal import SwarmBackend
internal import Synchronization

/// Why requests are held back.
package enum RateNotice: Sendable, Equatable {
    /// GitHub asked for so many seconds without a request.
    case asked(seconds: Int64)
    /// Runs were sent as fast as GitHub bears it; the next goes out in so many seconds.
    case pace(seconds: Int64)
    /// So few requests remain until the reset in so many seconds that they are kept for the runs under way.
    case kept(remaining: Int64, seconds: Int64)
}

/// The one gate through which all requests of a process go: what GitHub tells one of them of its limits holds for all.
package final class RateGate: Sendable {
    /// So many runs in so many milliseconds are sent at most: half of GitHub's bound for requests that make something,
    /// since a run has its key made first. Its other bound, 500 queued runs in 10 s, is wider.
    static let pace: (runs: Int, milliseconds: Int64) = (40, 60_000)
    /// What one run may cost of the rate limit from its dispatch to its collect, most looks being answered by a tag.
    static let requestsOfARun: Int64 = 30
    /// The longest wait that is borne, in milliseconds.
    static let longest: Int64 = RetryRule().longest * 1000

    private struct State {
        /// By the pacer's clock.
        var closedUntil: Int64 = 0
        var sent: [Int64] = []
        var limit: (remaining: Int64, reset: Int64)?
    }

    private let state = Mutex(State())
    private let heard: @Sendable (RateNotice) -> Void

    /// `heard` is called where requests begin to be held back; from any thread.
    package init(heard: @escaping @Sendable (RateNotice) -> Void = { _ in }) { self.heard = heard }

    /// What GitHub lets us send until the reset (seconds since 1970), by its last answer.
    var limit: (remaining: Int64, reset: Int64)? { state.withLock { $0.limit } }

    func note(remaining: Int64, reset: Int64) { state.withLock { $0.limit = (remaining, reset) } }

    /// Lets no request through for so long.
    func close(milliseconds: Int64, _ pacer: any Pacer) {
        let until = pacer.milliseconds() + milliseconds
        let isLonger = state.withLock { state in
            guard until > state.closedUntil else { return false }
            state.closedUntil = until
            return true
        }
        if isLonger, milliseconds > 0 { heard(.asked(seconds: (milliseconds + 999) / 1000)) }
    }

    /// Waits until the gate is open. Throws where that is further off than is borne.
    func pass(_ task: GitHubTask, _ pacer: any Pacer) throws {
        while true {
            let left = state.withLock { $0.closedUntil } - pacer.milliseconds()
            guard left > 0 else { return }
            let problem = GitHubFailure.rateLimited(task, seconds: (left + 999) / 1000)
            guard left <= RateGate.longest else { throw problem }
            do { try pacer.wait(milliseconds: left) } catch WaitFailure.timeout(let seconds, _) {
                throw WaitFailure.timeout(seconds: seconds, why: problem.message)
            }
        }
    }

    /// Waits until one more run may be sent beside those under way, and counts it.
    func admit(underWay: Int, _ pacer: any Pacer) throws {
        var told = false
        while true {
            try pass(.dispatch, pacer)
            guard let (wait, notice) = state.withLock({ hold(&$0, underWay, pacer) }) else { return }
            if !told { heard(notice) }
            told = true
            // What runs meanwhile moves the limit: it is looked at again each second.
            try pacer.wait(milliseconds: min(wait, 1000))
        }
    }

    /// How long the next run is held, and why; nil where it may go, and then it is counted.
    private func hold(_ state: inout State, _ underWay: Int, _ pacer: any Pacer) -> (Int64, RateNotice)? {
        let now = pacer.milliseconds()
        if let limit = state.limit, limit.remaining < Int64(underWay + 1) * RateGate.requestsOfARun {
            let seconds = limit.reset - pacer.now()
            if seconds > 0 { return (seconds * 1000, .kept(remaining: limit.remaining, seconds: seconds)) }
        }
        state.sent.removeAll { $0 <= now - RateGate.pace.milliseconds }
        if state.sent.count >= RateGate.pace.runs, let oldest = state.sent.first {
            let wait = oldest + RateGate.pace.milliseconds - now
            return (wait, .pace(seconds: (wait + 999) / 1000))
        }
        state.sent.append(now)
        return nil
    }
}
