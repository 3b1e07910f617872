internal import SwarmContracts
internal import SwarmEngine
internal import SwarmSandbox

#if canImport(Glibc)
internal import Glibc
#endif

/// What the job's log gets: the step's own output, masked, and the worker's messages on standard error.
struct WorkerDisplay: RunObserver {
    func note(_ event: RunEvent) {
        switch event {
        case .importing, .imported, .snapshotting: break
        case .started(let run, let parent, let operation, let policy, let method):
            say("run \(run) (\(operation.rawValue)) from \(parent), route \(policy.routeMode.rawValue), \(method)")
        case .attempt(let number, let count): say("attempt \(number) of \(count)")
        case .stepEnded(let code): say("step ended with exit code \(code)")
        case .warning(let text): say("warning: \(text)")
        }
    }

    func output(_ stream: OutputStream, _ bytes: UnsafeRawBufferPointer) {
        WorkerDisplay.write(bytes, to: stream == .standardError ? 2 : 1)
    }

    func say(_ text: String) {
        Array("swarm-worker: \(text)\n".utf8).withUnsafeBytes { WorkerDisplay.write($0, to: 2) }
    }

    func report(_ failure: any Failure) {
        say("error: \(failure.message) [\(failure.code)]")
        if let hint = failure.hint { say("hint: \(hint)") }
    }

    static func pause(milliseconds: Int64) { usleep(UInt32(min(max(milliseconds, 0), 60_000)) * 1000) }

    private static func write(_ bytes: UnsafeRawBufferPointer, to target: Int32) {
        var rest = bytes
        while let base = rest.baseAddress, !rest.isEmpty {
            let count = Glibc.write(target, base, rest.count)
            if count < 0 {
                // A log that went away must not end the run.
                if errno == EINTR { continue }
                return
            }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }
}
