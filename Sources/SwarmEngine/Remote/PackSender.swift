internal import SwarmContracts
internal import SwarmPlatform
internal import SwarmRemote
internal import SwarmSnapshot
internal import SwarmState

/// Parts that go into one pack of a remote.
struct OutgoingGroup: Sendable {
    /// What a pack is filled to, in bytes.
    static let target: UInt64 = 30 << 20

    private(set) var parts: [Part] = []
    private(set) var bytes: UInt64 = 0

    /// Groups of parts in the order in which they lie in this store's packs: they are read in one sweep, and the same parts
    /// make the same packs again, so that an upload that was cut can go on. Throws `missingChunk`.
    static func make(_ parts: [Part], index: Index) throws -> [OutgoingGroup] {
        let places: [Digest256: ChunkLocation] = try index.locate(parts.map(\.name))
        let located = try parts.map { part in
            guard let place = places[part.name] else {
                throw SnapshotFailure.missingChunk(name: part.name, path: nil)
            }
            return (part: part, place: place)
        }
        let sorted = located.sorted { left, right in
            (left.place.pack, left.place.offset) < (right.place.pack, right.place.offset)
        }
        var groups: [OutgoingGroup] = []
        for (part, place) in sorted {
            if groups.last.map({ $0.bytes >= target }) ?? true { groups.append(OutgoingGroup()) }
            groups[groups.count - 1].parts.append(part)
            groups[groups.count - 1].bytes += UInt64(place.length)
        }
        return groups
    }
}

/// Makes packs of parts and sends them. Any thread may use it.
struct PackSender: Sendable {
    let store: Store
    let remote: any RemoteStore
    let catalog: RemoteCatalog
    /// A private folder.
    let folder: String

    /// Opens every part, writes the pack, sends it, and removes what it wrote. Throws a `SnapshotFailure` for a part that is
    /// damaged here.
    func send(_ group: OutgoingGroup) throws {
        let place = folder + "/out-" + Hex.encode(Randomness.bytes(6))
        defer { FolderRemoval.remove(place) }
        let writer = try PackWriter(folder: place + "/packs", temporary: place)
        for part in group.parts { try writer.add(part.name, try store.reader.verifiedChunk(part)) }
        for pack in try writer.finish() {
            let size = try Descriptor.open(pack.path, 0).size()
            _ = try remote.put(.file(pack.path), at: .pack(pack.id))
            catalog.add(pack, size: size)
        }
    }
}
