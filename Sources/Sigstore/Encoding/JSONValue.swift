/// A JSON value (RFC 8259), read strictly: a name may occur only once in an object, so that two readers cannot see two
/// different values, and nothing may follow the value.
indirect enum JSONValue: Sendable {
    case null
    case bool(Bool)
    /// The number as it was written.
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([Name: JSONValue])

    /// The name of a member, equal to another only byte by byte: `String.==` would also take the Kelvin sign for a K.
    struct Name: Hashable, Sendable {
        let text: String

        static func == (left: Name, right: Name) -> Bool { sameBytes(left.text, right.text) }

        func hash(into hasher: inout Hasher) {
            for byte in text.utf8 { hasher.combine(byte) }
        }
    }

    /// What a text may hold at most.
    struct Limits: Sendable {
        var bytes: Int
        var values = 1_000_000
        var depth = 100
    }

    /// Why a text is not read.
    struct Failure: Error {
        let reason: String
        let offset: Int
    }

    /// The value that `text` holds.
    init(_ text: [UInt8], limits: Limits) throws(Failure) {
        guard text.count <= limits.bytes else {
            throw Failure(reason: "more than \(limits.bytes) bytes", offset: limits.bytes)
        }
        var parser = JSONParser(text, limits: limits)
        self = try parser.document()
    }
}

/// A recursive-descent reader; its recursion is bounded by the limit on depth.
private struct JSONParser {
    private let text: [UInt8]
    private let limits: JSONValue.Limits
    private var position = 0
    private var values = 0

    init(_ text: [UInt8], limits: JSONValue.Limits) {
        self.text = text
        self.limits = limits
    }

    mutating func document() throws(JSONValue.Failure) -> JSONValue {
        let value = try value(depth: 0)
        skipSpace()
        guard position == text.count else { throw failure("text behind the value") }
        return value
    }

    private func failure(_ reason: String) -> JSONValue.Failure {
        JSONValue.Failure(reason: reason, offset: position)
    }

    private var next: UInt8? { position < text.count ? text[position] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d { position += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        position += 1
        return true
    }

    private mutating func value(depth: Int) throws(JSONValue.Failure) -> JSONValue {
        guard depth < limits.depth else { throw failure("nested deeper than \(limits.depth)") }
        values += 1
        guard values <= limits.values else { throw failure("more than \(limits.values) values") }
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        default: return .number(try number())
        }
    }

    private mutating func literal(_ word: StaticString, _ value: JSONValue) throws(JSONValue.Failure) -> JSONValue {
        for byte in Array(word.description.utf8) where !take(byte) { throw failure("not a JSON value") }
        return value
    }

    private mutating func object(depth: Int) throws(JSONValue.Failure) -> JSONValue {
        position += 1
        var members: [JSONValue.Name: JSONValue] = [:]
        skipSpace()
        if take(UInt8(ascii: "}")) { return .object(members) }
        while true {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw failure("a name is missing") }
            let name = try string()
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw failure("a colon is missing") }
            let value = try value(depth: depth + 1)
            guard members.updateValue(value, forKey: JSONValue.Name(text: name)) == nil else {
                throw failure("a name occurs twice")
            }
            skipSpace()
            if take(UInt8(ascii: "}")) { return .object(members) }
            guard take(UInt8(ascii: ",")) else { throw failure("an object does not end") }
        }
    }

    private mutating func array(depth: Int) throws(JSONValue.Failure) -> JSONValue {
        position += 1
        var elements: [JSONValue] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return .array(elements) }
        while true {
            elements.append(try value(depth: depth + 1))
            skipSpace()
            if take(UInt8(ascii: "]")) { return .array(elements) }
            guard take(UInt8(ascii: ",")) else { throw failure("an array does not end") }
        }
    }

    private mutating func number() throws(JSONValue.Failure) -> String {
        let start = position
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try digits() }
        if take(UInt8(ascii: ".")) { try digits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try digits()
        }
        return String(decoding: text[start..<position], as: UTF8.self)
    }

    private mutating func digits() throws(JSONValue.Failure) {
        let start = position
        while let byte = next, (0x30...0x39).contains(byte) { position += 1 }
        guard position > start else { throw failure("not a JSON value") }
    }

    private mutating func string() throws(JSONValue.Failure) -> String {
        position += 1
        let start = position
        while let byte = next, byte != 0x22, byte != 0x5c, byte >= 0x20 { position += 1 }
        // Nearly every string, and all of the large ones, are free of escapes and are read as they stand.
        if next == 0x22 {
            let slice = text[start..<position]
            position += 1
            return try checked(slice)
        }
        var bytes = Array(text[start..<position])
        while let byte = next {
            position += 1
            switch byte {
            case 0x22: return try checked(bytes[...])
            case 0x5c: try escape(into: &bytes)
            case 0..<0x20: throw failure("a control character in a string")
            default: bytes.append(byte)
            }
        }
        throw failure("a string does not end")
    }

    private func checked(_ bytes: ArraySlice<UInt8>) throws(JSONValue.Failure) -> String {
        guard let string = String(validating: bytes, as: UTF8.self) else { throw failure("a string is not UTF-8") }
        return string
    }

    private mutating func escape(into bytes: inout [UInt8]) throws(JSONValue.Failure) {
        guard let byte = next else { throw failure("a string does not end") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes.append(byte)
        case UInt8(ascii: "b"): bytes.append(0x08)
        case UInt8(ascii: "f"): bytes.append(0x0c)
        case UInt8(ascii: "n"): bytes.append(0x0a)
        case UInt8(ascii: "r"): bytes.append(0x0d)
        case UInt8(ascii: "t"): bytes.append(0x09)
        case UInt8(ascii: "u"):
            var code = try codeUnit()
            if (0xd800...0xdbff).contains(code) {
                guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else { throw failure("half a surrogate pair") }
                let low = try codeUnit()
                guard (0xdc00...0xdfff).contains(low) else { throw failure("half a surrogate pair") }
                code = 0x10000 + (code - 0xd800) << 10 + (low - 0xdc00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw failure("half a surrogate pair") }
            bytes.append(contentsOf: String(Character(scalar)).utf8)
        default: throw failure("an unknown escape")
        }
    }

    private mutating func codeUnit() throws(JSONValue.Failure) -> UInt32 {
        guard text.count - position >= 4,
            let bytes = TextEncoding.hexDecode(String(decoding: text[position..<position + 4], as: UTF8.self)),
            bytes.count == 2
        else { throw failure("an escape without four hexadecimal digits") }
        position += 4
        return UInt32(bytes[0]) << 8 | UInt32(bytes[1])
    }
}

/// Writes JSON with the fields in the order given.
enum JSONText {
    /// `text` as a JSON string with its quotes.
    static func string(_ text: String) -> String {
        var output = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": output += "\\\""
            case "\\": output += "\\\\"
            case "\n": output += "\\n"
            case "\r": output += "\\r"
            case "\t": output += "\\t"
            case _ where scalar.value < 0x20:
                output += "\\u00" + TextEncoding.hexEncode([UInt8(scalar.value)])
            default: output.unicodeScalars.append(scalar)
            }
        }
        return output + "\""
    }
}
