internal import SwarmContracts
internal import SwarmPlatform

#if canImport(Glibc)
internal import Glibc
#endif

/// Where a command speaks: data on standard output, messages and progress on standard error.
package struct Console: Sendable {
    /// How much is said beside the data.
    package enum Loudness: Int, Sendable, Comparable {
        case quiet, normal, verbose, debug
        package static func < (left: Loudness, right: Loudness) -> Bool { left.rawValue < right.rawValue }
    }

    /// Whether data and errors are JSON.
    let json: Bool
    let loudness: Loudness
    /// Whether standard output is a terminal.
    let terminalOutput: Bool
    /// Whether standard output takes colour.
    let colourOutput: Bool
    /// Whether standard error is a terminal that takes colour and movement.
    let colourMessages: Bool

    init(json: Bool, loudness: Loudness, noColour: Bool) {
        self.json = json
        self.loudness = loudness
        let plain =
            noColour || Environment.value("NO_COLOR").map { !$0.isEmpty } == true || Environment.value("TERM") == "dumb"
        terminalOutput = isatty(1) == 1
        colourOutput = !plain && terminalOutput
        colourMessages = !plain && isatty(2) == 1
    }

    /// Whether a terminal shows colour here.
    var takesColour: Bool { colourOutput || colourMessages }

    /// The same without colour and movement.
    var plain: Console { Console(json: json, loudness: loudness, noColour: true) }

    /// For errors that come before the options are parsed.
    init(for arguments: [String]) {
        let own = arguments.prefix { $0 != "--" }
        self.init(
            json: own.contains("--json"),
            loudness: own.contains("--quiet") || own.contains("-q") ? .quiet : .normal,
            noColour: own.contains("--no-color")
        )
    }

    /// Writes data. A reader that has gone away ends the command quietly.
    func write(_ text: String) { write(Array(text.utf8)) }

    /// Writes data as it is.
    func write(_ bytes: [UInt8]) {
        var done = 0
        bytes.withUnsafeBytes { buffer in
            while done < buffer.count, let base = buffer.baseAddress {
                let count = Glibc.write(1, base + done, buffer.count - done)
                if count < 0 {
                    if errno == EINTR { continue }
                    if errno == EPIPE { exit(0) }
                    fail(.last("write to", "standard output"))
                }
                done += count
            }
        }
    }

    /// Data could not be written: with `--json` an object of JSON could not be either.
    private func fail(_ error: SystemError) -> Never {
        show(error)
        exit(error.category.exitCode)
    }

    /// One object of JSON on a line of its own.
    func write(_ value: JSONValue) {
        write(CanonicalJSON.encode(value) + [UInt8(ascii: "\n")])
    }

    /// A message for a person; silent with `--quiet`.
    func say(_ text: String, at level: Loudness = .normal) {
        if loudness >= level { Console.message(text) }
    }

    /// A message that matters even with `--quiet`.
    func warn(_ text: String) {
        Console.message((colourMessages ? "\u{1b}[33mwarning:\u{1b}[0m " : "warning: ") + text)
    }

    static func message(_ text: String) { raw(text + "\n") }

    /// Writes to standard error as it is.
    static func raw(_ text: String) {
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { Glibc.write(2, $0.baseAddress, $0.count) }
    }

    /// Shows a failure: one JSON object on standard output with `--json`, else a sentence and a hint on standard error.
    func report(_ failure: any Failure) {
        if json { write(Console.errorObject(failure)) } else { show(failure) }
    }

    private func show(_ failure: any Failure) {
        Console.message(line(failure.message, failure.code))
        if let hint = failure.hint { Console.message((colourMessages ? "\u{1b}[36mhint:\u{1b}[0m " : "hint: ") + hint) }
    }

    private func line(_ message: String, _ code: String) -> String {
        (colourMessages ? "\u{1b}[31merror:\u{1b}[0m " : "error: ") + message + " [\(code)]"
    }

    /// Shows what is wrong with a command line. `full` is the parser's own text, which begins with the message and goes on
    /// with how the command is used.
    func reportUsage(_ failure: UsageFailure, full: String) {
        guard !json else { return report(failure) }
        let beginning = "Error: \(failure.message)"
        guard full.hasPrefix(beginning) else { return show(failure) }
        let message = failure.message.hasSuffix(".") ? String(failure.message.dropLast()) : failure.message
        Console.message(line(message, failure.code) + full.dropFirst(beginning.count))
    }

    /// `{"status":"error","error":{..}}`
    static func errorObject(_ failure: any Failure) -> JSONValue {
        ["status": "error", "error": errorBody(failure)]
    }

    /// The inner object of an error.
    static func errorBody(_ failure: any Failure) -> JSONValue {
        [
            "code": .string(failure.code), "message": .string(failure.message), "hint": JSONValue(failure.hint),
            "category": .string(failure.category.rawValue), "retryable": .bool(failure.retryable),
        ]
    }
}
