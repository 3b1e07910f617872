internal import SwarmContracts
internal import SwarmPlatform
internal import SwarmSandbox
internal import Synchronization

/// Scores a branch: a command that runs on the node's content as a step would, and leaves nothing.
struct FanoutScorer {
    let store: Store
    let host: HostContext
    let cancellation: Cancellation
    let options: RunOptions
    let command: String

    /// Sets the branch's score, or why it has none. The branch's node stays as it is.
    func score(_ branch: inout FanoutBranch) {
        guard let node = branch.node, let runID = branch.runID else { return }
        do {
            let (outcome, output) = try run(node, runID)
            switch outcome.ending {
            case .exited(0):
                branch.score = LastNumber.find(in: output)
                if branch.score == nil { branch.scoreFailure = "the select command printed no number" }
            case .exited(let code): branch.scoreFailure = "the select command ended with exit code \(code)"
            case .signalled(let number): branch.scoreFailure = "the select command was ended by signal \(number)"
            case .timedOut: branch.scoreFailure = "the select command was stopped at its time limit"
            case .cancelled: branch.scoreFailure = "the select command was cancelled"
            }
        } catch {
            branch.scoreFailure = (error as? any Failure ?? FanoutBranch.unexpected(error)).message
        }
    }

    private func run(_ id: NodeID, _ runID: RunID) throws -> (StepOutcome, [UInt8]) {
        let node = try store.node(id)
        var options = options
        options.operation = .resume
        options.command = .shell(command)
        // What cannot be restored has no score; another node's would mislead.
        options.allowColdStart = false
        let capsule = try PolicyCapsule.make(
            options,
            host: host,
            project: store.layout.project,
            inheritedKeep: store.keptPaths(of: node)
        )
        let plan = try RunPlan.make(store, options, id: runID, parent: node, capsule: capsule, host: host)
        let temporary = try TemporaryFolder.make(in: store.layout.tmp)
        defer { temporary.remove() }
        let folder = RunFolder(path: temporary.path + "/score")
        let preparation = try RunPreparation.make(
            store,
            plan,
            folder,
            temporary,
            host: host,
            recordsEvents: false
        )
        defer { preparation.cacheUse.release() }
        let assembly = StepAssembly(
            store: store,
            plan: plan,
            preparation: preparation,
            host: host,
            folder: folder
        )
        let sink = TailSink()
        let outcome = try StepExecutor().run(
            try assembly.request(),
            sink: sink,
            cancellation: cancellation
        )
        return (outcome, sink.bytes)
    }
}

/// Keeps the end of standard output.
private final class TailSink: OutputSink {
    /// No number is as long as this.
    private static let longest = 64 << 10

    private let tail = Mutex<[UInt8]>([])

    var bytes: [UInt8] { tail.withLock { $0 } }

    func receive(_ stream: OutputStream, _ bytes: UnsafeRawBufferPointer, offset: Int64) {
        guard stream == .standardOutput else { return }
        tail.withLock { tail in
            tail += bytes
            if tail.count > 2 * TailSink.longest { tail.removeFirst(tail.count - TailSink.longest) }
        }
    }
}

/// The last number in what a program printed.
package enum LastNumber {
    /// The last decimal number of the text: digits with a sign, a point and an exponent where it has them, not the end of
    /// a word (`v2`, `sha256`). What stands behind it does not matter (`0.5s`, `93%`). nil where there is none that is finite.
    package static func find(in text: [UInt8]) -> Double? {
        var last: Double?
        var position = 0
        while position < text.count {
            let isSign = text[position] == UInt8(ascii: "-") || text[position] == UInt8(ascii: "+")
            let inWord = isInWord(text, before: position)
            // Behind a word the sign is a hyphen: `2026-11-24`.
            guard !(isSign && inWord), let end = number(text, from: position) else {
                position += 1
                continue
            }
            let digits = String(decoding: text[position..<end], as: UTF8.self)
            if !inWord, let value = Double(digits), value.isFinite { last = value }
            position = end
        }
        return last
    }

    /// Where the number that begins at `start` ends; nil where none begins there.
    private static func number(_ text: [UInt8], from start: Int) -> Int? {
        var end = start
        if text[end] == UInt8(ascii: "-") || text[end] == UInt8(ascii: "+") { end += 1 }
        let whole = digits(text, &end)
        if end < text.count, text[end] == UInt8(ascii: ".") {
            var fraction = end + 1
            let some = digits(text, &fraction)
            if some || whole { end = some ? fraction : end }
            if !some, !whole { return nil }
        } else if !whole {
            return nil
        }
        if end < text.count, text[end] | 0x20 == UInt8(ascii: "e") {
            var exponent = end + 1
            if exponent < text.count, text[exponent] == UInt8(ascii: "-") || text[exponent] == UInt8(ascii: "+") {
                exponent += 1
            }
            if digits(text, &exponent) { end = exponent }
        }
        return end
    }

    private static func digits(_ text: [UInt8], _ position: inout Int) -> Bool {
        let start = position
        while position < text.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(text[position]) { position += 1 }
        return position > start
    }

    private static func isInWord(_ text: [UInt8], before position: Int) -> Bool {
        guard position > 0 else { return false }
        let byte = text[position - 1]
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"), UInt8(ascii: "."), 0x80...:
            return true
        default: return false
        }
    }
}
