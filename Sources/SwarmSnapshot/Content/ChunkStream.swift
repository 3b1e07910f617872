internal import SwarmCapability
internal import SwarmContracts
internal import Synchronization

/// Cuts one content into chunks as its bytes come, and gathers the parts.
struct ChunkStream {
    private let sink: ChunkSink
    private let pool: WorkPool?
    private let errands = WorkPool.Errands()
    private let parts = PartList()
    private var whole = HashStream()
    private var search = Chunker.Search()
    private var count = 0
    private var aligned: Bool?
    /// Bytes that were cut so far.
    private var size: UInt64 = 0

    init(sink: ChunkSink, pool: WorkPool?) { (self.sink, self.pool) = (sink, pool) }

    /// Stores the chunks that are whole in `bytes`, which follow the last cut. Gives how many bytes that took: all with
    /// `isLast`.
    mutating func cut(_ bytes: UnsafeRawBufferPointer, isLast: Bool) throws -> Int {
        let aligned = self.aligned ?? Chunker.isAligned(bytes)
        self.aligned = aligned
        var position = 0
        while position < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[position...])
            guard let count = sink.chunker.cut(rest, aligned: aligned, isLast: isLast, &search) else { break }
            try store(UnsafeRawBufferPointer(rebasing: rest[..<count]))
            position += count
        }
        return position
    }

    private mutating func store(_ chunk: UnsafeRawBufferPointer) throws {
        let number = count
        count += 1
        size += UInt64(chunk.count)
        if offer(chunk, number) { whole.update(chunk) } else { parts.set(number, try sink.store(chunk, whole: &whole)) }
    }

    /// Leaves the chunk to a thread that is free. The bytes are copied for it, which is not worth it for zeros.
    private func offer(_ chunk: UnsafeRawBufferPointer, _ number: Int) -> Bool {
        guard let pool, pool.hasRoom, !ZeroBytes.fill(chunk) else { return false }
        let copy = Array(chunk)
        return pool.offer(errands) { [sink, parts] in
            parts.set(number, try copy.withUnsafeBytes { try sink.store($0) })
        }
    }

    /// The content, when all chunks are stored.
    func finish() throws -> Content {
        try pool?.wait(for: errands)
        return Content(size: size, sha256: whole.finish(), parts: parts.all)
    }
}

/// The parts of one content, which several threads fill in.
private final class PartList: Sendable {
    private let parts = Mutex<[Int: Part]>([:])

    func set(_ number: Int, _ part: Part) { parts.withLock { $0[number] = part } }

    var all: [Part] { parts.withLock { parts in (0..<parts.count).compactMap { parts[$0] } } }
}
