internal import SwarmContracts
internal import SwarmPlatform
internal import SwarmSandbox
internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#endif

/// The log of a run: one line of output a line, behind its offset from the step's start in seconds and its stream.
///
/// `0.012345 o text`: `o` standard output, `e` standard error, `s` a message of swarm's own; in upper case (`O`, `E`) a
/// piece of a line that goes on in the next entry of that stream, or ends the stream without a newline.
final class RunLog: Sendable {
    private struct State {
        var pending: [OutputStream: [UInt8]] = [:]
        var failed = false
    }

    /// A line longer than this is written in pieces, so that memory stays bounded.
    private static let longestPiece = 64 << 10

    private let file: Descriptor
    private let state = Mutex(State())

    init(_ path: String) throws(SystemError) {
        file = try Descriptor.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, mode: 0o600)
    }

    /// Adds output of the step.
    func add(_ stream: OutputStream, _ bytes: UnsafeRawBufferPointer, offset: Int64) {
        state.withLock { state in
            var pending = state.pending[stream] ?? []
            var lines: [UInt8] = []
            var rest = bytes[...]
            while let newline = rest.firstIndex(of: UInt8(ascii: "\n")) {
                pending += rest[..<newline]
                RunLog.append(&lines, offset, RunLog.mark(stream), pending)
                pending.removeAll(keepingCapacity: true)
                rest = rest[(newline + 1)...]
            }
            pending += rest
            while pending.count > RunLog.longestPiece {
                RunLog.append(&lines, offset, RunLog.piece(stream), Array(pending.prefix(RunLog.longestPiece)))
                pending.removeFirst(RunLog.longestPiece)
            }
            state.pending[stream] = pending
            write(lines, &state)
        }
    }

    /// Adds a message of swarm's own.
    func say(_ text: String, offset: Int64) {
        state.withLock { state in
            var line: [UInt8] = []
            RunLog.append(&line, offset, UInt8(ascii: "s"), Array(text.utf8))
            write(line, &state)
        }
    }

    /// Writes what has no newline yet and syncs. Throws where any write failed: a run does not count with half a log.
    func finish(offset: Int64) throws(SystemError) {
        let failed = state.withLock { state in
            for stream in [OutputStream.standardOutput, .standardError] {
                guard let rest = state.pending[stream], !rest.isEmpty else { continue }
                var line: [UInt8] = []
                RunLog.append(&line, offset, RunLog.piece(stream), rest)
                write(line, &state)
            }
            state.pending = [:]
            return state.failed
        }
        if failed { throw SystemError("write", file.path, ENOSPC) }
    }

    private func write(_ bytes: [UInt8], _ state: inout State) {
        guard !bytes.isEmpty else { return }
        do { try file.write(bytes) } catch { state.failed = true }
    }

    private static func mark(_ stream: OutputStream) -> UInt8 {
        stream == .standardOutput ? UInt8(ascii: "o") : UInt8(ascii: "e")
    }

    private static func piece(_ stream: OutputStream) -> UInt8 { mark(stream) - 32 }

    private static func append(_ lines: inout [UInt8], _ offset: Int64, _ mark: UInt8, _ text: [UInt8]) {
        let micros = String(offset / 1000 % 1_000_000)
        lines += String(offset / 1_000_000_000).utf8
        lines.append(UInt8(ascii: "."))
        lines += String(repeating: "0", count: 6 - micros.count).utf8
        lines += micros.utf8
        lines += [UInt8(ascii: " "), mark, UInt8(ascii: " ")]
        lines += text
        lines.append(UInt8(ascii: "\n"))
    }
}
