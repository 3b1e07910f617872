package import SwarmContracts

/// The name of a pack: SHA-256 of its header and table.
package typealias PackID = Digest256

/// Where a sealed chunk lies.
package struct PackLocation: Sendable, Equatable {
    package let pack: PackID
    /// From the beginning of the pack file.
    package let offset: UInt64
    package let length: UInt32

    package init(pack: PackID, offset: UInt64, length: UInt32) {
        (self.pack, self.offset, self.length) = (pack, offset, length)
    }
}

/// Knows in which pack each stored chunk lies. Any thread may ask.
package protocol ChunkIndex: AnyObject, Sendable {
    /// The place of a chunk; nil where the store does not hold it.
    func location(of name: Digest256) throws -> PackLocation?

    /// The places of those of the chunks that the store holds.
    func locations(of names: [Digest256]) throws -> [Digest256: PackLocation]

    /// The names of all chunks that the store holds, if they are `limit` at most; else nil.
    func names(upTo limit: Int) throws -> Set<Digest256>?

    /// Whether the store holds all of the chunks.
    func holds(all names: [Digest256]) throws -> Bool
}

extension ChunkIndex {
    package func holds(all names: [Digest256]) throws -> Bool { try locations(of: names).count == Set(names).count }

    package func names(upTo limit: Int) throws -> Set<Digest256>? { nil }

    package func locations(of names: [Digest256]) throws -> [Digest256: PackLocation] {
        var found: [Digest256: PackLocation] = [:]
        for name in names { found[name] = try location(of: name) }
        return found
    }
}
