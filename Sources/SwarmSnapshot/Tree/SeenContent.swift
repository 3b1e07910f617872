internal import SwarmContracts
internal import Synchronization

/// What was looked at already, in memory of fixed size. Of what no longer has room it forgets something older: that is then
/// looked at once more. Any thread may ask.
final class SeenContent: Sendable {
    private struct Entry: Equatable {
        var one: UInt64 = 0
        var two: UInt64 = 0
    }

    /// Entries at the most: 16 bytes each, 32 MiB together.
    private static let most = 1 << 21

    private struct Table {
        var entries: [Entry]
        var count = 0
    }

    private let table: Mutex<Table>
    private let mask: Int

    /// Room for about `count`.
    init(expecting count: Int) {
        var size = 1 << 12
        while size < SeenContent.most, size < 2 * count { size *= 2 }
        table = Mutex(Table(entries: Array(repeating: Entry(), count: size)))
        mask = size - 1
    }

    /// How often `insert` has answered true.
    var count: Int { table.withLock { $0.count } }

    private static func entry(_ identity: Digest256) -> Entry {
        withUnsafeBytes(of: identity) { bytes in
            Entry(
                one: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self),
                two: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
            )
        }
    }

    /// Places from the one that a name points to; where all are taken, the first is given up.
    private static let places = 16

    /// Whether it is known. What was forgotten is not.
    func has(_ identity: Digest256) -> Bool {
        let entry = SeenContent.entry(identity)
        return table.withLock { table in
            let start = Int(truncatingIfNeeded: entry.two) & mask
            return (0..<SeenContent.places).contains { table.entries[(start + $0) & mask] == entry }
        }
    }

    /// Remembers it; true where it was not known.
    @discardableResult
    func insert(_ identity: Digest256) -> Bool {
        let entry = SeenContent.entry(identity)
        return table.withLock { table in
            let start = Int(truncatingIfNeeded: entry.two) & mask
            for step in 0..<SeenContent.places {
                let place = (start + step) & mask
                if table.entries[place] == entry { return false }
                if table.entries[place] == Entry() {
                    table.entries[place] = entry
                    table.count += 1
                    return true
                }
            }
            table.entries[start] = entry
            table.count += 1
            return true
        }
    }
}

extension Content {
    /// Tells references apart that say anything else, and a directory object from a file with the same bytes.
    func identity(isDirectory: Bool) -> Digest256 {
        var hasher = Digest256.Hasher()
        hasher.update([isDirectory ? 1 : 0])
        hasher.update(sha256.bytes)
        for part in parts { hasher.update(part.name.bytes) }
        return hasher.finish()
    }
}
