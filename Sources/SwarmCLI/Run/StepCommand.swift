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

    func perform() throws -> Int32 {
        if try step.rules.isRemote(context) {
            return try RemoteStep(context: context, step: step, operation: operation).perform()
        }
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
        if let out = options.out { try store.copyDocuments(of: report.runID, to: out) }
        return RunOutput(console: context.console, told: observer.told).show(report, signal: signals.last)
    }
}
