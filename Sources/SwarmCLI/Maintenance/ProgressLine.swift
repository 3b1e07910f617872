internal import SwarmEngine
internal import SwarmPlatform
internal import Synchronization

/// Progress of long work on standard error: on a terminal one line that is drawn anew in its place, in a log a line each
/// three seconds. Nothing with `--quiet`, and nothing for work that is done sooner.
final class ProgressLine: Sendable {
    private let console: Console
    private let isLive: Bool
    private let state: Mutex<State>

    private struct State {
        var last = Clock.monotonic()
        var isDrawn = false
    }

    /// Nanoseconds between two lines.
    private static let pace: (terminal: Int64, log: Int64) = (100_000_000, 3_000_000_000)

    init(_ console: Console) {
        self.console = console
        isLive = console.colourMessages
        state = Mutex(State())
    }

    /// Shows where the work stands, if it is time.
    func show(_ progress: StoreProgress) {
        guard console.loudness > .quiet else { return }
        state.withLock { state in
            let now = Clock.monotonic()
            guard now - state.last >= (isLive ? ProgressLine.pace.terminal : ProgressLine.pace.log) else { return }
            state.last = now
            let text = ProgressLine.text(progress)
            guard isLive else { return console.say(text) }
            MovingLine.draw(text)
            state.isDrawn = true
        }
    }

    /// Takes the line away.
    func clear() {
        state.withLock { state in
            if state.isDrawn { MovingLine.erase() }
            state.isDrawn = false
        }
    }

    private static func text(_ progress: StoreProgress) -> String {
        var text = progress.phase
        if !progress.noun.isEmpty {
            text += ": \(progress.done)"
            if let total = progress.of, total > 0 {
                text += " of \(total)"
                text += " \(progress.noun) (\(min(100, progress.done * 100 / total)) %)"
            } else {
                text += " \(progress.noun)"
            }
        }
        return progress.bytes > 0 ? text + ", \(Quantity.bytes(progress.bytes))" : text
    }
}
