internal import SwarmContracts
internal import Synchronization

/// Opens the chunks of one content in order, the next few on other threads where some are free.
struct ReadAhead {
    /// So many chunks are opened before they are wanted.
    private static let distance = 2

    private let source: ChunkSource
    private let parts: [Part]
    private let pool: WorkPool?
    private let checksFrames: Bool
    private var begun: [Int: (errands: WorkPool.Errands, opened: Opened)] = [:]
    private var next = 0

    /// Chunks that are opened, or being opened, and were not taken.
    var opened: Int { begun.count }

    private final class Opened: Sendable {
        let plain = Mutex<ChunkPlaintext>(.decompressed([]))
    }

    init(source: ChunkSource, parts: [Part], pool: WorkPool?, checksFrames: Bool) {
        self.checksFrames = checksFrames
        (self.source, self.parts, self.pool) = (source, parts, parts.count > 2 ? pool : nil)
    }

    /// The plaintext of a chunk. Numbers only grow; chunks may be passed over.
    mutating func plaintext(_ number: Int) throws -> ChunkPlaintext {
        next = max(next, number + 1)
        if let pool { begin(upTo: number + ReadAhead.distance, pool) }
        guard let pool, let (errands, opened) = begun.removeValue(forKey: number) else {
            return try source.plaintext(parts[number], checksFrame: checksFrames)
        }
        try pool.wait(for: errands)
        return opened.plain.withLock { plain in
            defer { plain = .decompressed([]) }
            return plain
        }
    }

    /// The chunk is not wanted: what was opened of it is let go.
    mutating func pass(_ number: Int) {
        next = max(next, number + 1)
        begun[number] = nil
    }

    private mutating func begin(upTo last: Int, _ pool: WorkPool) {
        while next <= last, next < parts.count {
            // A hole's chunk comes again and again: opening it once is enough.
            if parts[next].name == parts[next - 1].name {
                next += 1
                continue
            }
            let (source, part, opened, errands) = (source, parts[next], Opened(), WorkPool.Errands())
            let checksFrame = checksFrames
            let taken = pool.offer(errands) {
                let plain = try source.plaintext(part, checksFrame: checksFrame)
                opened.plain.withLock { $0 = plain }
            }
            guard taken else { return }
            begun[next] = (errands, opened)
            next += 1
        }
    }
}
