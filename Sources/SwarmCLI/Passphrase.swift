internal import CPlatform
internal import SwarmCapability
internal import SwarmContracts
internal import SwarmPlatform

#if canImport(Glibc)
internal import Glibc
#endif

/// Where secrets come in: a file, `-` for standard input, `fd:N` for a descriptor, or the terminal without echo. Never a
/// flag's value.
enum Passphrase {
    /// The passphrase of a wrapped key: from SWARM_PASSPHRASE_FILE, else from the terminal; nil where there is neither.
    static func ask(for what: String, _ console: Console) throws -> SecretText? {
        if let source = Environment.value("SWARM_PASSPHRASE_FILE"), !source.isEmpty { return try read(source) }
        guard isatty(0) == 1 else { return nil }
        return try prompt("Passphrase for \(what): ", otherwise: "name a file that holds it in SWARM_PASSPHRASE_FILE")
    }

    /// Reads the first line of a file, of standard input (`-`) or of a descriptor (`fd:N`).
    static func read(_ source: String) throws -> SecretText {
        try text(of: try readBytes(source).prefix { $0 != 10 && $0 != 13 }, source)
    }

    /// Reads all lines of a file, of standard input (`-`) or of a descriptor (`fd:N`).
    static func readText(_ source: String) throws -> SecretText { try text(of: try readBytes(source)[...], source) }

    private static func text(of bytes: ArraySlice<UInt8>, _ source: String) throws -> SecretText {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw UsageFailure(message: "what \(source == "-" ? "standard input" : source) holds is not UTF-8")
        }
        return SecretText(text)
    }

    /// Reads the bytes of a file, of standard input (`-`) or of a descriptor (`fd:N`); at most `limit` of them.
    static func readBytes(_ source: String, limit: Int = 1 << 20) throws -> [UInt8] {
        let file: Descriptor
        if source == "-" {
            file = try duplicate(0)
        } else if source.hasPrefix("fd:") {
            guard let number = Int32(source.dropFirst(3)), number >= 0 else {
                throw UsageFailure(message: "'\(Name.shown(source))' names no descriptor; write fd:N")
            }
            file = try duplicate(number)
        } else {
            try GivenPath.file(source)
            return try Files.read(source, limit: limit)
        }
        return try Files.read(file, limit: limit)
    }

    private static func duplicate(_ number: Int32) throws -> Descriptor {
        let copy = dup(number)
        guard copy >= 0 else { throw UsageFailure(message: "descriptor \(number) is not open") }
        return Descriptor(owning: copy, path: number == 0 ? "standard input" : "descriptor \(number)")
    }

    /// Asks on the terminal without echo. Throws exit 2 where there is none, with `otherwise` as the hint.
    static func prompt(_ question: String, otherwise: String) throws -> SecretText {
        guard let terminal = try? Descriptor.open("/dev/tty", O_RDWR) else {
            throw UsageFailure(message: "there is no terminal to ask for the passphrase on", hint: otherwise)
        }
        try terminal.write(Array(question.utf8))
        var settings = termios()
        let known = tcgetattr(terminal.number, &settings) == 0
        var silent = settings
        silent.c_lflag &= ~tcflag_t(ECHO)
        if known { tcsetattr(terminal.number, TCSAFLUSH, &silent) }
        defer {
            if known { tcsetattr(terminal.number, TCSAFLUSH, &settings) }
            try? terminal.write([10])
        }
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while Glibc.read(terminal.number, &byte, 1) == 1, byte != 10 { line.append(byte) }
        return SecretText(String(decoding: line, as: UTF8.self))
    }
}
