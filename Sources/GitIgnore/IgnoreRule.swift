/// One line of an ignore file.
struct IgnoreRule: Sendable {
    /// The line began with `!`: what it matches is kept after all.
    let keeps: Bool
    private let foldersOnly: Bool
    // Without a slash inside, the pattern is held against the last name of a path alone.
    private let wholePath: Bool
    // What stands before the first special byte is compared as it is. That is more than haste: git does so, and two stars
    // right after it count as standing at the start of a part.
    private let literal: [UInt8]
    private let glob: Glob?

    /// Nil for blank lines, comments, and patterns that can match nothing.
    init?(line: ArraySlice<UInt8>) {
        guard line.first != UInt8(ascii: "#") else { return nil }
        var pattern = IgnoreRule.withoutTrailingSpaces(line)
        keeps = pattern.first == UInt8(ascii: "!")
        if keeps { pattern = pattern.dropFirst() }
        foldersOnly = pattern.last == UInt8(ascii: "/")
        if foldersOnly { pattern = pattern.dropLast() }
        wholePath = pattern.contains(UInt8(ascii: "/"))
        if pattern.first == UInt8(ascii: "/") { pattern = pattern.dropFirst() }
        guard !pattern.isEmpty else { return nil }
        literal = Array(pattern.prefix { !IgnoreRule.special.contains($0) })
        let rest = pattern.dropFirst(literal.count)
        guard !rest.isEmpty else {
            glob = nil
            return
        }
        guard let ready = Glob(rest, slashes: wholePath) else { return nil }
        glob = ready
    }

    private static let special = Array("*?[\\".utf8)

    // Spaces at the end do not count unless a backslash stands before them.
    private static func withoutTrailingSpaces(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var end = line.startIndex
        var place = line.startIndex
        while place < line.endIndex {
            let byte = line[place]
            if byte == UInt8(ascii: "\\") {
                guard place + 1 < line.endIndex else { return line }
                place += 1
            }
            place += 1
            if byte != UInt8(ascii: " ") { end = place }
        }
        return line[..<end]
    }

    /// Whether the pattern fits this path, which has no slash at either end.
    func matches(_ path: ArraySlice<UInt8>, isDirectory: Bool) -> Bool {
        if foldersOnly, !isDirectory { return false }
        let name = path.lastIndex(of: UInt8(ascii: "/")).map { path[($0 + 1)...] } ?? path
        let text = wholePath ? path : name
        guard text.starts(with: literal) else { return false }
        let rest = text.dropFirst(literal.count)
        return glob?.matches(rest) ?? rest.isEmpty
    }
}
