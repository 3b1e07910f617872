internal import ArgumentParser
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

    @Option(help: ArgumentHelp("Run so many at one time; left out, as many as there are processors.", valueName: "n"))
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
        if try rules.isRemote(context), select != nil || budget != nil {
            throw UsageFailure(message: "--select and --budget go with --backend local alone")
        }
        var run = RunOptions(operation: .resume, command: .arguments([]))
        try rules.apply(to: &run)
        run.node = node
        var options = FanoutOptions(
            run: run,
            steps: try FanoutSteps.read(steps),
            jobs: jobs ?? WorkerThread.processorCount
        )
        options.select = select
        options.budget = budget
        let store = try context.store()
        limitJobs(&options, context.console)
        let cancellation = try Cancellation()
        let table = FanoutTable(console: context.console, steps: options.steps.steps.count)
        let signals = SignalWatcher.start {
            table.say(
                cancellation.requested
                    ? "killing the steps" : "stopping the steps; the same signal once more kills them at once"
            )
            cancellation.cancel()
        }
        defer { signals.stop() }
        if try rules.isRemote(context) {
            let wiring = GitHubWiring(context: context)
            let backend = try wiring.backend(cancellation: cancellation)
            let remote = try wiring.options(workflowRef: rules.workflowRef, ref: nil, store, backend)
            let trust = try wiring.trust(backend, skipsVerification: false)
            if trust.roots.isEmpty { throw RemoteRunFailure.trustedRootMissing }
            let fanout = RemoteFanout(
                runner: wiring.runner(store, backend, quiet: true),
                host: try context.host(),
                observer: table,
                cancellation: cancellation
            )
            table.start()
            defer { table.stop() }
            let report = try fanout.run(options, remote, trust)
            table.stop()
            return FanoutOutput(console: context.console).show(report, scored: false, signal: signals.last)
        }
        let fanout = Fanout(store: store, host: try context.host(), observer: table, cancellation: cancellation)
        table.start()
        defer { table.stop() }
        let report = try fanout.run(options)
        table.stop()
        return FanoutOutput(console: context.console).show(report, scored: select != nil, signal: signals.last)
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

/// The end of a fan-out, as text or as one JSON object.
struct FanoutOutput {
    let console: Console

    /// Shows the report; gives the exit code.
    func show(_ report: FanoutReport, scored: Bool, signal: Int32?) -> Int32 {
        let statuses = report.branches.map(\.status)
        // One branch alone may have been stopped by `run cancel`: that is a failure among others.
        let wasCancelled = signal != nil && statuses.contains(.cancelled)
        let hasFailed = statuses.contains { $0 != .succeeded && $0 != .skipped }
        if console.json {
            console.write(
                FanoutOutput.value(report, status: wasCancelled ? "cancelled" : hasFailed ? "failed" : "succeeded")
            )
        } else {
            showText(report, scored: scored)
        }
        if wasCancelled { return 128 + (signal ?? 2) }
        return hasFailed ? FailureCategory.step.exitCode : 0
    }

    private func showText(_ report: FanoutReport, scored: Bool) {
        let pager = Pager(console: console)
        let rows = report.branches.map { branch -> [String] in
            [
                branch.label.description, branch.status.rawValue, branch.node?.short ?? "-",
                branch.runID.map { "run:\($0)" } ?? "-", FanoutOutput.details(branch).joined(separator: ", "),
            ]
        }
        // Colour goes in once the columns are laid out: it has no width.
        let labels = report.branches.map { $0.label.description.count }.max() ?? 0
        for (line, branch) in zip(Table.rows(rows).split(separator: "\n"), report.branches) {
            let status = branch.status.rawValue
            let (before, after) = (line.prefix(labels + 2), line.dropFirst(labels + 2 + status.count))
            console.write(before + pager.status(status) + after + "\n")
        }
        if let best = report.branches.first(where: { $0.label == report.best }), let score = best.score {
            console.write("best: branch:\(best.label), score \(FanoutOutput.text(score))\n")
        } else if scored {
            console.say("no branch has a score")
        }
    }

    /// What is worth a word beside the status.
    static func details(_ branch: FanoutBranch) -> [String] {
        var words: [String] = []
        switch (branch.status, branch.failure) {
        case (.failed, nil), (.succeeded, _), (.skipped, _), (.cancelled, _): break
        case (_, EngineFailure.stepFailed?): words.append("exit \(branch.exitCode ?? 1)")
        case (_, EngineFailure.timeLimit(_, let seconds)?): words.append("time limit of \(seconds) s")
        case (_, let failure?): words.append("\(failure.message) [\(failure.code)]")
        case (.interrupted, nil): break
        }
        if let duration = branch.durationNanoseconds, branch.exitCode != nil {
            words.append(Quantity.duration(duration / 1_000_000))
        }
        if let cost = branch.cost { words.append("$\(text(cost))") }
        if let score = branch.score { words.append("score \(text(score))") }
        if let reason = branch.scoreFailure { words.append("no score: \(reason)") }
        return words
    }

    /// A number without the `.0` of a whole one.
    static func text(_ number: Double) -> String {
        String(decoding: CanonicalJSON.encode(value(number)), as: UTF8.self)
    }

    private static func value(_ number: Double?) -> JSONValue {
        guard let number else { return .null }
        let whole = Int64(exactly: number).flatMap { abs($0) <= JSONValue.largestInteger ? $0 : nil }
        return whole.map(JSONValue.integer) ?? .number(number)
    }

    static func value(_ report: FanoutReport, status: String) -> JSONValue {
        [
            "status": .string(status), "operation": "fanout", "parent_node_id": .string(report.parent.description),
            "branches": .array(report.branches.map(value)), "best": JSONValue(report.best?.description),
            "cost_usd": value(report.cost),
        ]
    }

    private static func value(_ branch: FanoutBranch) -> JSONValue {
        [
            "label": .string(branch.label.description), "line": JSONValue(branch.line),
            "command": .string(branch.command), "run_id": JSONValue(branch.runID?.description),
            "status": .string(branch.status.rawValue), "exit_code": JSONValue(branch.exitCode),
            "node_id": JSONValue(branch.node?.description),
            "duration_ms": JSONValue(branch.durationNanoseconds.map { $0 / 1_000_000 }),
            "metrics": branch.metrics ?? .null, "score": value(branch.score),
            "score_error": JSONValue(branch.scoreFailure),
            "error": branch.failure.map { Console.errorBody($0) } ?? .null,
            "warnings": .array(branch.warnings.map(JSONValue.string)),
        ]
    }
}
