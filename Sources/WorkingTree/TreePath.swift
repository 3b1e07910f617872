/// A path below the directory, checked: no part leads up, out or nowhere.
struct TreePath: Hashable, Sendable, Comparable {
    let bytes: [UInt8]

    /// Nil for an empty path, an absolute one, empty parts, `.`, `..`, a NUL, or a part of more than 255 bytes.
    init?(_ bytes: [UInt8]) {
        let parts = bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        for part in parts {
            if part.isEmpty || part.count > 255 || part.contains(0) || part == [46] || part == [46, 46] { return nil }
        }
        self.bytes = bytes
    }

    private init(checked bytes: ArraySlice<UInt8>) { self.bytes = Array(bytes) }

    var parts: [ArraySlice<UInt8>] { bytes.split(separator: UInt8(ascii: "/")) }

    /// The last part.
    var name: [UInt8] { Array(bytes[(bytes.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0)...]) }

    /// The folder above; nil directly below the directory itself.
    var parent: TreePath? {
        bytes.lastIndex(of: UInt8(ascii: "/")).map { TreePath(checked: bytes[..<$0]) }
    }

    func sibling(_ name: [UInt8]) -> TreePath {
        TreePath(checked: ((parent.map { $0.bytes + [UInt8(ascii: "/")] } ?? []) + name)[...])
    }

    func child(_ name: [UInt8]) -> TreePath { TreePath(checked: (bytes + [UInt8(ascii: "/")] + name)[...]) }

    /// Whether a part is git's, the store's, or a temporary of ours: no change may touch those.
    var isReserved: Bool {
        parts.contains { part in
            let lower = part.map { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0 ? $0 + 32 : $0 }
            return lower == Array(".git".utf8) || lower == Array(".swarm".utf8)
                || lower.starts(with: TemporaryName.prefix)
        }
    }

    /// Parents before what is in them.
    static func < (left: TreePath, right: TreePath) -> Bool {
        left.parts.lexicographicallyPrecedes(right.parts) { $0.lexicographicallyPrecedes($1) }
    }

    /// For a sentence: a stranger may have chosen the name, so nothing but letters reaches a terminal.
    static func show(_ bytes: [UInt8]) -> String {
        let text = String(decoding: bytes, as: UTF8.self)
        return String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7f || (0x80..<0xa0) ~= $0.value ? "?" : $0 }
            )
        )
    }
}
