internal import SwarmContracts
internal import SwarmSnapshot

/// The commit at the git HEAD inside a node's tree, read from git's own files.
enum GitHead {
    private static let largest = 1 << 20

    /// 40 hexadecimal digits; nil without git, without a commit, or where the files are not as git writes them.
    static func commit(in tree: TreeReference, reader: ContentReader) -> String? {
        guard let head = text(".git/HEAD", tree, reader) else { return nil }
        guard head.hasPrefix("ref: ") else { return hash(head) }
        let name = head.dropFirst(5).trimmed
        guard name.hasPrefix("refs/"), !name.split(separator: "/").contains("..") else { return nil }
        if let loose = text(".git/" + name, tree, reader) { return hash(loose) }
        guard let packed = text(".git/packed-refs", tree, reader) else { return nil }
        for line in packed.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2, words[1] == name { return hash(words[0]) }
        }
        return nil
    }

    private static func text(_ path: String, _ tree: TreeReference, _ reader: ContentReader) -> String? {
        guard let entry = try? TreeWalk.entry(at: Array(path.utf8), in: tree, reader: reader),
            case .file(let content, _) = entry, content.size <= UInt64(largest),
            let bytes = try? reader.bytes(of: content, limit: largest)
        else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hash(_ text: some StringProtocol) -> String? {
        let digits = text.trimmed
        return digits.utf8.count == 40 && Hex.decode(digits) != nil ? digits : nil
    }
}

extension StringProtocol {
    /// Without the white space at both ends.
    var trimmed: String {
        var rest = self[...]
        while let last = rest.last, last.isWhitespace { rest.removeLast() }
        while let first = rest.first, first.isWhitespace { rest.removeFirst() }
        return String(rest)
    }
}
