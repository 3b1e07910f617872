internal import SwarmContracts

/// A file of `[section]` and `name = value` lines, as AWS's tools write them.
struct SectionedFile {
    /// Names and values by section.
    private(set) var sections: [String: [String: String]] = [:]

    /// Throws exit 2 naming the file and the line, never what stands on it.
    init(_ text: String, file: String) throws {
        var section: String?
        for (number, raw) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let line = raw.hasSuffix("\r") ? raw.dropLast() : raw
            // What is indented belongs to a nested setting (`s3 =`), which is none of ours.
            if line.first == " " || line.first == "\t" { continue }
            let content = SectionedFile.trimmed(line)
            if content.isEmpty || content.hasPrefix("#") || content.hasPrefix(";") { continue }
            func malformed(_ what: String) -> RemoteFailure {
                .configuration(file: file, why: "line \(number + 1): \(what)")
            }
            if content.hasPrefix("[") {
                guard content.hasSuffix("]") else { throw malformed("a ']' was expected") }
                let name = SectionedFile.trimmed(content.dropFirst().dropLast())
                section = name.split(separator: " ").joined(separator: " ")
                sections[section ?? "", default: [:]] = sections[section ?? ""] ?? [:]
                continue
            }
            guard let equals = content.firstIndex(of: "=") else { throw malformed("'name = value' was expected") }
            guard let section else { throw malformed("a [section] was expected first") }
            let name = SectionedFile.trimmed(content[..<equals])
            sections[section, default: [:]][name] = SectionedFile.trimmed(content[content.index(after: equals)...])
        }
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        var text = Substring(text)
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return String(text)
    }
}
