internal import SwarmContracts
internal import SwarmEngine
internal import SwarmPlatform
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
        Descriptor.pass(bytes, to: stream == .standardError ? 2 : 1)
    }

    func say(_ text: String) {
        Array("swarm-worker: \(text)\n".utf8).withUnsafeBytes { Descriptor.pass($0, to: 2) }
    }

    func report(_ failure: any Failure) {
        say("error: \(failure.message) [\(failure.code)]")
        if let hint = failure.hint { say("hint: \(hint)") }
    }

    static func pause(milliseconds: Int64) { usleep(UInt32(min(max(milliseconds, 0), 60_000)) * 1000) }
}
