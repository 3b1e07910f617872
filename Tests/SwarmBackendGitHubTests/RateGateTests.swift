import SwarmBackend
import SwarmBackendGitHub
import SwarmContracts
import SwarmTestSupport
import Synchronization
import Testing

@Suite("One gate for all requests to GitHub")
struct RateGateTests {
    private let bench: Bench
    private let notices = Notices()

    init() throws {
        bench = try Bench(gate: RateGate { [notices] in notices.add($0) })
    }

    @Test("what one request is told to wait, the next of another waits too", arguments: [429, 403])
    func shared(status: Int) throws {
        let other = bench.backend.with(pacer: bench.pacer, transport: bench.script)
        bench.script.on(Bench.dispatch, .empty(status, [("Retry-After", "7")]))
        bench.script.on(Bench.dispatch, .json(200, ["workflow_run_id": 77]), .json(200, ["workflow_run_id": 78]))
        // The first is stopped while it waits; the gate stays closed for the second.
        let stopped = bench.backend.with(pacer: StoppedPacer(bench.pacer), transport: bench.script)
        #expect(failure { _ = try stopped.dispatch(try Bench.order(), mayExist: false) }?.code == "WATCH_INTERRUPTED")
        #expect(try other.dispatch(try Bench.order(), mayExist: false).id == "77")
        #expect(bench.pacer.seconds == [7])
        #expect(try bench.backend.dispatch(try Bench.order(), mayExist: false).id == "78")
        #expect(bench.pacer.seconds == [7])
        #expect(notices.all == [.asked(seconds: 7)])
    }

    @Test("a limit that is known by its words alone closes it for a minute")
    func secondary() throws {
        bench.script.on(Bench.dispatch, .json(403, ["message": "You have exceeded a secondary rate limit."]))
        bench.script.on(Bench.dispatch, .json(200, ["workflow_run_id": 77]))
        #expect(try bench.backend.dispatch(try Bench.order(), mayExist: false).id == "77")
        #expect(bench.pacer.seconds == [60])
    }

    @Test("a limit longer than is borne is not asked against by anybody until it is over")
    func long() throws {
        bench.script.on(Bench.dispatch, .empty(429, [("Retry-After", "3600")]))
        for _ in 0..<2 {
            let problem = failure { _ = try bench.backend.dispatch(try Bench.order(), mayExist: false) }
            #expect(problem as? GitHubFailure == .rateLimited(.dispatch, seconds: 3600))
        }
        #expect(bench.script.count("POST", "dispatches") == 1)
    }

    @Test("no more than 40 runs are sent in a minute, and so never 500 in 10 s")
    func pace() throws {
        for _ in 0..<40 { try bench.backend.admit(underWay: 0) }
        #expect(bench.pacer.seconds.isEmpty)
        try bench.backend.admit(underWay: 0)
        #expect(bench.pacer.seconds.reduce(0, +) == 60)
        #expect(notices.all == [.pace(seconds: 60)])
        for _ in 0..<39 { try bench.backend.admit(underWay: 0) }
        #expect(bench.pacer.seconds.reduce(0, +) == 60)
    }

    @Test("the last requests of the hour are kept for the runs under way; one more is sent after the reset")
    func kept() throws {
        let reset = String(bench.pacer.now() + 90)
        let fields = [("x-ratelimit-remaining", "60"), ("x-ratelimit-reset", reset)]
        bench.script.on(Bench.dispatch, .json(200, ["workflow_run_id": 77], fields))
        _ = try bench.backend.dispatch(try Bench.order(), mayExist: false)
        try bench.backend.admit(underWay: 1)
        #expect(bench.pacer.seconds.isEmpty)
        try bench.backend.admit(underWay: 2)
        #expect(bench.pacer.seconds.reduce(0, +) == 90)
        #expect(notices.all == [.kept(remaining: 60, seconds: 90)])
    }

    @Test("a reset that no clock could tell holds runs back for a day at most")
    func keptForEver() throws {
        let fields = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "9223372036854775807")]
        bench.script.on(Bench.dispatch, .json(200, ["workflow_run_id": 77], fields))
        _ = try bench.backend.dispatch(try Bench.order(), mayExist: false)
        try bench.backend.admit(underWay: 0)
        #expect(bench.pacer.seconds.reduce(0, +) == 86_400)
    }
}

/// What a gate told.
private final class Notices: Sendable {
    private let list = Mutex<[RateNotice]>([])

    var all: [RateNotice] { list.withLock { $0 } }
    func add(_ notice: RateNotice) { list.withLock { $0.append(notice) } }
}

/// The clock of somebody who was stopped: no wait comes to its end.
private final class StoppedPacer: Pacer {
    private let clock: FastPacer

    init(_ clock: FastPacer) { self.clock = clock }

    func now() -> Int64 { clock.now() }
    func milliseconds() -> Int64 { clock.milliseconds() }
    func chance() -> UInt64 { 0 }
    func wait(milliseconds: Int64) throws { throw WaitFailure.cancelled }
}
