package import SwarmContracts
internal import SwarmPlatform

/// The steps of a fan-out, as they stand in a steps file: one command a line, or one JSON object a line.
///
/// The first step decides which of the two: a line that begins with `{` and a quotation mark is JSON, and then all are.
/// Empty lines and lines that begin with `#` are skipped.
package struct FanoutSteps: Sendable, Equatable {
    /// One step of the file.
    package struct Step: Sendable, Equatable {
        /// The line it stands on, counted from 1.
        package let line: Int
        /// Its label where it names one.
        package let label: Label?
        /// What it runs.
        package let command: RunOptions.Command
    }

    /// The file as a person named it; `standard input` for `-`.
    package let file: String
    /// In the order of the file; never empty.
    package let steps: [Step]

    /// More steps than this are refused: they are a mistake.
    package static let most = 10_000

    /// Reads the bytes of a steps file. Throws exit 2 naming `file` and the line: text that is not UTF-8, a zero byte, JSON
    /// that is not strict, an unknown member, a label that is invalid, reserved or there twice, a step without a command,
    /// a file without a step.
    package init(_ bytes: [UInt8], file: String) throws(FanoutFailure) {
        self.file = file
        var steps: [Step] = []
        var seen: [Label: Int] = [:]
        var isJSON: Bool?
        // A mark of byte order is what some editors put before UTF-8.
        let body = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? bytes.dropFirst(3) : bytes[...]
        var number = 0
        for piece in body.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number += 1
            let line = FanoutSteps.trimmed(piece)
            guard let first = line.first, first != UInt8(ascii: "#") else { continue }
            func invalid(_ reason: String) -> FanoutFailure { .stepInvalid(file: file, line: number, reason: reason) }
            guard let text = String(validating: line, as: UTF8.self) else { throw invalid("it is not UTF-8") }
            guard !line.contains(0) else { throw invalid("it holds a zero byte") }
            guard steps.count < FanoutSteps.most else {
                throw invalid("a file holds \(FanoutSteps.most) steps at most")
            }
            let looksJSON = FanoutSteps.looksLikeJSON(line)
            let expected = isJSON ?? looksJSON
            isJSON = expected
            guard expected == looksJSON else {
                throw invalid(
                    expected ? "the steps before are JSON, this is not" : "the steps before are no JSON, this is"
                )
            }
            guard expected else {
                steps.append(Step(line: number, label: nil, command: .shell(text)))
                continue
            }
            let step = try FanoutSteps.step(line, number, invalid)
            if let label = step.label, let earlier = seen.updateValue(number, forKey: label) {
                throw invalid("the label '\(label)' is line \(earlier)'s already")
            }
            steps.append(step)
        }
        guard !steps.isEmpty else { throw .noSteps(file: file) }
        self.steps = steps
    }

    /// Without space at both ends, the carriage return of a file from elsewhere among it.
    private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0d }
        var line = line.drop(while: isSpace)
        while let last = line.last, isSpace(last) { line.removeLast() }
        return line
    }

    /// A shell's group begins with a brace too, but hardly ever with a quotation mark behind it.
    private static func looksLikeJSON(_ line: ArraySlice<UInt8>) -> Bool {
        guard line.first == UInt8(ascii: "{") else { return false }
        let next = line.dropFirst().first { $0 != 0x20 && $0 != 0x09 }
        return next == UInt8(ascii: "\"") || next == UInt8(ascii: "}")
    }

    private static func step(
        _ line: ArraySlice<UInt8>,
        _ number: Int,
        _ invalid: (String) -> FanoutFailure
    ) throws(FanoutFailure) -> Step {
        let value: JSONValue
        do throws(JSONSyntaxError) {
            value = try JSONParser.parse(Array(line))
        } catch {
            throw invalid("it is not JSON: \(error.reason) (at byte \(error.offset + 1))")
        }
        guard case .object(let members) = value else { throw invalid("it is no object") }
        let known = ["label", "command", "argv"]
        if let unknown = members.keys.filter({ !known.contains($0) }).sorted().first {
            throw invalid(
                "the member '\(Name.shown(unknown))' is not known; there are \(known.joined(separator: ", "))"
            )
        }
        var label: Label?
        if let given = value["label"] {
            guard let text = given.text else { throw invalid("'label' is not a string") }
            do throws(IdentifierError) { label = try Label(text) } catch { throw invalid(error.message) }
            if text == "main" { throw invalid("the label 'main' is swarm's own") }
        }
        return Step(line: number, label: label, command: try command(value, invalid))
    }

    private static func command(
        _ value: JSONValue,
        _ invalid: (String) -> FanoutFailure
    ) throws(FanoutFailure) -> RunOptions.Command {
        switch (value["command"], value["argv"]) {
        case (nil, nil): throw invalid("it has neither 'command' nor 'argv'")
        case (.some, .some): throw invalid("it has both 'command' and 'argv'")
        case (let command?, nil):
            guard let text = command.text else { throw invalid("'command' is not a string") }
            if text.allSatisfy(\.isWhitespace) { throw invalid("'command' is empty") }
            if text.utf8.contains(0) { throw invalid("'command' holds a zero byte") }
            return .shell(text)
        case (nil, let argv?):
            let words = argv.elements?.compactMap(\.text) ?? []
            guard let first = words.first, words.count == argv.elements?.count else {
                throw invalid("'argv' is not an array of one string or more")
            }
            if first.isEmpty { throw invalid("'argv' names no program") }
            if words.contains(where: { $0.utf8.contains(0) }) { throw invalid("'argv' holds a zero byte") }
            return .arguments(words)
        }
    }
}

