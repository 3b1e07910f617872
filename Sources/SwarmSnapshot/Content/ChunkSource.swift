internal import SwarmCapability
package import SwarmContracts
internal import SwarmPlatform
internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Sealed chunks that lie elsewhere than in packs: in a bundle file.
package protocol SealedChunks: Sendable {
    /// The file they are in, for messages.
    var file: String { get }
    /// A sealed chunk, or nil where it is not here.
    func sealedChunk(_ name: Digest256) throws -> [UInt8]?
}

/// The plaintext of a chunk, where opening it has left it.
enum ChunkPlaintext: Sendable {
    case payload(ChunkPayload)
    case decompressed([UInt8])

    func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        switch self {
        case .payload(let payload): try payload.withUnsafeBytes(body)
        case .decompressed(let bytes): try bytes.withUnsafeBytes(body)
        }
    }
}

/// Fetches sealed chunks out of packs and opens them.
final class ChunkSource: Sendable {
    /// Packs that are kept open.
    private static let mostOpen = 64

    let packs: String
    let index: any ChunkIndex
    /// Chunks of packs that the index does not name yet.
    private let fresh: [Digest256: PackLocation]
    private let beside: (any SealedChunks)?
    private let ahead = PackReadAhead()
    private let open = Mutex<[PackID: Descriptor]>([:])
    private let decompressors = Pool { Decompressor() }
    private let rooms = Pool { Buffer(Int(ContentReader.mostTogether + ChunkBatch.largest)) }

    init(
        packs: String,
        index: any ChunkIndex,
        fresh: [Digest256: PackLocation] = [:],
        beside: (any SealedChunks)? = nil
    ) {
        (self.packs, self.index, self.fresh, self.beside) = (packs, index, fresh, beside)
    }

    func reading(from chunks: any SealedChunks) -> ChunkSource {
        ChunkSource(packs: packs, index: index, fresh: fresh, beside: chunks)
    }

    func adding(_ finished: [FinishedPack]) -> ChunkSource {
        var fresh = fresh
        for pack in finished {
            for entry in pack.entries {
                fresh[entry.name] = PackLocation(pack: pack.id, offset: entry.offset, length: entry.length)
            }
        }
        return ChunkSource(packs: packs, index: index, fresh: fresh, beside: beside)
    }

    private func location(of name: Digest256) throws -> PackLocation {
        if let place = fresh[name] { return place }
        guard let place = try index.location(of: name) else {
            throw SnapshotFailure.missingChunk(name: name, path: nil)
        }
        return place
    }

    /// A sealed chunk as it is stored, and the pack it was in.
    func sealed(_ name: Digest256) throws -> (bytes: [UInt8], pack: String) {
        if let beside, let bytes = try beside.sealedChunk(name) { return (bytes, beside.file) }
        let place = try location(of: name)
        let file: Descriptor
        do throws(SystemError) {
            file = try descriptor(place.pack)
        } catch {
            guard error.number == ENOENT else { throw error }
            // `gc` may have moved the chunk between the look-up and the open.
            let moved = try location(of: name)
            guard moved != place, let other = try? descriptor(moved.pack) else {
                throw damaged(place, "the pack is missing")
            }
            return (try read(other, moved), other.path)
        }
        return (try read(file, place), file.path)
    }

    private func damaged(_ place: PackLocation, _ reason: String) -> SnapshotFailure {
        damaged(PackFile.path(of: place.pack, in: packs), reason)
    }

