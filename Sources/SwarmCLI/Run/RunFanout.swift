internal import ArgumentParser
internal import SwarmBackend
internal import SwarmBackendGitHub
internal import SwarmContracts
internal import SwarmEngine
internal import SwarmPlatform
internal import SwarmSandbox

struct RunFanout: Verb {
    static let configuration = CommandConfiguration(
        commandName: "fanout",
        abstract: "Run many steps from one node at once, each a branch of its own.",
        discussion: """
            Give a file with one command a line, or one JSON object a line where branches are to have names. Every step \
            starts from the same node, on a copy of its own; one that fails does not stop the others. What it prints \
            goes to its run's log.

              cat > ideas.jsonl <<'END'
              {"label":"bold","command":"./rewrite-everything.sh"}
              {"label":"careful","argv":["./change-one-line.sh","main.c"]}
              END
              swarm run fanout --node @ --steps ideas.jsonl --jobs 2
              swarm graph
              swarm diff branch:bold branch:careful --stat
              swarm run logs --run-id bold

            Let a command choose: it runs on what each successful branch left, and the last number that it prints is \
            the score. The highest is the best.

              swarm run fanout --steps ideas.jsonl --select 'make test | grep -c ok'

            The exit code is 0 if every branch succeeded or was skipped, 7 if one failed, 130 after Ctrl-C.
            """
    )

    @OptionGroup var global: GlobalOptions

    @Option(help: ArgumentHelp("Node that all start from; root is the project as it is now.", valueName: "ref"))
    var node: String = "@"

    @Option(
        help: ArgumentHelp(
            "File of steps: shell lines, or JSON with label and command; - is standard input.",
            valueName: "file"
        )
    )
    var steps: String

    @Option(
        help: ArgumentHelp(
            "Run so many at one time; left out, as many as there are processors, and 20 on a backend.",
            valueName: "n"
        )
    )
    var jobs: Int?

    @Option(help: ArgumentHelp("Score each success with a line for /bin/sh, and name the best.", valueName: "cmd"))
    var select: String?

    @Option(
        help: ArgumentHelp(
            "Start no more once the steps' reported cost_usd has reached this many dollars.",
            valueName: "usd"
        )
    )
    var budget: Double?

    @OptionGroup var rules: StepRules

    /// Descriptors that one running step and its snapshot need, and the rest of the process, with room to spare.
    private static let (descriptorsOfAStep, ownDescriptors) = (32, 64)

    /// As many jobs as an account without a plan may have on GitHub at one time.
    private static let remoteJobs = 20
    /// How long runs on GitHub are asked to end after Ctrl-C, in seconds.
    private static let farewellSeconds: Int64 = 60

    func validate() throws {
        if let jobs, !(1...1000).contains(jobs) { throw ValidationError("--jobs must be from 1 to 1000.") }
        if let budget, !(budget > 0 && budget.isFinite) { throw ValidationError("--budget must be more than 0.") }
        if let select, select.allSatisfy(\.isWhitespace) { throw ValidationError("--select is empty.") }
        if steps == "-", rules.policy == "-" {
            throw ValidationError("Only one of --steps and --policy can be read from standard input.")
        }
    }

    func perform(_ context: Context) throws -> Int32 {
        try rules.check()
        let isRemote = try rules.isRemote(context)
        var run = RunOptions(operation: .resume, command: .arguments([]))
        try rules.apply(to: &run)
        run.node = node
        var options = FanoutOptions(
            run: run,
            steps: try FanoutSteps.read(steps),
            jobs: jobs ?? (isRemote ? RunFanout.remoteJobs : WorkerThread.processorCount)
        )
        options.select = select
        options.budget = budget
        let store = try context.store()
        if !isRemote { limitJobs(&options, context.console) }
        let cancellation = try Cancellation()
        // What is under way ends with the first signal, what asks runs there to end with the second.
        let (interruption, farewells) = (Interruption(), Interruption())
        let table = FanoutTable(console: context.console, steps: options.steps.steps.count)
        let signals = SignalWatcher.start {
            table.say(RunFanout.word(isRemote: isRemote, again: cancellation.requested))
            if cancellation.requested { farewells.raise() }
            cancellation.cancel()
            interruption.raise()
        }
        defer { signals.stop() }
        table.start()
        defer { table.stop() }
        let report =
            isRemote
            ? try remote(options, store, context, table, cancellation, interruption, farewells)
            : try Fanout(store: store, host: try context.host(), observer: table, cancellation: cancellation)
                .run(options)
        table.stop()
        return FanoutOutput(console: context.console).show(report, scored: select != nil, signal: signals.last)
    }

    private func remote(
        _ options: FanoutOptions,
        _ store: Store,
        _ context: Context,
        _ table: FanoutTable,
        _ cancellation: Cancellation,
        _ interruption: Interruption,
        _ farewells: Interruption
    ) throws -> FanoutReport {
        let wiring = GitHubWiring(context: context)
        let backend = try wiring.backend(interruption: interruption) { table.say(RemoteLine.text($0)) }
        let remote = try wiring.options(workflowRef: rules.workflowRef, ref: nil, store, backend)
        let trust = try wiring.trust(backend, skipsVerification: false)
        if trust.roots.isEmpty { throw RemoteRunFailure.trustedRootMissing }
        let observer = QuietObserver()
        return try RemoteFanout(
            runner: wiring.runner(store, backend, observer),
            farewell: {
                // Its time begins when there is something to ask.
                let pacer = LivePacer(timeoutSeconds: RunFanout.farewellSeconds) { farewells.requested }
                return wiring.runner(store, backend.with(pacer: pacer, transport: farewells.client()), observer)
            },
            host: try context.host(),
            observer: table,
            cancellation: cancellation
        ).run(options, remote, trust)
    }

    /// What is said to whoever stops the fan-out.
    private static func word(isRemote: Bool, again: Bool) -> String {
        switch (isRemote, again) {
        case (true, false): "asking the runs on GitHub to end"
        case (true, true): "runs on GitHub are asked to end no more; `swarm run status` says how each stands"
        case (false, false): "stopping the steps; the same signal once more kills them at once"
        case (false, true): "killing the steps"
        }
    }

    /// No more jobs than there are descriptors for: with fewer at a time each of them works.
    private func limitJobs(_ options: inout FanoutOptions, _ console: Console) {
        let wanted = min(options.jobs, options.steps.steps.count)
        let limit = OpenFiles.allow(RunFanout.ownDescriptors + wanted * RunFanout.descriptorsOfAStep)
        let most = max(1, (limit - RunFanout.ownDescriptors) / RunFanout.descriptorsOfAStep)
        guard wanted > most else { return }
        console.warn("only \(most) at a time: this process may have \(limit) files open (ulimit -n)")
        options.jobs = most
    }
}

/// Hears what the table is told by the fan-out itself.
private struct QuietObserver: RemoteObserver {
    func note(_ note: RemoteNote) {}
}