extension FanoutSteps {
    /// The label of every step, in the order of the file. Steps without one get `<base>-<line>`, the line in three digits
    /// or more; where any of those is `taken` or stands in the file, all get `<base>.2-<line>`, then `.3`, and so on.
    package func labels(taken: (Label) throws -> Bool) throws -> [Label] {
        let given = Set(steps.compactMap(\.label))
        let digits = max(3, String(steps.last?.line ?? 0).count)
        var round = 1
        while true {
            let base = FanoutSteps.base(of: file) + (round == 1 ? "" : ".\(round)")
            let labels = try steps.map { step in
                let line = String(step.line)
                return try step.label ?? Label("\(base)-\(String(repeating: "0", count: digits - line.count))\(line)")
            }
            let isFree = try zip(steps, labels).allSatisfy { step, label in
                try step.label != nil || (!given.contains(label) && !taken(label))
            }
            if isFree { return labels }
            round += 1
        }
    }

    /// The file's name up to its first dot, as a label may be; `step` where nothing is left of it.
    static func base(of file: String) -> String {
        let name = file.split(separator: "/").last ?? ""
        let plain = name.prefix { $0 != "." }.unicodeScalars.map { scalar in
            switch scalar {
            case "A"..."Z", "a"..."z", "0"..."9", "_", "-": Character(scalar)
            default: Character("-")
            }
        }
        let base = String(plain.drop { $0 == "-" }.prefix(64))
        return base.isEmpty || file == standardInput ? "step" : base
    }

    /// What standard input is called as a file.
    package static let standardInput = "standard input"
}

extension FanoutSteps {
    /// 16 MiB.
    private static let largestFile = 16 << 20

    /// Reads a steps file, or standard input for `-`; at most 16 MiB. Throws exit 2 naming the file.
    package static func read(_ path: String) throws(FanoutFailure) -> FanoutSteps {
        let file = path == "-" ? standardInput : path
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes =
                path == "-"
                ? try Files.read(try Descriptor.standard(0), limit: largestFile)
                : try Files.read(path, limit: largestFile)
        } catch {
            throw .stepsUnreadable(file: file, reason: SystemError.text(error.number))
        }
        return try FanoutSteps(bytes, file: file)
    }
}
