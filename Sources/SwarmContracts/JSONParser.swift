/// Why bytes are not the JSON that was asked for.
package struct JSONSyntaxError: Error, Equatable, Sendable {
    /// What was wrong.
    package let reason: String
    /// Where, counted in bytes from the start.
    package let offset: Int
}

/// A strict reader of JSON (RFC 8259): UTF-8 alone, no duplicate member names, bounded nesting and size.
///
/// Two names that Unicode takes for equivalent count as duplicates, and a name may not hold one of the three characters
/// that are equivalent to one of ASCII: with them, a look-up by an ASCII name could find another member.
package struct JSONParser {
    /// Which numbers are taken.
    package enum Numbers: Sendable {
        /// Integers within ±(2^53 - 1) alone, as our contracts have it: a fraction, an exponent or `-0` is refused.
        case integersOnly
        /// Every number; one that is an integer within ±(2^53 - 1) and is written as one becomes `.integer`.
        case all
    }

    /// Deepest nesting of arrays and objects.
    package static let deepestNesting = 64
    /// Largest text in bytes: 64 MiB.
    package static let largestText = 64 << 20

    private let bytes: UnsafeBufferPointer<UInt8>
    private let numbers: Numbers
    private var position = 0
    private var depth = 0

    private init(_ bytes: UnsafeBufferPointer<UInt8>, _ numbers: Numbers) {
        self.bytes = bytes
        self.numbers = numbers
    }

    /// Reads one value that fills the whole text, space around it allowed.
    package static func parse(_ bytes: [UInt8], numbers: Numbers = .integersOnly) throws(JSONSyntaxError) -> JSONValue {
        guard bytes.count <= largestText else {
            throw JSONSyntaxError(reason: "the text is longer than \(largestText) bytes", offset: 0)
        }
        var result: Result<JSONValue, JSONSyntaxError>?
        bytes.withUnsafeBufferPointer { buffer in
            var parser = JSONParser(buffer, numbers)
            do throws(JSONSyntaxError) {
                let value = try parser.value()
                parser.skipSpace()
                if parser.position < buffer.count { throw parser.error("unexpected text after the value") }
                result = .success(value)
            } catch { result = .failure(error) }
        }
        guard let result else { throw JSONSyntaxError(reason: "empty", offset: 0) }
        return try result.get()
    }

    private func error(_ reason: String) -> JSONSyntaxError { JSONSyntaxError(reason: reason, offset: position) }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { position += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        position += 1
        return true
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws(JSONSyntaxError) -> JSONValue {
        let length = word.utf8CodeUnitCount
        guard position + length <= bytes.count else { throw error("unexpected end") }
        for step in 0..<length where bytes[position + step] != word.utf8Start[step] { throw error("unknown word") }
        position += length
        return value
    }

    private mutating func value() throws(JSONSyntaxError) -> JSONValue {
        skipSpace()
        switch current {
        case nil: throw error("unexpected end")
        case UInt8(ascii: "{"): return try nested { (parser) throws(JSONSyntaxError) in try parser.object() }
        case UInt8(ascii: "["): return try nested { (parser) throws(JSONSyntaxError) in try parser.array() }
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func nested(
        _ read: (inout JSONParser) throws(JSONSyntaxError) -> JSONValue
    ) throws(JSONSyntaxError) -> JSONValue {
        depth += 1
        guard depth <= JSONParser.deepestNesting else {
            throw error("nested deeper than \(JSONParser.deepestNesting)")
        }
        position += 1
        let value = try read(&self)
        depth -= 1
        return value
    }

    private mutating func object() throws(JSONSyntaxError) -> JSONValue {
        var members: [String: JSONValue] = [:]
        skipSpace()
        if take(UInt8(ascii: "}")) { return .object(members) }
        while true {
            skipSpace()
            guard current == UInt8(ascii: "\"") else { throw error("a member name was expected") }
            let start = position
            let name = try string()
            guard !name.unicodeScalars.contains(where: JSONParser.isASCIIInDisguise) else {
                throw JSONSyntaxError(reason: "a character that is not allowed in a member name", offset: start)
            }
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw error("`:` was expected") }
            let value = try value()
            guard members.updateValue(value, forKey: name) == nil else {
                throw JSONSyntaxError(reason: "duplicate member name", offset: start)
            }
            skipSpace()
            if take(UInt8(ascii: "}")) { return .object(members) }
            guard take(UInt8(ascii: ",")) else { throw error("`,` or `}` was expected") }
        }
    }

    /// GREEK QUESTION MARK (`;`), GREEK VARIA (`` ` ``) and KELVIN SIGN (`K`).
    private static func isASCIIInDisguise(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "\u{37e}" || scalar == "\u{1fef}" || scalar == "\u{212a}"
    }

    private mutating func array() throws(JSONSyntaxError) -> JSONValue {
        var elements: [JSONValue] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return .array(elements) }
        while true {
            elements.append(try value())
            skipSpace()
            if take(UInt8(ascii: "]")) { return .array(elements) }
            guard take(UInt8(ascii: ",")) else { throw error("`,` or `]` was expected") }
        }
    }

    private mutating func number() throws(JSONSyntaxError) -> JSONValue {
        let start = position
        _ = take(UInt8(ascii: "-"))
        let negative = position > start
        guard let first = current, (0x30...0x39).contains(first) else {
            throw error(negative ? "a digit was expected" : "a value was expected")
        }
        position += 1
        if first != UInt8(ascii: "0") { skipDigits() }
        if let byte = current, (0x30...0x39).contains(byte) { throw error("a number may not begin with 0") }
        var plain = true
        if take(UInt8(ascii: ".")) {
            plain = false
            guard skipDigits() else { throw error("a digit was expected") }
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            plain = false
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            guard skipDigits() else { throw error("a digit was expected") }
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if plain, text != "-0", let integer = Int64(text), integer.magnitude <= UInt64(JSONValue.largestInteger) {
            return .integer(integer)
        }
        switch numbers {
        case .integersOnly:
            throw JSONSyntaxError(reason: "only integers within ±(2^53 - 1) are allowed", offset: start)
        case .all:
            guard let number = Double(text), number.isFinite else {
                throw JSONSyntaxError(reason: "the number is too large", offset: start)
            }
            return .number(number)
        }
    }

    @discardableResult
    private mutating func skipDigits() -> Bool {
        let start = position
        while let byte = current, (0x30...0x39).contains(byte) { position += 1 }
        return position > start
    }

    private mutating func string() throws(JSONSyntaxError) -> String {
        let start = position
        position += 1
        var text: [UInt8] = []
        while true {
            guard let byte = current else { throw error("the string does not end") }
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: text, as: UTF8.self) else {
                    throw JSONSyntaxError(reason: "the string is not UTF-8", offset: start)
                }
                return string
            case UInt8(ascii: "\\"): try escape(into: &text)
            case 0..<0x20: throw error("a control character in a string")
            default: text.append(byte)
            }
        }
    }

    private mutating func escape(into text: inout [UInt8]) throws(JSONSyntaxError) {
        guard let byte = current else { throw error("the string does not end") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0c)
        case UInt8(ascii: "n"): text.append(0x0a)
        case UInt8(ascii: "r"): text.append(0x0d)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            var scalar = UInt32(try hexadecimal())
            if (0xd800..<0xdc00).contains(scalar) {
                guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else { throw error("a lone surrogate") }
                let low = UInt32(try hexadecimal())
                guard (0xdc00..<0xe000).contains(low) else { throw error("a lone surrogate") }
                scalar = 0x10000 + (scalar - 0xd800) << 10 + (low - 0xdc00)
            }
            guard let character = Unicode.Scalar(scalar) else { throw error("a lone surrogate") }
            text += Array(String(Character(character)).utf8)
        default: throw error("an unknown escape")
        }
    }

    private mutating func hexadecimal() throws(JSONSyntaxError) -> UInt16 {
        guard position + 4 <= bytes.count else { throw error("unexpected end") }
        var value: UInt16 = 0
        for _ in 0..<4 {
            let byte = bytes[position]
            let digit: UInt8
            switch byte {
            case 0x30...0x39: digit = byte - 0x30
            case 0x41...0x46: digit = byte - 0x41 + 10
            case 0x61...0x66: digit = byte - 0x61 + 10
            default: throw error("four hexadecimal digits were expected")
            }
            value = value << 4 | UInt16(digit)
            position += 1
        }
        return value
    }
}
