/// Equality of text byte by byte. `String.==` also equates canonically equivalent spellings, which are different
/// identities.
func sameBytes(_ left: String, _ right: String) -> Bool {
    left.utf8.elementsEqual(right.utf8)
}

/// Bytes in the text encodings of the Sigstore formats.
enum TextEncoding {
    private static let base64Alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let hexAlphabet = Array("0123456789abcdef".utf8)
    private static let base64Values: [UInt8] = {
        var values = [UInt8](repeating: 0xff, count: 256)
        for (value, character) in base64Alphabet.enumerated() { values[Int(character)] = UInt8(value) }
        return values
    }()

    /// The bytes of a standard base64 text (RFC 4648 section 4) with padding and zero trailing bits; nil for anything
    /// else. One text for one value: what is compared as text elsewhere cannot be respelled.
    static func base64Decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        guard text.count.isMultiple(of: 4) else { return nil }
        var output: [UInt8] = []
        output.reserveCapacity(text.count / 4 * 3)
        var group: UInt32 = 0
        var inGroup = 0
        var padding = 0
        for character in text {
            if character == 0x3d {
                padding += 1
                group <<= 6
            } else {
                let value = base64Values[Int(character)]
                guard value != 0xff, padding == 0 else { return nil }
                group = group << 6 | UInt32(value)
            }
            inGroup += 1
            guard inGroup == 4 else { continue }
            guard padding <= 2 else { return nil }
            if padding >= 1, group & 0xff != 0 { return nil }
            if padding == 2, group & 0xffff != 0 { return nil }
            output.append(UInt8(truncatingIfNeeded: group >> 16))
            if padding < 2 { output.append(UInt8(truncatingIfNeeded: group >> 8)) }
            if padding < 1 { output.append(UInt8(truncatingIfNeeded: group)) }
            group = 0
            inGroup = 0
        }
        return output
    }

    /// The standard base64 text with padding (RFC 4648 section 4).
    static func base64Encode(_ bytes: some Collection<UInt8>) -> String {
        var output: [UInt8] = []
        output.reserveCapacity((bytes.count + 2) / 3 * 4)
        var group: UInt32 = 0
        var inGroup = 0
        for byte in bytes {
            group = group << 8 | UInt32(byte)
            inGroup += 1
            guard inGroup == 3 else { continue }
            for shift in [18, 12, 6, 0] { output.append(base64Alphabet[Int(group >> UInt32(shift)) & 63]) }
            group = 0
            inGroup = 0
        }
        if inGroup > 0 {
            group <<= UInt32(8 * (3 - inGroup))
            for position in 0..<4 {
                output.append(position <= inGroup ? base64Alphabet[Int(group >> UInt32(18 - 6 * position)) & 63] : 0x3d)
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// The bytes of a hexadecimal text in either letter case; nil for anything else.
    static func hexDecode(_ text: String) -> [UInt8]? {
        guard text.utf8.count.isMultiple(of: 2) else { return nil }
        var output: [UInt8] = []
        output.reserveCapacity(text.utf8.count / 2)
        var high: UInt8?
        for character in text.utf8 {
            let value: UInt8
            switch character {
            case 0x30...0x39: value = character - 0x30
            case 0x61...0x66: value = character - 0x61 + 10
            case 0x41...0x46: value = character - 0x41 + 10
            default: return nil
            }
            if let first = high {
                output.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return output
    }

    /// The hexadecimal text in lower case.
    static func hexEncode(_ bytes: some Sequence<UInt8>) -> String {
        String(decoding: bytes.flatMap { [hexAlphabet[Int($0 >> 4)], hexAlphabet[Int($0 & 15)]] }, as: UTF8.self)
    }
}

/// One block of textual encoding (RFC 7468).
struct PEMBlock {
    let label: String
    let bytes: [UInt8]

    /// The single block of a text; nil where there is none, more than one, text around it, or a text above 64 KiB.
    init?(_ text: some Collection<UInt8>) {
        guard text.count <= 1 << 16 else { return nil }
        let lines = text.split { $0 == 0x0a || $0 == 0x0d }
            .map { line in Array(line.reversed().drop { $0 == 0x20 || $0 == 0x09 }.reversed()) }
            .filter { !$0.isEmpty }
        guard let first = lines.first, let last = lines.last, lines.count >= 3,
            let label = Self.label(first, "-----BEGIN "), let endLabel = Self.label(last, "-----END "),
            label == endLabel, let bytes = TextEncoding.base64Decode(lines.dropFirst().dropLast().flatMap { $0 })
        else { return nil }
        self.label = label
        self.bytes = bytes
    }

    private static func label(_ line: [UInt8], _ prefix: String) -> String? {
        guard line.allSatisfy({ $0 < 0x80 }) else { return nil }
        let text = String(decoding: line, as: UTF8.self)
        guard text.hasPrefix(prefix), text.hasSuffix("-----"), text.utf8.count >= prefix.utf8.count + 5 else {
            return nil
        }
        return String(text.dropFirst(prefix.count).dropLast(5))
    }
}
