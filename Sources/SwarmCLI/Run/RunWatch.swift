internal import ArgumentParser
internal import SwarmContracts
internal import SwarmEngine
internal import SwarmPlatform
internal import SwarmState

#if canImport(Glibc)
internal import Glibc
#endif

struct RunWatch: Verb {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Follow a run, here or on a backend, until it has ended.",
        discussion: """
            On a terminal one line that changes, in a log one line each few seconds. The exit code is that of the run: 0 \
            success, 7 a failed or interrupted step, 6 one stopped at its time limit, 130 cancelled. Ctrl-C stops \
            watching; the run goes on.
            """
    )

    @OptionGroup var global: GlobalOptions
    @OptionGroup var run: RemoteRunOption
    @OptionGroup var limits: RemoteLimits

    func perform(_ context: Context) throws -> Int32 {
        let store = try context.store()
        let id = try RunID(stored: run.runID)
        if try store.overview(id).remote != nil {
            return try RemoteCommand(context: context, limits: limits, run: run.runID).watch()
        }
        return try local(id, store, context)
    }

    private func local(_ id: RunID, _ store: Store, _ context: Context) throws -> Int32 {
        let moves = context.console.colourMessages && context.console.loudness >= .normal
        let started = Clock.monotonic()
        let pause: Int64 = moves ? 200_000_000 : 5_000_000_000
        var told: Int64 = 0
        while true {
            let overview = try store.overview(id)
            let now = Clock.monotonic()
            if overview.state != "running" {
                if moves { MovingLine.erase() }
                return try RemoteEnd(context: context).show(id, store)
            }
            if let limit = limits.timeoutSecs, now - started > limit * 1_000_000_000 {
                if moves { MovingLine.erase() }
                throw RunWatchTimeout(seconds: limit)
            }
            if told == 0 || now - told >= pause {
                told = now
                let age = max(Clock.nowSeconds() - overview.row.createdAt, 0)
                let log = (try? Descriptor.open(store.layout.run(id).log, O_RDONLY).size()) ?? 0
                let line = "\(id) running for \(Quantity.duration(age * 1000)), log \(Quantity.bytes(log))"
                moves ? MovingLine.draw(line) : context.console.say(line)
            }
            usleep(100_000)
        }
    }
}

/// `run watch` of a run on this machine waited as long as it was to.
struct RunWatchTimeout: Failure {
    let seconds: Int64
    var code: String { "WATCH_TIMEOUT" }
    var category: FailureCategory { .backend }
    var message: String { "the run had not ended after \(seconds) s" }
    var hint: String? { "it goes on; the same command watches on" }
    var retryable: Bool { true }
}
