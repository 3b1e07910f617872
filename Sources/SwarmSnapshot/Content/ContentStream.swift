internal import SwarmCapability
internal import SwarmContracts

/// One content of several chunks on its way out of the store. The seal and the size of each chunk that it lends hold; the SHA-256 of
/// the whole is known to hold when `finish` did not throw.
struct ContentStream {
    private let content: Content
    private var ahead: ReadAhead
    private var next = 0
    private var zeros: (name: Digest256, chunk: ChunkPlaintext)?
    private var whole = HashStream()
    private var chunk = ChunkPlaintext.decompressed([])
    /// The bytes of the chunk that are not hashed yet.
    private var unhashed = 0..<0

    init(_ content: Content, source: ChunkSource, pool: WorkPool?, checksFrames: Bool) {
        self.content = content
        ahead = ReadAhead(source: source, parts: content.parts, pool: pool, checksFrames: checksFrames)
    }

    /// Hashes what is left of the chunk and goes on to the next one, which `sink` gets. False where there is none.
    mutating func advance(_ sink: (UnsafeRawBufferPointer) throws -> Void) throws -> Bool {
        let (last, left) = (chunk, take(unhashed.count))
        last.withUnsafeBytes { whole.update(UnsafeRawBufferPointer(rebasing: $0[left])) }
        guard next < content.parts.count else { return false }
        let part = content.parts[next]
        // A long hole is the same chunk over and over.
        if let zeros, zeros.name == part.name {
            ahead.pass(next)
            chunk = zeros.chunk
        } else {
            chunk = try ahead.plaintext(next)
            if chunk.withUnsafeBytes(ZeroBytes.fill) { zeros = (part.name, chunk) }
        }
        next += 1
        unhashed = 0..<Int(part.size)
        try chunk.withUnsafeBytes(sink)
        return true
    }

    /// Hashes as much of both chunks, side by side, as the shorter rest of the two has.
    static func hash(_ one: inout ContentStream, _ other: inout ContentStream) {
        let count = min(one.unhashed.count, other.unhashed.count)
        let (ones, others) = (one.take(count), other.take(count))
        let chunks = (one.chunk, other.chunk)
        chunks.0.withUnsafeBytes { first in
            chunks.1.withUnsafeBytes { second in
                HashStream.update(
                    &one.whole,
                    UnsafeRawBufferPointer(rebasing: first[ones]),
                    &other.whole,
                    UnsafeRawBufferPointer(rebasing: second[others])
                )
            }
        }
    }

    private mutating func take(_ count: Int) -> Range<Int> {
        let start = unhashed.lowerBound
        unhashed = start + count..<unhashed.upperBound
        return start..<start + count
    }

    /// Whether the chunk is hashed to its end.
    var isHashed: Bool { unhashed.isEmpty }

    /// Throws where what was lent is not what the content's reference says.
    func finish() throws(SnapshotFailure) { try content.check(whole.finish()) }
}

extension Content {
    /// Throws where `hash`, of the whole plaintext, is not the one in the reference.
    func check(_ hash: Digest256) throws(SnapshotFailure) {
        guard hash == sha256 else {
            throw .contentWrong(path: nil, reason: "its SHA-256 is not the one in its reference")
        }
    }
}
