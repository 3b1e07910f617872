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
        _ body: (RunID, Store, GitHubBackend, RemoteRunner, RemoteDisplay) throws -> Result
    ) throws -> Result {
        let store = try context.store()
        let id = try RunID(stored: run)
        _ = try store.requiredLedger(id)
        let wiring = GitHubWiring(context: context)
        return try wiring.session(limits) { backend, display in
            do {
                return try body(id, store, backend, wiring.runner(store, backend, display), display)
            } catch let failure as WaitFailure {
                throw StoppedWait(failure: failure, run: id, again: "the same command continues")
            }
        }
    }

    func watch() throws -> Int32 {
        let store = try context.store()
        let id = try RunID(stored: run)
        // What has ended is known here, whatever the network does.
        let ledger = try store.requiredLedger(id)
        if ledger.state.isAtRest, !ledger.holdsKey { return try RemoteEnd(context: context).show(id, store) }
        return try follow()
    }

    private func follow() throws -> Int32 {
        try with { id, store, _, runner, display in
            _ = try runner.watch(id)
            display.end()
            let code = try RemoteEnd(context: context).show(id, store)
            if try store.overview(id).state == RemoteState.finished.rawValue {
                context.console.say("`swarm backend github collect --run-id \(id)` takes it in")
            }
            return code
        }
    }

    func logs(follow: Bool, out: String?) throws -> Int32 {
        try with { id, store, backend, runner, display in
            if let out {
                let target = try GivenPath.placeForFolder(out, "--out")
                guard try Files.kind(target) == nil || Files.isEmpty(target) else {
                    throw EngineFailure.targetNotEmpty(target)
                }
                guard let handle = try runner.watch(id).handle else {
                    throw GitHubFailure.runIDRequired(id.description)
                }
                let names = try backend.saveLogs(handle, to: target)
                display.end()
                if context.console.json {
                    context.console.write(["files": JSONValue(names.count), "directory": .string(out)])
                } else {
                    context.console.say("\(Quantity.count(names.count, "file")) in \(out)")
                }
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
        let out = try out.map { try GivenPath.placeForFolder($0, "--out") }
        let store = try context.store()
        let id = try RunID(stored: run)
        if try !store.requiredLedger(id).holdsKey, let known = try store.concluded(id) {
            let code = RunOutput(console: context.console, backend: "github").show(known, signal: nil)
            return context.copyDocuments(of: id, in: store, to: out, after: code)
        }
        return try with { id, store, backend, runner, display in
            let trust = try GitHubWiring(context: context).trust(backend, skipsVerification: skip)
            let report = try runner.collect(id, trust)
            display.end()
            let code = RunOutput(console: context.console, backend: "github").show(report, signal: nil)
            return context.copyDocuments(of: id, in: store, to: out, after: code)
        }
    }

    func cancel(force: Bool) throws -> Int32 {
        try with { id, store, _, runner, _ in
            let outcome = try runner.cancel(id, force: force)
            let overview = try store.overview(id)
            if context.console.json {
                context.console.write(RunStatusCommand.value(overview, store))
            } else {
                switch outcome {
                case .asked: context.console.say("\(id) was asked to end")
                case .hadEnded: context.console.say("\(id) had ended before: it is \(overview.state)")
                case .withdrawn: context.console.say("no run of \(id) was there: it is withdrawn, and is sent no more")
                }
            }
            return 0
        }
    }
}

/// A command about a run was stopped, or its time is up: says how that run goes on.
struct StoppedWait: Failure {
    let failure: WaitFailure
    let run: RunID
    /// Which command continues where this one was.
    let again: String

    var code: String { failure.code }
    var category: FailureCategory { failure.category }
    var message: String { failure.message }
    var hint: String? {
        "\(again); `swarm run watch --run-id \(run)` waits for it, `swarm run cancel --run-id \(run)` stops it"
    }
    var retryable: Bool { failure.retryable }
}
