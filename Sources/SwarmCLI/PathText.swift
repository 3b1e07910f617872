/// File names as text: what is not UTF-8 or not printable is escaped, so that one path is one line.
enum PathText {
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