    private func read(_ file: Descriptor, _ place: PackLocation) throws -> [UInt8] {
        let length = Int(place.length)
        guard length <= Chunker.maximum + ChunkSeal.overhead else {
            throw damaged(place, "the index names too long a chunk")
        }
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try file.bytes(length, at: place.offset)
        } catch { throw damaged(place, SystemError.text(error.number)) }
        guard bytes.count == length else { throw damaged(place, "the pack is cut") }
        return bytes
    }

    private func descriptor(_ pack: PackID) throws(SystemError) -> Descriptor {
        if let file = open.withLock({ $0[pack] }) { return file }
        let file = try Descriptor.open(PackFile.path(of: pack, in: packs), O_RDONLY | O_NOFOLLOW)
        open.withLock { open in
            // The one that goes is closed when whoever still reads from it is done.
            if open.count >= ChunkSource.mostOpen, let any = open.keys.first { open[any] = nil }
            open[pack] = file
        }
        return file
    }

    /// Chunks that will be wanted soon, fetched together.
    func batch(_ names: [Digest256]) -> ChunkBatch? {
        guard names.count > 1, beside == nil else { return nil }
        let old = names.filter { fresh[$0] == nil }
        guard var located = try? old.isEmpty ? [:] : index.locations(of: old) else { return nil }
        for name in names { if let place = fresh[name] { located[name] = place } }
        return ChunkBatch(located) { pack, room, offset in
            guard let file = try? descriptor(pack), (try? file.read(into: room, at: offset)) == room.count else {
                return nil
            }
            ahead.note(room.count, of: pack, file)
            return file.path
        }
    }

    /// The plaintext of a chunk, checked against its seal and size, and with `checksFrame` against `h`.
    func plaintext(_ part: Part, checksFrame: Bool) throws -> ChunkPlaintext {
        try opened(part, checksFrame: checksFrame).plain
    }

    /// The same, with the chunk as it is stored.
    func opened(_ part: Part, checksFrame: Bool) throws -> (plain: ChunkPlaintext, sealed: [UInt8]) {
        let (sealed, pack) = try sealed(part.name)
        let (codec, payload) = try sealed.withUnsafeBytes { try frame($0, part, pack: pack, checks: checksFrame) }
        switch codec {
        case .raw: return (.payload(payload), sealed)
        case .zstd:
            let size = Int(part.size)
            var isWhole = false
            let plain = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
                isWhole = decompress(payload, into: UnsafeMutableRawBufferPointer(buffer))
                count = isWhole ? size : 0
            }
            guard isWhole else { throw notDecompressed(pack) }
            return (.decompressed(plain), sealed)
        }
    }

    /// Puts the plaintext of a chunk, checked against its seal and size, into `room`, which is as long as the part's content.
    func open(_ part: Part, batch: ChunkBatch?, into room: UnsafeMutableRawBufferPointer) throws {
        func open(_ sealed: UnsafeRawBufferPointer, _ pack: String) throws {
            guard room.count == Int(part.size) else { throw wrongSize(pack) }
            let (codec, payload) = try frame(sealed, part, pack: pack, checks: false)
            switch codec {
            case .raw: payload.withUnsafeBytes { room.copyMemory(from: $0) }
            case .zstd: guard decompress(payload, into: room) else { throw notDecompressed(pack) }
            }
        }
        if try batch?.with(part.name, open) != nil { return }
        let (sealed, pack) = try sealed(part.name)
        try sealed.withUnsafeBytes { try open($0, pack) }
    }

    /// Lends memory for the plaintexts of small contents.
    func withRoom<R>(_ body: (UnsafeMutableRawBufferPointer) throws -> R) rethrows -> R {
        try rooms.with { try body($0.bytes) }
    }

    /// The codec and payload of a chunk whose seal holds. A raw payload has the size in the reference.
    private func frame(
        _ sealed: UnsafeRawBufferPointer,
        _ part: Part,
        pack: String,
        checks: Bool
    ) throws(SnapshotFailure) -> (ChunkCodec, ChunkPayload) {
        guard let (codec, payload) = try? ChunkSeal.open(sealed, part.key) else {
            throw damaged(pack, "its seal does not hold")
        }
        guard !checks || payload.withUnsafeBytes({ ContentSecret.frameHash(codec, $0) }) == part.h else {
            throw damaged(pack, "its hash is not the one in its reference")
        }
        guard codec == .zstd || payload.count == Int(part.size) else { throw wrongSize(pack) }
        return (codec, payload)
    }

    private func decompress(_ payload: ChunkPayload, into room: UnsafeMutableRawBufferPointer) -> Bool {
        decompressors.with { decompressor in payload.withUnsafeBytes { decompressor.fill(room, from: $0) } }
    }

    private func wrongSize(_ pack: String) -> SnapshotFailure {
        damaged(pack, "its size is not the one in its reference")
    }

    private func notDecompressed(_ pack: String) -> SnapshotFailure {
        damaged(pack, "it does not decompress to the size in its reference")
    }

    private func damaged(_ pack: String, _ reason: String) -> SnapshotFailure {
        .corruptChunk(file: pack, path: nil, reason: reason)
    }
}
