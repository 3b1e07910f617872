internal import SwarmContracts
internal import SwarmEngine
internal import SwarmPlatform
internal import SwarmSandbox

#if canImport(Glibc)
internal import Glibc
#endif

/// Shows a run while it goes on: the step's own output where a person expects it, swarm's messages on standard error.
struct RunDisplay: RunObserver {
    let console: Console
    /// With a terminal the step writes to it alone.
    let input: StepInput

    func note(_ event: RunEvent) {
        switch event {
        case .importing(let directory): console.say("taking \(directory) as it is", at: .verbose)
        case .imported(let report):
            for warning in report.warnings.prefix(10) { console.warn(warning) }
            if report.warnings.count > 10 { console.warn("\(report.warnings.count - 10) more files were left out") }
            let content = "\(Quantity.count(report.files, "file")), \(Quantity.bytes(report.bytes))"
            let what = report.isNew ? content : "unchanged"
            console.say("workspace \(report.node.short): \(what)", at: .normal)
        case .started(let run, let parent, let operation, let policy, let method):
            console.say(
                "run \(run) (\(operation.rawValue)) from \(parent.short), route \(policy.routeMode.rawValue), \(method)"
            )
        case .attempt(let number, let count): console.say("attempt \(number) of \(count)")
        case .stepEnded(let code): console.say("step ended with exit code \(code)", at: .verbose)
        case .snapshotting: console.say("taking the snapshot", at: .verbose)
        case .warning(let text): console.warn(text)
        }
    }

    func output(_ stream: OutputStream, _ bytes: UnsafeRawBufferPointer) {
        // With --json standard output belongs to the report alone.
        let target: Int32 = stream == .standardError || console.json ? 2 : 1
        var rest = bytes
        while let base = rest.baseAddress, !rest.isEmpty {
            let count = Glibc.write(target, base, rest.count)
            if count < 0 {
                // A reader that went away must not end the run: its log has everything.
                if errno == EINTR { continue }
                return
            }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }
}
