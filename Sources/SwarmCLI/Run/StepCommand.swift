internal import SwarmContracts
internal import SwarmEngine
internal import SwarmPlatform
internal import SwarmSandbox

#if canImport(Glibc)
internal import Glibc
#endif

/// Carries a step from the command line: launch, resume and `backend local execute`.
struct StepCommand {
    let context: Context
    let step: StepOptions
    let operation: Operation

    /// Carries it where the flag says, else the setting.
    func perform() throws -> Int32 {
        if try step.rules.isRemote(context) {
            return try RemoteStep(context: context, step: step, operation: operation).perform()
        }
        return try performHere()
    }

    /// Carries it on this machine, whatever the setting says.
    func performHere() throws -> Int32 {
        if step.wait || step.ref != nil || step.skipVerifyCert {
            throw UsageFailure(message: "--wait, --ref and --skip-verify-cert go with --backend github alone")
        }
        var options = try step.options(operation)
        let store = try context.store()
        if step.dryRun {
            return PlanReport(context: context).show(
                try Planner(store: store, host: try context.host()).plan(options)
            )
        }
        if step.detach { return try Detachment(context: context).start(&options, store: store) }
        let cancellation = try Cancellation()
        let signals = SignalWatcher.start { cancellation.cancel() }
        defer { signals.stop() }
        let progress = Progress(context.console)
        progress.begin("restoring the workspace")
        defer { progress.end() }
        let observer = RunDisplay(console: context.console, input: options.input, progress: progress)
        let runner = Runner(store: store, host: try context.host(), observer: observer, cancellation: cancellation)
        let report = try runner.run(options)
        progress.end()
        let code = RunOutput(console: context.console, told: observer.told).show(report, signal: signals.last)
        return context.copyDocuments(of: report.runID, in: store, to: options.out, after: code)
    }
}

extension Context {
    /// Copies a run's documents to the directory that `--out` names, once its report has been shown. Gives the exit code: the
    /// run's own, or where that is 0 and the copy failed, the copy's.
    func copyDocuments(of run: RunID, in store: Store, to out: String?, after code: Int32) -> Int32 {
        guard let out else { return code }
        do {
            try store.copyDocuments(of: run, to: out)
            return code
        } catch {
            let failure = error as? any Failure ?? UnexpectedFailure(description: "\(error)")
            console.warn(
                "--out: \(failure.message) [\(failure.code)]; the run's documents are in \(store.layout.run(run).path)"
            )
            return code == 0 ? Program.exitCode(failure) : code
        }
    }
}
