/// File names as text: what is not UTF-8 or not printable is escaped, so that one path is one line.
enum PathText {
    static func shown(_ path: String) -> String { shown(Array(path.utf8)) }

    static func shown(_ path: [UInt8]) -> String {
        guard let text = String(validating: path, as: UTF8.self),
            !text.unicodeScalars.contains(where: { $0.value < 32 || $0.value == 127 })
        else { return quoted(path) }
        return text
    }

    private static func quoted(_ path: [UInt8]) -> String {
        var text = "\""
        for byte in path {
            switch byte {
            case 10: text += "\\n"
            case 9: text += "\\t"
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): text += "\\" + String(UnicodeScalar(byte))
            case 32..<127: text += String(UnicodeScalar(byte))
            default:
                let octal = String(byte, radix: 8)
                text += "\\" + String(repeating: "0", count: 3 - octal.count) + octal
            }
        }
        return text + "\""
    }
}

/// Text that a step wrote, as it may stand on a line of a terminal.
enum PlainText {
    /// One line: control characters are written as escapes, so that none of them reaches a terminal.
    static func line(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        var plain = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": plain += "\\n"
            case "\t": plain += "\\t"
            case "\r": plain += "\\r"
            case _ where isControl(scalar): plain += "\\u{\(String(scalar.value, radix: 16))}"
            default: plain.unicodeScalars.append(scalar)
            }
        }
        return plain
    }

    /// Lines: every control byte but a tab and the end of a line in caret notation (`^[` for escape), as `less` shows it.
    static func lines(_ bytes: [UInt8]) -> [UInt8] {
        var plain: [UInt8] = []
        plain.reserveCapacity(bytes.count)
        for byte in bytes {
            if byte < 32 && byte != 9 && byte != 10 || byte == 127 {
                plain += [UInt8(ascii: "^"), byte ^ 64]
            } else {
                plain.append(byte)
            }
        }
        return plain
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory == .control || scalar.value == 0x2028 || scalar.value == 0x2029
    }
}
