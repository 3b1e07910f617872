/// The rules of one ignore file, in gitignore's syntax and meaning (gitignore(5)): the last rule that fits decides, `!`
/// keeps what an earlier rule ignored, and nothing under an ignored folder can be kept.
package struct IgnoreRules: Sendable {
    private let rules: [IgnoreRule]

    /// No rules: nothing is ignored.
    package init() { rules = [] }

    /// Reads the bytes of an ignore file. Every file is valid: a line that can match nothing is passed over, as git does.
    package init(parsing file: [UInt8]) {
        let mark: [UInt8] = [0xef, 0xbb, 0xbf]
        let text = file.starts(with: mark) ? file[3...] : file[...]
        rules = text.split(separator: UInt8(ascii: "\n")).compactMap { line in
            let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
            return IgnoreRule(line: line.prefix { $0 != 0 })
        }
    }

    /// Whether there is nothing to ask.
    package var isEmpty: Bool { rules.isEmpty }

    /// Whether the path is ignored, by a rule of its own or because a folder above it is.
    ///
    /// The path is relative to the folder of the ignore file, its parts are divided by slashes, and no slash stands at
    /// either end.
    package func ignores(path: [UInt8], isDirectory: Bool) -> Bool {
        if isEmpty { return false }
        for place in path.indices where path[place] == UInt8(ascii: "/") {
            if decide(path[..<place], isDirectory: true) { return true }
        }
        return decide(path[...], isDirectory: isDirectory)
    }

    /// The same for a walk that did not enter ignored folders: looks at the path alone, not at the folders above it.
    package func ignoresEntry(path: [UInt8], isDirectory: Bool) -> Bool {
        decide(path[...], isDirectory: isDirectory)
    }

    private func decide(_ path: ArraySlice<UInt8>, isDirectory: Bool) -> Bool {
        guard let rule = rules.last(where: { $0.matches(path, isDirectory: isDirectory) }) else { return false }
        return !rule.keeps
    }
}
