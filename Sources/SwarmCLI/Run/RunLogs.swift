internal import ArgumentParser
internal import SwarmContracts
internal import SwarmEngine
internal import SwarmPlatform

#if canImport(Glibc)
internal import Glibc
#endif

struct RunLogs: Verb {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Print what a run's step printed.",
        discussion: """
            Standard output goes to standard output, standard error to standard error. With --timestamps each line \
            stands behind its offset from the step's start in seconds and its stream (o, e; s is swarm's own).
            """
    )

    @OptionGroup var global: GlobalOptions

    @Option(help: ArgumentHelp("Id of the run.", valueName: "id"))
    var runID: String

    @Flag(name: .shortAndLong, help: "Go on until the run has ended.")
    var follow = false

    @Flag(help: "Print the log as it is kept: offset, stream, line.")
    var timestamps = false

    func perform(_ context: Context) throws -> Int32 {
        let store = try context.store()
        let id = try RunID(stored: runID)
        if try store.overview(id).remote != nil {
            return try RemoteCommand(context: context, limits: nil, run: runID).logs(
                follow: follow,
                out: nil
            )
        }
        var printer = LogPrinter(console: context.console, timestamps: timestamps)
        let path = store.layout.run(id).log
        var file: Descriptor?
        while true {
            let running = try store.overview(id).state == "running"
            if file == nil { file = try? Descriptor.open(path, O_RDONLY) }
            if let file { try printer.printNew(of: file) }
            if !follow || !running { break }
            usleep(100_000)
        }
        printer.finish()
        return 0
    }
}

/// Prints a log as it grows.
struct LogPrinter {
    let console: Console
    let timestamps: Bool
    private var offset: UInt64 = 0
    private var pending: [UInt8] = []

    init(console: Console, timestamps: Bool) {
        self.console = console
        self.timestamps = timestamps
    }

    /// Prints the lines that have come since the last call.
    mutating func printNew(of file: Descriptor) throws {
        var buffer = [UInt8](repeating: 0, count: 256 << 10)
        while true {
            let count = try buffer.withUnsafeMutableBytes { try file.read(into: $0, at: offset) }
            if count == 0 { return }
            offset += UInt64(count)
            pending += buffer[..<count]
            var start = pending.startIndex
            while let newline = pending[start...].firstIndex(of: 10) {
                show(pending[start..<newline])
                start = newline + 1
            }
            pending.removeSubrange(..<start)
        }
    }

    /// Prints a last line that has no end.
    mutating func finish() {
        if !pending.isEmpty { show(pending[...]) }
        pending = []
    }

    private func show(_ line: ArraySlice<UInt8>) {
        let space = UInt8(ascii: " ")
        guard let first = line.firstIndex(of: space), first + 2 < line.endIndex, line[first + 2] == space else {
            console.write(Array(line) + [10])
            return
        }
        let mark = line[first + 1]
        let text = line[(first + 3)...]
        if console.json {
            console.write([
                "offset": .string(String(decoding: line[..<first], as: UTF8.self)),
                "stream": .string(LogPrinter.stream(mark)), "text": .string(String(decoding: text, as: UTF8.self)),
                "partial": .bool(mark < 97),
            ])
        } else if timestamps {
            console.write(Array(line) + [10])
        } else {
            let bytes = mark < 97 ? Array(text) : Array(text) + [10]
            if mark == UInt8(ascii: "o") || mark == UInt8(ascii: "O") {
                console.write(bytes)
            } else {
                _ = bytes.withUnsafeBytes { Glibc.write(2, $0.baseAddress, $0.count) }
            }
        }
    }

    private static func stream(_ mark: UInt8) -> String {
        switch mark {
        case UInt8(ascii: "o"), UInt8(ascii: "O"): "stdout"
        case UInt8(ascii: "e"), UInt8(ascii: "E"): "stderr"
        default: "swarm"
        }
    }
}
