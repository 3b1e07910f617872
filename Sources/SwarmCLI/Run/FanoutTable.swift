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
        let (width, height) = FanoutTable.window()
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

    /// Columns and rows of the terminal; those of old where it does not say.
    private static func window() -> (width: Int, height: Int) {
        var size = winsize()
        guard ioctl(2, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return (80, 24) }
        return (Int(size.ws_col), Int(size.ws_row))
    }
}

/// One branch as the table shows it.
struct FanoutRow {
    enum Phase {
        case waiting
        /// Since this moment of the monotonic clock, in nanoseconds.
        case running(since: Int64)
        case saving, scoring
        /// `order` counts the finished ones.
        case done(FanoutBranch, order: Int)
    }

    let label: String
    var phase = Phase.waiting

    var isDone: Bool { if case .done = phase { true } else { false } }
    var isActive: Bool {
        switch phase {
        case .running, .saving, .scoring: true
        case .waiting, .done: false
        }
    }
    var order: Int { if case .done(_, let order) = phase { order } else { 0 } }
    var branch: FanoutBranch? { if case .done(let branch, _) = phase { branch } else { nil } }
}

/// The table as lines of text.
struct FanoutDrawing {
    let rows: [FanoutRow]
    let title: String
    /// The monotonic clock, in nanoseconds.
    let now: Int64

    /// At most `height - 1` lines of at most `width - 1` columns. What does not fit is counted: what runs is shown first,
    /// then what ended last, then what waits.
    func lines(width: Int, height: Int) -> [String] {
        let room = max(1, height - 2)
        let shown = visible(rows.count <= room ? room : max(1, room - 1))
        let labels = min(shown.map { rows[$0].label.count }.max() ?? 0, max(8, width / 3))
        var lines = [String(headline.prefix(max(1, width - 1)))]
        for number in shown { lines.append(line(rows[number], labels, max(1, width - 1))) }
        if shown.count < rows.count { lines.append("… and \(rows.count - shown.count) more") }
        return lines
    }

    private func visible(_ room: Int) -> [Int] {
        let active = rows.indices.filter { rows[$0].isActive }
        let done = rows.indices.filter { rows[$0].isDone }.sorted { rows[$0].order > rows[$1].order }
        let waiting = rows.indices.filter { !rows[$0].isActive && !rows[$0].isDone }
        return (active + done + waiting).prefix(room).sorted()
    }

    private var headline: String {
        let done = rows.compactMap(\.branch)
        var parts = ["\(done.count) of \(rows.count) done"]
        let active = rows.count { $0.isActive }
        if active > 0 { parts.append("\(active) running") }
        for status in [FanoutStatus.failed, .interrupted, .cancelled, .skipped] {
            let count = done.count { $0.status == status }
            if count > 0 { parts.append("\(count) \(status.rawValue)") }
        }
        let cost = done.reduce(0) { $0 + ($1.cost ?? 0) }
        if cost > 0 { parts.append("$\(FanoutOutput.text(cost))") }
        return parts.joined(separator: ", ") + "; " + title
    }

    private func line(_ row: FanoutRow, _ labels: Int, _ width: Int) -> String {
        let (word, colour, detail): (String, String, String)
        switch row.phase {
        case .waiting: (word, colour, detail) = ("waiting", "2", "")
        case .running(let since):
            (word, colour, detail) = ("running", "36", FanoutDrawing.elapsed(now - since))
        case .saving: (word, colour, detail) = ("saving", "36", "taking the snapshot")
        case .scoring: (word, colour, detail) = ("scoring", "36", "")
        case .done(let branch, _):
            word = branch.status.rawValue
            colour = branch.status == .succeeded ? "32" : branch.status == .skipped ? "33" : "31"
            detail = FanoutOutput.details(branch).joined(separator: ", ")
        }
        let label = row.label.count <= labels ? row.label : row.label.prefix(labels - 1) + "…"
        let columns = FanoutDrawing.padded(label, labels) + "  " + FanoutDrawing.padded(word, 11)
        // Colour has no width: it goes in after the cut.
        let plain = String((columns + "  " + FanoutDrawing.printable(detail)).prefix(width))
        guard plain.count > labels + 2 else { return plain }
        let start = plain.index(plain.startIndex, offsetBy: labels + 2)
        let end = plain.index(start, offsetBy: word.count, limitedBy: plain.endIndex) ?? plain.endIndex
        return plain[..<start] + "\u{1b}[\(colour)m" + plain[start..<end] + "\u{1b}[0m" + plain[end...]
    }

    /// Whole seconds; nothing in the first.
    private static func elapsed(_ nanoseconds: Int64) -> String {
        let seconds = nanoseconds / 1_000_000_000
        return seconds < 1 ? "" : seconds < 60 ? "\(seconds) s" : Quantity.duration(seconds * 1000)
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    /// A message may hold a file's name, and that anything.
    private static func printable(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 32 || $0.value == 127 ? "?" : $0 }))
    }
}
