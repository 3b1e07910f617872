internal import SwarmBackend
internal import SwarmBackendGitHub
internal import SwarmContracts
internal import SwarmEngine
internal import SwarmPlatform
internal import SwarmSandbox

/// What a person does with a run that a backend carries.
struct RemoteCommand {
    let context: Context
    let limits: RemoteLimits?
    let run: String

    /// The parts, with Ctrl-C stopping the command and leaving the run there alone.
    private func with<Result>(
        _ body: (RunID, Store, GitHubBackend, RemoteRunner) throws -> Result
    ) throws -> Result {
        let store = try context.store()
        let id = try RunID(stored: run)
        _ = try store.requiredLedger(id)
        let cancellation = try Cancellation()
        let wiring = GitHubWiring(context: context)
        let backend = try wiring.backend(limits, cancellation: cancellation)
        let signals = SignalWatcher.start { cancellation.cancel() }
        defer { signals.stop() }
        return try body(id, store, backend, wiring.runner(store, backend))
    }

    func watch() throws -> Int32 {
        try with { id, store, _, runner in
            _ = try runner.watch(id)
            let code = try RemoteEnd(context: context).show(id, store)
            if try store.overview(id).state == RemoteState.finished.rawValue {
                context.console.say("`swarm backend github collect --run-id \(id)` takes it in")
            }
            return code
        }
    }

    func logs(follow: Bool, out: String?) throws -> Int32 {
        try with { id, store, backend, runner in
            if let out {
                guard let handle = try runner.watch(id).handle else {
                    throw GitHubFailure.runIDRequired(id.description)
                }
                let names = try backend.saveLogs(handle, to: Files.absolute(out))
                context.console.say("\(Quantity.count(names.count, "file")) in \(out)")
                return 0
            }
            var cursor = LogCursor()
            while true {
                try runner.log(id, &cursor) { job, line in
                    if context.console.json {
                        context.console.write([
                            "job": .string(job), "text": .string(String(decoding: line, as: UTF8.self)),
                        ])
                    } else {
                        context.console.write(line + [10])
                    }
                }
                guard follow, cursor.isOpen else { return 0 }
                try backend.api.pacer.wait(milliseconds: 3000)
            }
        }
    }

    func collect(skip: Bool, out: String?) throws -> Int32 {
        try with { id, store, backend, runner in
            let trust = try GitHubWiring(context: context).trust(backend, skipsVerification: skip)
            let report = try runner.collect(id, trust)
            if let out { try store.copyDocuments(of: id, to: Files.absolute(out)) }
            return RunOutput(console: context.console, backend: "github").show(report, signal: nil)
        }
    }

    func cancel(force: Bool) throws -> Int32 {
        try with { id, store, _, runner in
            let asked = try runner.cancel(id, force: force)
            let overview = try store.overview(id)
            if context.console.json {
                context.console.write(RunStatusCommand.value(overview, store))
            } else {
                context.console.say(
                    asked ? "\(id) was asked to end" : "\(id) had ended before: it is \(overview.state)"
                )
            }
            return 0
        }
    }
}
