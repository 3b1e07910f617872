internal import SwarmBackend
internal import SwarmContracts
internal import SwarmEngine
internal import SwarmPlatform
internal import Synchronization

/// Shows a remote run while it goes on: on a terminal a line that changes, in a log a line where something has changed, and
/// one each half minute where nothing has.
final class RemoteDisplay: RemoteObserver {
    private let console: Console
    private let isQuiet: Bool
    private let last = Mutex<(text: String, at: Int64)>(("", 0))
    private static let pause: Int64 = 30_000_000_000

    init(console: Console, isQuiet: Bool) {
        self.console = console
        self.isQuiet = isQuiet
    }

    func note(_ note: RemoteNote) {
        guard !isQuiet else { return }
        switch note {
        case .prepared(let run, let parent, let commit):
            let from = commit.map { "the repository at \($0.prefix(12))" } ?? parent.short
            console.say("run \(run) from \(from)", at: .verbose)
        case .dispatched(let run, let handle), .found(let run, let handle):
            console.say("run \(run) is GitHub's run \(handle.id)\(handle.url.map { ": \($0)" } ?? "")")
        case .status(let run, let status): show(RemoteDisplay.text(run, status))
        case .collecting(let run): console.say("collecting run \(run)", at: .verbose)
        case .warning(let text): console.warn(text)
        }
    }

    private func show(_ text: String) {
        let now = Clock.monotonic()
        let isDue = last.withLock { last in
            guard last.text != text || now - last.at > RemoteDisplay.pause else { return false }
            last = (text, now)
            return true
        }
        if isDue { console.say(text) }
    }

    /// One line: the state, and what the jobs do.
    static func text(_ run: RunID, _ status: RemoteStatus) -> String {
        let phase: String
        switch status.phase {
        case .queued: phase = "queued"
        case .running: phase = "running"
        case .finished(let conclusion): phase = "finished (\(conclusion.word))"
        }
        let jobs = status.activities.map { job in "\(job.job): \(job.step ?? job.state)" }
        return "\(run) \(phase)\(jobs.isEmpty ? "" : "; " + jobs.joined(separator: ", "))"
    }
}
