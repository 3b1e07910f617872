internal import SwarmBackend
internal import SwarmEngine

/// One branch as the table shows it.
struct FanoutRow {
    enum Phase {
        case waiting
        /// Since this moment of the monotonic clock, in nanoseconds.
        case running(since: Int64)
        /// On its way to a backend.
        case sending
        /// On a backend, as the last look showed it, since this moment.
        case remote(RemoteStatus, since: Int64)
        case collecting
        case saving, scoring
        /// `order` counts the finished ones.
        case done(FanoutBranch, order: Int)
    }

    let label: String
    var phase = Phase.waiting

    var isDone: Bool { if case .done = phase { true } else { false } }
    var isActive: Bool {
        switch phase {
        case .running, .saving, .scoring, .sending, .remote, .collecting: true
        case .waiting, .done: false
        }
    }
    var isQueued: Bool { if case .remote(let status, _) = phase { RemoteLine.isQueued(status) } else { false } }
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
        let queued = rows.count { $0.isQueued }
        let active = rows.count { $0.isActive } - queued
        if active > 0 { parts.append("\(active) running") }
        if queued > 0 { parts.append("\(queued) queued there") }
        let waiting = rows.count { !$0.isActive && !$0.isDone }
        if waiting > 0, queued > 0 { parts.append("\(waiting) waiting here") }
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
        case .sending: (word, colour, detail) = ("sending", "36", "")
        case .remote(let status, let since):
            (word, colour) = RemoteLine.isQueued(status) ? ("queued", "2") : ("running", "36")
            detail = [FanoutDrawing.elapsed(now - since), RemoteLine.detail(status)].filter { !$0.isEmpty }
                .joined(separator: ", ")
        case .collecting: (word, colour, detail) = ("collecting", "36", "")
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
