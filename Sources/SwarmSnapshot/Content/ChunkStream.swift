internal import SwarmContracts
internal import Synchronization

/// Cuts one content into chunks as its bytes come, and gathers the parts.
struct ChunkStream {
    private let sink: ChunkSink
    private let pool: WorkPool?
    private let errands = WorkPool.Errands()
    private let parts = PartList()
    private var hasher = Digest256.Hasher()
    private var count = 0
    private var aligned: Bool?
    /// Bytes noted so far.
    private(set) var size: UInt64 = 0

    init(sink: ChunkSink, pool: WorkPool?) { (self.sink, self.pool) = (sink, pool) }

    /// Takes in the next bytes for the hash of the whole.
    mutating func note(_ bytes: UnsafeRawBufferPointer) {
        hasher.update(bytes)
        size += UInt64(bytes.count)
    }

    /// Stores the chunks that are whole in `bytes`, which follow the last cut. Gives how many bytes that took: all with
    /// `isLast`.
    mutating func cut(_ bytes: UnsafeRawBufferPointer, isLast: Bool) throws -> Int {
        let aligned = self.aligned ?? Chunker.isAligned(bytes)
        self.aligned = aligned
        var position = 0
        while bytes.count - position >= Chunker.maximum || (isLast && position < bytes.count) {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[position...])
            let count = sink.chunker.cut(rest, aligned: aligned)
            try store(UnsafeRawBufferPointer(rebasing: rest[..<count]))
            position += count
        }
        return position
    }

    private mutating func store(_ chunk: UnsafeRawBufferPointer) throws {
        let number = count
        count += 1
        if let pool, !ZeroBytes.fill(chunk) {
            let (sink, parts, copy) = (sink, parts, Array(chunk))
            let taken = pool.offer(errands) { parts.set(number, try copy.withUnsafeBytes { try sink.store($0) }) }
            if taken { return }
        }
        parts.set(number, try sink.store(chunk))
    }

    /// The content, when all chunks are stored.
    func finish() throws -> Content {
        try pool?.wait(for: errands)
        return Content(size: size, sha256: hasher.finish(), parts: parts.all)
    }
}

/// The parts of one content, which several threads fill in.
private final class PartList: Sendable {
    private let parts = Mutex<[Int: Part]>([:])

    func set(_ number: Int, _ part: Part) { parts.withLock { $0[number] = part } }

    var all: [Part] { parts.withLock { parts in (0..<parts.count).compactMap { parts[$0] } } }
}
