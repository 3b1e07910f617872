package import SwarmContracts

/// The entries of one directory, in the byte order of their names.
package struct Directory: Sendable {
    /// A name and what stands under it.
    package struct Item: Sendable {
        package let name: [UInt8]
        package let entry: TreeEntry

        package init(name: [UInt8], entry: TreeEntry) { (self.name, self.entry) = (name, entry) }
    }

    /// Sorted by name, each name once.
    package let items: [Item]

    /// A directory without entries.
    package init() { items = [] }

    /// Takes entries in any order. Throws `malformed` for a name that occurs twice, is empty, `.`, `..`, longer than 255
    /// bytes, or holds a slash or a zero byte, and for a link target that cannot be one.
    package init(_ entries: [Item]) throws(SnapshotFailure) {
        items = entries.sorted { $0.name.precedes($1.name) }
        for (position, item) in items.enumerated() {
            guard Directory.isName(item.name), position == 0 || items[position - 1].name != item.name else {
                throw .malformed("the name \(shown(item.name)) in a directory")
            }
            if case .symbolicLink(let target) = item.entry, !Directory.isTarget(target) {
                throw .malformed("the target of the link \(shown(item.name))")
            }
        }
    }

    init(sorted items: [Item]) { self.items = items }

    static func isName(_ name: [UInt8]) -> Bool {
        (1...255).contains(name.count) && name != [0x2e] && name != [0x2e, 0x2e]
            && !name.contains { $0 == 0 || $0 == 0x2f }
    }

    static func isTarget(_ target: [UInt8]) -> Bool { (1...4095).contains(target.count) && !target.contains(0) }

    /// What stands under a name.
    package subscript(name: [UInt8]) -> TreeEntry? {
        var (low, high) = (0, items.count)
        while low < high {
            let middle = (low + high) / 2
            if items[middle].name.precedes(name) { low = middle + 1 } else { high = middle }
        }
        return low < items.count && items[low].name == name ? items[low].entry : nil
    }

    /// Whether a file in or below the directory has several names.
    package var hasLinks: Bool { items.contains { $0.entry.hasLinks } }

    /// The Merkle hash of the plaintext facts of everything below: no keys, chunk names or boundaries enter it. SHA-256 of
    /// `"swarm/v1/tree"`, a zero byte, the number of entries (4 bytes), then for each entry: kind (1 byte, as in the binary
    /// form), length of the name (2), the name, and
    /// - of a file: size (8), SHA-256 of its bytes (32), and its link mark (32) where it has one;
    /// - of a directory: its own t (32);
    /// - of a symbolic link: length of the target (2), the target.
    package var t: Digest256 {
        var bytes = Array("swarm/v1/tree\0".utf8)
        bytes.append(bigEndian: UInt32(items.count))
        for item in items {
            bytes.append(item.entry.kind)
            bytes.append(bigEndian: UInt16(item.name.count))
            bytes += item.name
            switch item.entry {
            case .file(let content, let facts):
                bytes.append(bigEndian: content.size)
                bytes += content.sha256.bytes
                if let link = facts.link { bytes += link.bytes }
            case .directory(let reference, _): bytes += reference.t.bytes
            case .symbolicLink(let target):
                bytes.append(bigEndian: UInt16(target.count))
                bytes += target
            }
        }
        return Digest256.sha256(of: bytes)
    }
}
