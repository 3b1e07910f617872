internal import SwarmContracts
internal import SwarmEngine
internal import SwarmPlatform
internal import SwarmSandbox
internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#endif

/// Shows a run while it goes on: the step's own output where a person expects it, swarm's messages on standard error.
struct RunDisplay: RunObserver {
    let console: Console
    /// With a terminal the step writes to it alone.
    let input: StepInput
    /// What tells of long work before and after the step; nil where something else does.
    var progress: Progress?
    /// The warnings that were shown before the step began.
    let told = ToldWarnings()

    func note(_ event: RunEvent) {
        switch event {
        case .importing, .snapshotting: break
        default: progress?.end()
        }
        switch event {
        case .importing(let directory):
            console.say("taking \(directory) as it is", at: .verbose)
            progress?.begin("taking \(directory)")
        case .imported(let report):
            for warning in report.warnings.prefix(10) { console.warn(warning) }
            if report.warnings.count > 10 { console.warn("\(report.warnings.count - 10) more files were left out") }
            let content = "\(Quantity.count(report.files, "file")), \(Quantity.bytes(report.bytes))"
            let what = report.isNew ? content : "unchanged"
            console.say("workspace \(report.node.short): \(what)", at: .normal)
            progress?.begin("restoring the workspace")
        case .started(let run, let parent, let operation, let policy, let method):
            console.say(
                "run \(run) (\(operation.rawValue)) from \(parent.short), route \(policy.routeMode.rawValue), \(method)"
            )
        case .attempt(let number, let count): console.say("attempt \(number) of \(count)")
        case .stepEnded(let code): console.say("step ended with exit code \(code)", at: .verbose)
        case .snapshotting:
            console.say("taking the snapshot", at: .verbose)
            progress?.begin("taking the snapshot")
        case .warning(let text):
            told.add(text)
            console.warn(text)
        }
    }

    func output(_ stream: OutputStream, _ bytes: UnsafeRawBufferPointer) {
        // With --json standard output belongs to the report alone.
        let target: Int32 = stream == .standardError || console.json ? 2 : 1
        Descriptor.pass(bytes, to: target)
    }
}

/// Warnings that have been shown, so that the end of a run does not repeat them.
final class ToldWarnings: Sendable {
    private let texts = Mutex<Set<String>>([])

    func add(_ text: String) { texts.withLock { _ = $0.insert(text) } }
    func has(_ text: String) -> Bool { texts.withLock { $0.contains(text) } }
}
