internal import SwarmContracts

extension TreeEntry {
    /// The byte for the kind: 1 file, 2 executable file, 3 directory, 4 symbolic link; with 0x80 added, a file of several
    /// names.
    var kind: UInt8 {
        switch self {
        case .file(_, let facts): (facts.isExecutable ? 2 : 1) | (facts.link == nil ? 0 : 0x80)
        case .directory: 3
        case .symbolicLink: 4
        }
    }
}

extension Directory {
    private static let version: UInt8 = 1
    /// The largest directory object that is read: 1 GiB.
    static let largest = 1 << 30

    /// The binary form, the plaintext of a directory object. Numbers are big-endian. Version 1 (1 byte), number of entries
    /// (4), then for each entry in the byte order of the names: kind (1), length of the name (2), the name, and
    /// - of a file: its link mark (32) where kind has 0x80, then its content;
    /// - of a directory: 1 where a file in or below it has several names, else 0 (1), then its tree reference;
    /// - of a symbolic link: length of the target (2), the target.
    package func encode() -> [UInt8] {
        var bytes: [UInt8] = [Directory.version]
        bytes.reserveCapacity(5 + items.count * 192)
        bytes.append(bigEndian: UInt32(items.count))
        for item in items {
            bytes.append(item.entry.kind)
            bytes.append(bigEndian: UInt16(item.name.count))
            bytes += item.name
            switch item.entry {
            case .file(let content, let facts):
                if let link = facts.link { bytes += link.bytes }
                content.encode(into: &bytes)
            case .directory(let reference, let hasLinks):
                bytes.append(hasLinks ? 1 : 0)
                reference.encode(into: &bytes)
            case .symbolicLink(let target):
                bytes.append(bigEndian: UInt16(target.count))
                bytes += target
            }
        }
        return bytes
    }

    /// Reads the binary form. Throws `malformed` for anything that `encode` does not write: an unknown version or kind, names
    /// out of order or that are no file names, bytes behind the last entry.
    package init(decoding bytes: [UInt8]) throws(SnapshotFailure) {
        var decoder = ContentDecoder(bytes)
        guard try decoder.byte() == Directory.version else {
            throw decoder.malformed("the version of a directory object")
        }
        let count = Int(try decoder.u32())
        // Seven bytes are the least that an entry takes.
        guard count <= decoder.remaining / 7 else {
            throw decoder.malformed("the number of entries of a directory object")
        }
        var items: [Item] = []
        items.reserveCapacity(count)
        for _ in 0..<count {
            let kind = try decoder.byte()
            let name = try decoder.take(try decoder.u16())
            guard Directory.isName(name), items.last.map({ $0.name.precedes(name) }) ?? true else {
                throw decoder.malformed("a name in a directory object")
            }
            items.append(Item(name: name, entry: try Directory.entry(kind, &decoder)))
        }
        try decoder.finish()
        self.init(sorted: items)
    }

    private static func entry(_ kind: UInt8, _ decoder: inout ContentDecoder) throws(SnapshotFailure) -> TreeEntry {
        switch kind {
        case 1, 2, 0x81, 0x82:
            let link = kind & 0x80 == 0 ? nil : try decoder.digest()
            return .file(try Content(from: &decoder), FileFacts(isExecutable: kind & 0x7f == 2, link: link))
        case 3:
            let hasLinks = try decoder.byte()
            guard hasLinks <= 1 else { throw decoder.malformed("a flag in a directory object") }
            return .directory(try TreeReference(from: &decoder), hasLinks: hasLinks == 1)
        case 4:
            let target = try decoder.take(try decoder.u16())
            guard isTarget(target) else { throw decoder.malformed("the target of a link in a directory object") }
            return .symbolicLink(target)
        default: throw decoder.malformed("a kind of entry in a directory object")
        }
    }
}

extension ContentReader {
    /// Reads a directory object and checks that its facts are those of the reference; with `checksFrames` also that its
    /// chunks have the hashes in their references.
    package func directory(_ reference: TreeReference, checksFrames: Bool = false) throws -> Directory {
        let bytes = try bytes(of: reference.content, limit: Directory.largest, checksFrames: checksFrames)
        let directory = try Directory(decoding: bytes)
        guard directory.t == reference.t else {
            throw SnapshotFailure.contentWrong(path: nil, reason: "a directory object is not the one in its reference")
        }
        return directory
    }
}
