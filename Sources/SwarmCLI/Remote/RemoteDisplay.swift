internal import SwarmBackend
internal import SwarmBackendGitHub
internal import SwarmContracts
internal import SwarmEngine
internal import SwarmPlatform
internal import Synchronization

/// Shows a remote run while it goes on: on a terminal one line that changes each half second, in a log a line where
/// something has changed, and one each half minute where nothing has.
final class RemoteDisplay: RemoteObserver {
    private let console: Console
    private let progress: Progress
    private let last = Mutex<(text: String, at: Int64)>(("", 0))
    private static let pause: Int64 = 30_000_000_000

    init(console: Console) {
        self.console = console
        progress = Progress(console)
    }

    /// Takes the line away: nothing more will be told.
    func end() { progress.end() }

    func note(_ note: RemoteNote) {
        switch note {
        case .prepared(let run, let parent, let commit):
            let from = commit.map { "the repository at \($0.prefix(12))" } ?? parent.short
            say("run \(run) from \(from)", at: .verbose)
        case .dispatched(let run, let handle), .found(let run, let handle):
            say("run \(run) is GitHub's run \(handle.id)\(handle.url.map { ": \($0)" } ?? "")")
        case .status(let run, let status, let since): show(run, status, since)
        case .collecting(let run):
            say("collecting run \(run)", at: .verbose)
            progress.begin("collecting run \(run)")
        case .warning(let text):
            progress.end()
            console.warn(text)
        }
    }

    /// Says why requests are held back.
    func note(_ notice: RateNotice) { say(RemoteLine.text(notice)) }

    private func say(_ text: String, at level: Console.Loudness = .normal) {
        progress.end()
        console.say(text, at: level)
    }

    private func show(_ run: RunID, _ status: RemoteStatus, _ since: Int64) {
        guard !console.colourMessages else {
            progress.follow { RemoteLine.text(run, status, seconds: Clock.nowSeconds() - since) }
            return
        }
        let now = Clock.monotonic()
        let text = RemoteLine.text(run, status, seconds: nil)
        let isDue = last.withLock { last in
            guard last.text != text || now - last.at > RemoteDisplay.pause else { return false }
            last = (text, now)
            return true
        }
        if isDue { console.say(RemoteLine.text(run, status, seconds: Clock.nowSeconds() - since)) }
    }
}

/// What is said of a run on a backend.
enum RemoteLine {
    /// One line: the state, how long it is since the order was made, what it waits for, and what the jobs do. Without
    /// `seconds` it changes where something else does.
    static func text(_ run: RunID, _ status: RemoteStatus, seconds: Int64?) -> String {
        let phase: String
        switch status.phase {
        case .queued: phase = "queued"
        case .running: phase = "running"
        case .finished(let conclusion): phase = "finished (\(conclusion.word))"
        }
        let age = seconds.map { ", " + ($0 < 60 ? "\(max($0, 0)) s" : Quantity.duration($0 * 1000)) } ?? ""
        let detail = detail(status)
        return "\(run) \(phase)\(age)\(detail.isEmpty ? "" : "; \(detail)")"
    }

    /// What a queued run waits for, or the jobs of another with their steps: `worker: Run the step (4/9)`.
    static func detail(_ status: RemoteStatus) -> String {
        if let wait = status.waitsFor { return "waits for \(wait)" }
        return status.activities.map { job in
            guard let step = job.step else { return "\(job.job): \(job.state)" }
            return "\(job.job): \(step)" + (job.count > 0 ? " (\(job.number)/\(job.count))" : "")
        }.joined(separator: ", ")
    }

    static func isQueued(_ status: RemoteStatus) -> Bool { status.phase == .queued }

    /// Why nothing is asked of GitHub for a while.
    static func text(_ notice: RateNotice) -> String {
        switch notice {
        case .asked(let seconds): "GitHub asks to wait \(seconds) s; nothing is sent until then"
        case .pace(let seconds): "as many runs were sent as GitHub takes in a minute; the next goes out in \(seconds) s"
        case .kept(let remaining, let seconds):
            "\(Quantity.count(Int(remaining), "request")) to GitHub \(remaining == 1 ? "remains" : "remain") until the reset in "
                + "\(Quantity.duration(seconds * 1000)): kept for the runs under way"
        }
    }
}
