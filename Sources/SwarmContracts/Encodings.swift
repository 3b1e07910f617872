/// Lower-case hexadecimal (RFC 4648, section 8, in lower case).
package enum Hex {
    private static let digits = Array("0123456789abcdef".utf8)

    /// Two lower-case digits a byte.
    package static func encode(_ bytes: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.underestimatedCount * 2)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes, or nil where the text is of odd length or holds anything but `0-9a-f`.
    package static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count / 2)
        var high: UInt8?
        for character in text.utf8 {
            let nibble: UInt8
            switch character {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): nibble = character - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): nibble = character - UInt8(ascii: "a") + 10
            default: return nil
            }
            if let first = high {
                bytes.append(first << 4 | nibble)
                high = nil
            } else {
                high = nibble
            }
        }
        return high == nil ? bytes : nil
    }
}

/// Base64 in its standard and URL-safe alphabets (RFC 4648, sections 4 and 5), strict on read.
package enum Base64 {
    /// Which alphabet, and whether `=` fills the last group.
    package enum Form: Sendable {
        /// `+` and `/`, padded.
        case standard
        /// `-` and `_`, without padding, as JOSE has it (RFC 7515, section 2).
        case url
    }

    private static let common = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)

    private static func alphabet(_ form: Form) -> [UInt8] {
        switch form {
        case .standard: common + Array("+/".utf8)
        case .url: common + Array("-_".utf8)
        }
    }

    private static let standardValues = values(.standard)
    private static let urlValues = values(.url)

    private static func values(_ form: Form) -> [UInt8] {
        var table = [UInt8](repeating: 0xff, count: 256)
        for (value, character) in alphabet(form).enumerated() { table[Int(character)] = UInt8(value) }
        return table
    }

    /// The text of the bytes.
    package static func encode(_ bytes: some Collection<UInt8>, _ form: Form) -> String {
        let alphabet = alphabet(form)
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        var buffer: UInt32 = 0
        var bits = 0
        for byte in bytes {
            buffer = buffer << 8 | UInt32(byte)
            bits += 8
            while bits >= 6 {
                bits -= 6
                text.append(alphabet[Int(buffer >> UInt32(bits) & 63)])
            }
        }
        if bits > 0 { text.append(alphabet[Int(buffer << UInt32(6 - bits) & 63)]) }
        if form == .standard {
            while text.count % 4 != 0 { text.append(UInt8(ascii: "=")) }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes, or nil for a foreign character, wrong padding, an impossible length or non-zero trailing bits: one
    /// value has one text.
    package static func decode(_ text: some StringProtocol, _ form: Form) -> [UInt8]? {
        var characters = Array(text.utf8)
        if form == .standard {
            guard characters.count % 4 == 0 else { return nil }
            for _ in 0..<2 where characters.last == UInt8(ascii: "=") { characters.removeLast() }
        }
        guard characters.count % 4 != 1 else { return nil }
        let table = form == .standard ? standardValues : urlValues
        var bytes: [UInt8] = []
        bytes.reserveCapacity(characters.count * 3 / 4)
        var buffer: UInt32 = 0
        var bits = 0
        for character in characters {
            let value = table[Int(character)]
            guard value != 0xff else { return nil }
            buffer = buffer << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: buffer >> UInt32(bits)))
            }
        }
        guard buffer & (1 << UInt32(bits) - 1) == 0 else { return nil }
        return bytes
    }
}
