internal import SwarmContracts
internal import SwarmPlatform
internal import SwarmRemote
internal import SwarmSnapshot
internal import SwarmState
internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// The chunks of a remote, as a reader of content takes them. What the store has itself is not asked for there.
///
/// A pack is fetched in windows that double with each miss, into a file that has no name any more: a few chunks of a pack cost
/// a few requests, and a whole pack hardly more.
final class RemoteChunks: SealedChunks {
    /// Packs of which something is kept on the disk.
    private static let mostSpools = 24

    private let remote: any RemoteStore
    private let catalog: RemoteCatalog
    private let index: Index
    private let folder: String
    private let spools = Mutex<[(pack: PackID, spool: Spool)]>([])
    private let transferred = Mutex<UInt64>(0)

    /// `folder` is a private one, for as long as this lives.
    init(_ remote: any RemoteStore, _ catalog: RemoteCatalog, _ index: Index, folder: String) {
        (self.remote, self.catalog, self.index, self.folder) = (remote, catalog, index, folder)
    }

    var file: String { remote.name }

    /// Bytes fetched so far.
    var bytes: UInt64 { transferred.withLock { $0 } }

    func sealedChunk(_ name: Digest256) throws -> [UInt8]? {
        if try index.locate(name) as ChunkLocation? != nil { return nil }
        guard let place = catalog.place(of: name) else { return nil }
        return try spool(place).read(place) { range in try self.fetch(place.pack, range) }
    }

    private func fetch(_ pack: PackID, _ range: Range<UInt64>) throws -> [UInt8] {
        guard let bytes = try remote.read(.pack(pack), range) else {
            throw SyncFailure.incomplete(remote: remote.name, what: "\(RemoteObject.pack(pack)) is gone")
        }
        guard bytes.count == range.count else {
            throw SyncFailure.untrusted(remote: remote.name, what: "\(RemoteObject.pack(pack)) is cut")
        }
        transferred.withLock { $0 += UInt64(bytes.count) }
        return bytes
    }

    private func spool(_ place: RemoteCatalog.Place) throws -> Spool {
        if let found = spools.withLock({ $0.first { $0.pack == place.pack }?.spool }) { return found }
        let spool = try Spool(in: folder, size: place.size)
        return spools.withLock { spools in
            if let other = spools.first(where: { $0.pack == place.pack })?.spool { return other }
            spools.append((place.pack, spool))
            if spools.count > RemoteChunks.mostSpools { spools.removeFirst() }
            return spool
        }
    }

    /// What has been fetched of one pack.
    private final class Spool: Sendable {
        private static let block: UInt64 = 256 << 10
        private static let widest: UInt64 = 8 << 20

        private let file: Descriptor
        private let size: UInt64
        private let state: Mutex<(blocks: [Bool], window: UInt64)>

        init(in folder: String, size: UInt64) throws {
            let path = folder + "/spool-" + Hex.encode(Randomness.bytes(6))
            file = try Descriptor.open(path, O_RDWR | O_CREAT | O_EXCL)
            unlink(path)
            self.size = size
            let count = Int((size + Spool.block - 1) / Spool.block)
            state = Mutex(([Bool](repeating: false, count: count), 2 * Spool.block))
        }

        func read(_ place: RemoteCatalog.Place, _ fetch: (Range<UInt64>) throws -> [UInt8]) throws -> [UInt8] {
            let end = place.offset + UInt64(place.length)
            guard place.length > 0, end <= size else {
                throw SnapshotFailure.packDamaged(file: RemoteObject.pack(place.pack).description, reason: "it is cut")
            }
            try state.withLock { state in
                var block = Int(place.offset / Spool.block)
                while UInt64(block) * Spool.block < end {
                    if state.blocks[block] {
                        block += 1
                        continue
                    }
                    let start = UInt64(block) * Spool.block
                    var next = block
                    while next < state.blocks.count, !state.blocks[next],
                        UInt64(next) * Spool.block < max(end, start + state.window)
                    {
                        next += 1
                    }
                    try write(fetch(start..<min(UInt64(next) * Spool.block, size)), at: start)
                    for fetched in block..<next { state.blocks[fetched] = true }
                    state.window = min(state.window * 2, Spool.widest)
                    block = next
                }
            }
            return try file.bytes(Int(place.length), at: place.offset)
        }

        private func write(_ bytes: [UInt8], at offset: UInt64) throws {
            guard lseek(file.number, off_t(offset), SEEK_SET) >= 0 else { throw SystemError.last("write", file.path) }
            try file.write(bytes)
        }
    }
}
