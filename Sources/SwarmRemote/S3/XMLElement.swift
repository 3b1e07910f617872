/// One element of an S3 answer: XML 1.0 as these services write it, without DTDs and with character data and the five
/// predefined entities alone. Namespaces and attributes are passed over.
struct XMLElement: Equatable {
    let name: String
    private(set) var text = ""
    private(set) var children: [XMLElement] = []

    /// Elements within each other, at most.
    private static let deepest = 16

    private init(name: String) { self.name = name }

    /// The text of the first child of that name.
    subscript(name: String) -> String? { children.first { $0.name == name }?.text }

    /// All children of that name.
    func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }

    /// Reads a document; nil for bytes that are none, or more deeply nested than any answer.
    init?(_ bytes: [UInt8]) {
        guard let whole = String(validating: bytes, as: UTF8.self) else { return nil }
        var open: [XMLElement] = []
        var rest = Substring(whole)
        if rest.hasPrefix("\u{feff}") { rest.removeFirst() }
        while let start = rest.firstIndex(of: "<") {
            guard let text = XMLElement.decoded(rest[..<start]) else { return nil }
            if open.isEmpty {
                guard text.allSatisfy(\.isWhitespace) else { return nil }
            } else {
                open[open.count - 1].text += text
            }
            rest = rest[rest.index(after: start)...]
            if rest.hasPrefix("!--") {
                guard let end = rest.firstRange(of: "-->") else { return nil }
                rest = rest[end.upperBound...]
                continue
            }
            guard !rest.hasPrefix("!"), let end = rest.firstIndex(of: ">") else { return nil }
            var tag = rest[..<end]
            rest = rest[rest.index(after: end)...]
            if tag.hasPrefix("?") { continue }
            if tag.hasPrefix("/") {
                guard let closed = open.popLast(), XMLElement.local(tag.dropFirst().trimmingEnd()) == closed.name
                else { return nil }
                if open.isEmpty {
                    guard rest.allSatisfy(\.isWhitespace) else { return nil }
                    self = closed
                    return
                }
                open[open.count - 1].children.append(closed)
                continue
            }
            let isEmpty = tag.hasSuffix("/")
            if isEmpty { tag.removeLast() }
            let name = tag.prefix { !$0.isWhitespace }
            guard !name.isEmpty, open.count < XMLElement.deepest else { return nil }
            let element = XMLElement(name: XMLElement.local(name))
            guard isEmpty else {
                open.append(element)
                continue
            }
            guard !open.isEmpty else {
                self = element
                return
            }
            open[open.count - 1].children.append(element)
        }
        return nil
    }

    /// A name without the prefix of its namespace.
    private static func local(_ name: Substring) -> String { String(name.split(separator: ":").last ?? name) }

    /// Text with its entities resolved; nil where one is unknown.
    private static func decoded(_ text: Substring) -> String? {
        guard text.contains("&") else { return String(text) }
        var decoded = ""
        var rest = text
        while let start = rest.firstIndex(of: "&") {
            decoded += rest[..<start]
            rest = rest[rest.index(after: start)...]
            guard let end = rest.firstIndex(of: ";") else { return nil }
            switch rest[..<end] {
            case "amp": decoded += "&"
            case "lt": decoded += "<"
            case "gt": decoded += ">"
            case "quot": decoded += "\""
            case "apos": decoded += "'"
            case let entity:
                guard entity.hasPrefix("#") else { return nil }
                let digits = entity.dropFirst()
                let number = digits.hasPrefix("x") ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
                guard let scalar = number.flatMap(Unicode.Scalar.init) else { return nil }
                decoded.unicodeScalars.append(scalar)
            }
            rest = rest[rest.index(after: end)...]
        }
        return decoded + rest
    }

    /// Text as it may stand between two tags.
    static func encoded(_ text: String) -> String {
        var encoded = ""
        for character in text {
            switch character {
            case "&": encoded += "&amp;"
            case "<": encoded += "&lt;"
            case ">": encoded += "&gt;"
            case "\"": encoded += "&quot;"
            default: encoded.append(character)
            }
        }
        return encoded
    }
}

extension Substring {
    fileprivate func trimmingEnd() -> Substring {
        var text = self
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return text
    }
}
