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
    private let open = Mutex<[PackID: Descriptor]>([:])
    private let decompressors = Pool { Decompressor() }

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
        .corruptChunk(file: PackFile.path(of: place.pack, in: packs), path: nil, reason: reason)
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
        return ChunkBatch(located) { try? descriptor($0) }
    }

    /// The plaintext of a chunk, checked against its seal and size, and with `checksFrame` against `h`.
    func plaintext(_ part: Part, checksFrame: Bool, batch: ChunkBatch? = nil) throws -> ChunkPlaintext {
        if let plain = try batch?.with(part.name, { try open($0, part, pack: $1, checksFrame: checksFrame) }) {
            return plain
        }
        return try opened(part, checksFrame: checksFrame).plain
    }

    /// The same, with the chunk as it is stored.
    func opened(_ part: Part, checksFrame: Bool) throws -> (plain: ChunkPlaintext, sealed: [UInt8]) {
        let (sealed, pack) = try sealed(part.name)
        return (try sealed.withUnsafeBytes { try open($0, part, pack: pack, checksFrame: checksFrame) }, sealed)
    }

    private func open(
        _ sealed: UnsafeRawBufferPointer,
        _ part: Part,
        pack: String,
        checksFrame: Bool
    ) throws -> ChunkPlaintext {
        func damaged(_ reason: String) -> SnapshotFailure { .corruptChunk(file: pack, path: nil, reason: reason) }
        guard let (codec, payload) = try? ChunkSeal.open(sealed, part.key) else {
            throw damaged("its seal does not hold")
        }
        guard !checksFrame || payload.withUnsafeBytes({ ContentSecret.frameHash(codec, $0) }) == part.h else {
            throw damaged("its hash is not the one in its reference")
        }
        switch codec {
        case .raw:
            guard payload.count == Int(part.size) else { throw damaged("its size is not the one in its reference") }
            return .payload(payload)
        case .zstd:
            let size = Int(part.size)
            let plain = decompressors.with { decompressor in
                payload.withUnsafeBytes { decompressor.plaintext(of: $0, size: size) }
            }
            guard let plain else {
                throw damaged("it does not decompress to the size in its reference")
            }
            return .decompressed(plain)
        }
    }
}
