/// When the files of a tree were last modified. It stands beside the tree and enters no hash.
package struct ModificationTimes: Sendable, Equatable {
    /// What an entry without a time gets: 1970-01-01T00:00:01Z, in nanoseconds.
    package static let fixed: Int64 = 1_000_000_000

    private static let version: UInt8 = 1

    struct Entry: Sendable, Equatable {
        let path: [UInt8]
        let nanoseconds: Int64
    }

    /// In the byte order of the paths.
    let entries: [Entry]

    init(_ entries: [Entry]) { self.entries = entries.sorted { $0.path.precedes($1.path) } }

    /// Nanoseconds since 1970-01-01T00:00:00Z, or nil where the path has no time of its own.
    package func time(of path: [UInt8]) -> Int64? {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].path.precedes(path) { low = middle + 1 } else { high = middle }
        }
        return low < entries.count && entries[low].path == path ? entries[low].nanoseconds : nil
    }

    /// The same with what stood at and below `gone` left out, and then `new` in place of what has the same path.
    func replacing(_ gone: Set<[UInt8]>, with new: [Entry]) -> ModificationTimes {
        if gone.isEmpty, new.isEmpty { return self }
        let replaced = Set(new.map(\.path))
        let kept = entries.filter { entry in
            if replaced.contains(entry.path) || gone.contains(entry.path) { return false }
            guard !gone.isEmpty else { return true }
            return !entry.path.indices.contains { entry.path[$0] == 0x2f && gone.contains(Array(entry.path[..<$0])) }
        }
        return ModificationTimes(kept + new)
    }

    /// The binary form, numbers big-endian. Version 1 (1 byte), number of entries (4), then for each in the byte order of the
    /// paths: how many bytes of the path are those of the one before (2), length of the rest (2), the rest, and nanoseconds
    /// since 1970 as a signed number (8).
    package func encode() -> [UInt8] {
        var bytes: [UInt8] = [ModificationTimes.version]
        bytes.append(bigEndian: UInt32(entries.count))
        var last: [UInt8] = []
        for entry in entries {
            let shared = min(zip(last, entry.path).prefix { $0 == $1 }.count, Int(UInt16.max))
            bytes.append(bigEndian: UInt16(shared))
            bytes.append(bigEndian: UInt16(entry.path.count - shared))
            bytes += entry.path[shared...]
            bytes.append(bigEndian: entry.nanoseconds)
            last = entry.path
        }
        return bytes
    }

    /// Reads the binary form. Throws `malformed` where paths are out of order or bytes are left.
    package init(decoding bytes: [UInt8]) throws(SnapshotFailure) {
        var decoder = ContentDecoder(bytes)
        guard try decoder.byte() == ModificationTimes.version else {
            throw decoder.malformed("the version of a list of times")
        }
        let count = Int(try decoder.u32())
        guard count <= decoder.remaining / 12 else { throw decoder.malformed("the number of times") }
        var entries: [Entry] = []
        entries.reserveCapacity(count)
        for _ in 0..<count {
            let shared = try decoder.u16()
            let rest = try decoder.slice(try decoder.u16())
            let last = entries.last?.path ?? []
            guard shared <= last.count else { throw decoder.malformed("a path in a list of times") }
            let path = Array(last[..<shared]) + rest
            guard entries.isEmpty || last.precedes(path) else {
                throw decoder.malformed("the order of a list of times")
            }
            entries.append(Entry(path: path, nanoseconds: Int64(bitPattern: try decoder.u64())))
        }
        try decoder.finish()
        self.entries = entries
    }
}
