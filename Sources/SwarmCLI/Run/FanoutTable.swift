internal import SwarmBackend
internal import SwarmContracts
internal import SwarmEngine
internal import SwarmPlatform
internal import SwarmSandbox
internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#endif

/// Shows a fan-out while it goes on, on standard error: on a terminal a table that is drawn anew in its place, elsewhere a
/// line for each event.
final class FanoutTable: FanoutObserver {
    private let console: Console
    private let isLive: Bool
    private let state: Mutex<State>

    private struct State {
        var rows: [FanoutRow] = []
        var title = ""
        var drawn = 0
        var changed = true
        var stopped = false
        var thread: WorkerThread?
    }

    /// Milliseconds between two drawings where something happened, and where only time has passed.
    private static let pace: (change: Int64, still: Int64) = (100, 1000)

    init(console: Console, steps: Int) {
        self.console = console
        isLive = console.colourMessages && console.loudness > .quiet
        state = Mutex(State())
    }

    /// Begins to draw. Without a terminal there is nothing to begin.
    func start() {
        guard isLive else { return }
        let thread = try? WorkerThread { [self] in
            var last: Int64 = 0
            while true {
                usleep(UInt32(FanoutTable.pace.change) * 1000)
                let stop = state.withLock { state -> Bool in
                    if state.stopped { return true }
                    let now = Clock.monotonic() / 1_000_000
                    guard state.changed || now - last >= FanoutTable.pace.still else { return false }
                    last = now
                    draw(&state)
                    return false
                }
                if stop { return }
            }
        }
        state.withLock { $0.thread = thread }
    }

    /// Ends the drawing. Where the summary follows on the same terminal the table makes room for it.
    func stop() {
        let thread = state.withLock { state -> WorkerThread? in
            state.stopped = true
            return state.thread.take()
        }
        guard let thread else { return }
        thread.join()
        state.withLock { state in
            if isatty(1) == 1, !console.json { erase(&state) } else { draw(&state) }
            state.drawn = 0
        }
    }

    /// Says a sentence; above the table where there is one.
    func say(_ text: String) { state.withLock { speak(&$0) { console.say(text) } } }

    private func speak(_ state: inout State, _ body: () -> Void) {
        erase(&state)
        body()
        state.changed = true
    }

    // MARK: - Events

    func note(_ event: FanoutEvent) {
        state.withLock { state in
            switch event {
            case .parent(let event): speak(&state) { RunDisplay(console: console, input: .null).note(event) }
            case .ready(let parent, let labels, let jobs):
                state.rows = labels.map { FanoutRow(label: $0.description) }
                state.title = "from \(parent.short), \(jobs) at a time"
                if !isLive {
                    console.say("\(Quantity.count(labels.count, "branch", plural: "branches")) \(state.title)")
                }
            case .started(let number, let run):
                update(&state, number, .running(since: Clock.monotonic())) { "started (run:\(run))" }
            case .note(let number, .snapshotting): update(&state, number, .saving) { nil }
            case .note(let number, .attempt(let attempt, let count)):
                update(&state, number, .running(since: Clock.monotonic())) { "attempt \(attempt) of \(count)" }
            case .note: break
            case .remote(let number, let note): remote(&state, number, note)
            case .scoring(let number): update(&state, number, .scoring) { nil }
            case .finished(let number, let branch): finish(&state, number, branch)
            }
        }
    }

    private func update(_ state: inout State, _ number: Int, _ phase: FanoutRow.Phase, _ words: () -> String?) {
        state.rows[number].phase = phase
        state.changed = true
        if !isLive, let words = words() { console.say("\(state.rows[number].label): \(words)") }
    }

    private func remote(_ state: inout State, _ number: Int, _ note: RemoteNote) {
        switch note {
        case .prepared: update(&state, number, .sending) { nil }
        case .dispatched(_, let handle), .found(_, let handle):
            update(&state, number, .sending) { "sent" + (handle.url.map { ": \($0)" } ?? "") }
        case .status(_, let status, _):
            let before = state.rows[number].phase
            var since = Clock.monotonic()
            var isNews = true
            if case .remote(let last, let start) = before, RemoteLine.isQueued(last) == RemoteLine.isQueued(status) {
                (since, isNews) = (start, false)
            }
            update(&state, number, .remote(status, since: since)) {
                isNews ? RemoteLine.isQueued(status) ? "queued there" : "running" : nil
            }
        case .collecting: update(&state, number, .collecting) { nil }
        case .warning(let text):
            let label = state.rows[number].label
            speak(&state) { console.warn("\(label): \(text)") }
        }
    }

    private func finish(_ state: inout State, _ number: Int, _ branch: FanoutBranch) {
        let order = state.rows.count { $0.isDone } + 1
        update(&state, number, .done(branch, order: order)) {
            let words = [branch.status.rawValue] + FanoutOutput.details(branch) + [branch.node?.short].compactMap { $0 }
            return words.joined(separator: ", ")
        }
        guard !branch.warnings.isEmpty else { return }
        speak(&state) { for warning in branch.warnings { console.warn("\(branch.label): \(warning)") } }
    }

    // MARK: - Drawing

    private func draw(_ state: inout State) {
        guard !state.rows.isEmpty else { return }
        let (width, height) = MovingLine.window()
        let lines = FanoutDrawing(rows: state.rows, title: state.title, now: Clock.monotonic())
            .lines(width: width, height: height)
        var text = state.drawn > 0 ? "\u{1b}[\(state.drawn)A" : ""
        for line in lines { text += "\r\u{1b}[2K\(line)\n" }
        text += "\u{1b}[J"
        FanoutTable.write(text)
        state.drawn = lines.count
        state.changed = false
    }

    private func erase(_ state: inout State) {
        guard state.drawn > 0 else { return }
        FanoutTable.write("\u{1b}[\(state.drawn)A\r\u{1b}[J")
        state.drawn = 0
    }

    private static func write(_ text: String) {
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { Glibc.write(2, $0.baseAddress, $0.count) }
    }
}
