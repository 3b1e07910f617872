internal import SwarmCapability
package import SwarmContracts
internal import SwarmPlatform
package import SwarmSnapshot
package import SwarmState

/// New content on its way into the store: chunks gather in packs, which count from the moment the index names them.
///
/// From the first look at what the store has to the index transaction nothing may be collected: `end` says that both are
/// over, and is called by whoever commits.
final class WriteSession {
    let writer: ContentWriter
    private let packs: PackWriter
    private let permit: WritePermit

    init(_ store: Store, _ temporary: TemporaryFolder) throws {
        permit = try WritePermit(store)
        packs = try PackWriter(folder: store.layout.packs, temporary: temporary.path)
        writer = ContentWriter(
            secret: store.contentSecret,
            index: store.index,
            packs: packs
        )
    }

    /// Stores bytes.
    func write(_ bytes: [UInt8]) throws -> Content { try writer.write(bytes) }

    /// Stores a file that swarm itself made.
    func write(file: String) throws -> Content { try writer.write(file: file) }

    /// A directory without entries.
    func emptyTree() throws -> TreeReference { try writer.write(directory: Directory()) }

    /// Syncs and names what was written; the rows for the index.
    func finish() throws -> [FinishedPack] { try packs.finish() }

    /// Forgets what was written.
    func abandon() { packs.abandon() }

    /// Lets collectors go on: what was written is in the index, or will never be.
    func end() { permit.release() }
}

/// The index as the content store sees it.
extension Index: ChunkIndex {
    package func location(of name: Digest256) throws -> PackLocation? {
        guard let found: ChunkLocation = try locate(name) else { return nil }
        return PackLocation(pack: found.pack, offset: found.offset, length: found.length)
    }

    package func names(upTo limit: Int) throws -> Set<Digest256>? {
        let found = try chunks(after: nil, limit: limit + 1)
        return found.count > limit ? nil : Set(found.map(\.name))
    }

    package func holds(all names: [Digest256]) throws -> Bool { try has(names) }

    package func locations(of names: [Digest256]) throws -> [Digest256: PackLocation] {
        let found: [Digest256: ChunkLocation] = try locate(names)
        return found.mapValues { PackLocation(pack: $0.pack, offset: $0.offset, length: $0.length) }
    }
}
