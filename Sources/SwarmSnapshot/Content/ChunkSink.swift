internal import SwarmCapability
internal import SwarmContracts
internal import Synchronization

/// Names, seals and writes single chunks.
final class ChunkSink: Sendable {
    private typealias FrameHashing = (inout HashStream, UnsafeRawBufferPointer) -> Void

    /// A file is read in pieces of this size, which the processor's cache holds while they are hashed and searched for a cut.
    static let piece = 256 << 10
    /// Room for a chunk of the largest size and the piece in which it ends.
    static let window = Chunker.maximum + piece

    let secret: ContentSecret
    let index: any ChunkIndex
    let packs: PackWriter
    let chunker: Chunker
    let windows = Pool { Buffer(ChunkSink.window) }
    private let compressors = Pool { Compressor() }
    /// What a young store holds: then twenty thousand chunks of a first import need not be asked for. What others add
    /// meanwhile is stored twice, which does no harm.
    private let held: Set<Digest256>?
    /// Chunks of nothing but zeros, by size: a hole of many GiB is sealed once.
    private let zeros = Mutex<[Int: Part]>([:])

    init(secret: ContentSecret, index: any ChunkIndex, packs: PackWriter) {
        (self.secret, self.index, self.packs) = (secret, index, packs)
        chunker = Chunker(table: secret.gearTable())
        held = try? index.names(upTo: 64)
    }

    /// Whether the session or the store has the chunk.
    func holds(_ name: Digest256) throws -> Bool {
        if packs.holds(name) { return true }
        if let held { return held.contains(name) }
        return try index.location(of: name) != nil
    }

    /// Names a chunk of 1 to 4 MiB and stores it where it is new.
    func store(_ plain: UnsafeRawBufferPointer) throws -> Part { try store(plain) { $0.update($1) } }

    /// The same, and adds the chunk to the hash of its whole content, side by side with its own.
    func store(_ plain: UnsafeRawBufferPointer, whole: inout HashStream) throws -> Part {
        var isAdded = false
        let part = try store(plain) { frame, payload in
            HashStream.update(&frame, payload, &whole, plain)
            isAdded = true
        }
        if !isAdded { whole.update(plain) }
        return part
    }

    /// `hashing` adds a payload to the hash of its frame.
    private func store(_ plain: UnsafeRawBufferPointer, _ hashing: FrameHashing) throws -> Part {
        guard plain.count >= Chunker.minimum, ZeroBytes.fill(plain) else { return try seal(plain, hashing) }
        if let part = zeros.withLock({ $0[plain.count] }) { return part }
        let part = try seal(plain, hashing)
        zeros.withLock { $0[plain.count] = part }
        return part
    }

    private func seal(_ plain: UnsafeRawBufferPointer, _ hashing: FrameHashing) throws -> Part {
        try compressors.with { compressor in
            try compressor.frame(plain) { codec, payload in
                var frame = ContentSecret.frameStream(codec)
                hashing(&frame, payload)
                let h = frame.finish()
                let part = Part(name: secret.name(of: h), key: secret.key(of: h), h: h, size: UInt32(plain.count))
                if try !holds(part.name) {
                    _ = try ChunkSeal.seal(codec, payload, part.key).withUnsafeBytes { try packs.add(part.name, $0) }
                }
                return part
            }
        }
    }
}
