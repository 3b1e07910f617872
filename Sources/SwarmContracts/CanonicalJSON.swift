/// The one writer of JSON that is hashed: RFC 8785 (JSON Canonicalization Scheme).
package enum CanonicalJSON {
    /// The canonical bytes: UTF-8, members sorted by UTF-16 code units, no space, numbers as ECMAScript prints them.
    /// A number that is not finite has no JSON form; it is a defect of the caller and traps.
    package static func encode(_ value: JSONValue) -> [UInt8] {
        var bytes: [UInt8] = []
        append(value, to: &bytes)
        return bytes
    }

    private static func append(_ value: JSONValue, to bytes: inout [UInt8]) {
        switch value {
        case .null: bytes += "null".utf8
        case .bool(let flag): bytes += (flag ? "true" : "false").utf8
        case .integer(let integer): bytes += String(integer).utf8
        case .number(let number): bytes += ECMAScriptNumber.text(number).utf8
        case .string(let text): append(text, to: &bytes)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for (position, element) in elements.enumerated() {
                if position > 0 { bytes.append(UInt8(ascii: ",")) }
                append(element, to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let members):
            bytes.append(UInt8(ascii: "{"))
            let sorted = members.sorted { $0.key.utf16.lexicographicallyPrecedes($1.key.utf16) }
            for (position, member) in sorted.enumerated() {
                if position > 0 { bytes.append(UInt8(ascii: ",")) }
                append(member.key, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                append(member.value, to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    private static func append(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): bytes += "\\\"".utf8
            case UInt8(ascii: "\\"): bytes += "\\\\".utf8
            case 0x08: bytes += "\\b".utf8
            case 0x09: bytes += "\\t".utf8
            case 0x0a: bytes += "\\n".utf8
            case 0x0c: bytes += "\\f".utf8
            case 0x0d: bytes += "\\r".utf8
            case 0..<0x20: bytes += ("\\u00" + Hex.encode([byte])).utf8
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}

/// Numbers as ECMAScript's `Number::toString` prints them (ECMA-262, section 6.1.6.1.20), which RFC 8785 section 3.2.2.3 asks for.
enum ECMAScriptNumber {
    static func text(_ value: Double) -> String {
        precondition(value.isFinite, "JSON has no form for a number that is not finite")
        if value == 0 { return "0" }
        if value < 0 { return "-" + text(-value) }
        let (digits, exponent) = shortest(value)
        let count = digits.count
        // `exponent` is ECMAScript's n: the value is 0.d1d2.. times ten to the n.
        if count <= exponent, exponent <= 21 {
            return digits + String(repeating: "0", count: exponent - count)
        }
        if 0 < exponent, exponent <= 21 {
            return digits.prefix(exponent) + "." + digits.dropFirst(exponent)
        }
        if -6 < exponent, exponent <= 0 {
            return "0." + String(repeating: "0", count: -exponent) + digits
        }
        let power = exponent - 1
        let mantissa = count == 1 ? digits : digits.prefix(1) + "." + digits.dropFirst(1)
        return mantissa + "e" + (power < 0 ? "-" : "+") + String(abs(power))
    }

    /// The shortest decimal digits that read back as `value`, and the decimal exponent. Swift's own description is
    /// shortest and closest (SE-0112's successor, Errol/SwiftDtoa), only laid out otherwise.
    private static func shortest(_ value: Double) -> (digits: String, exponent: Int) {
        let description = value.description
        let parts = description.split(separator: "e", maxSplits: 1)
        let power = parts.count == 2 ? Int(parts[1]) ?? 0 : 0
        let halves = parts[0].split(separator: ".", maxSplits: 1)
        let whole = halves[0]
        let fraction = halves.count == 2 ? halves[1] : ""
        var digits = String(whole + fraction)
        var exponent = whole.count + power
        while digits.hasPrefix("0") {
            digits.removeFirst()
            exponent -= 1
        }
        while digits.hasSuffix("0") { digits.removeLast() }
        return (digits, exponent)
    }
}
