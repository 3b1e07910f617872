internal import SwarmCapability
package import SwarmContracts
internal import SwarmPlatform

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Reads content and checks every byte of it: the seal of each chunk, its size after decompression, and the SHA-256 of the
/// whole, which no byte escapes; `h` binds a chunk's name to its bytes and is compared where content is verified. Failures are `SnapshotFailure` and name the pack and, where it is known, the file of the tree.
package struct ContentReader: Sendable {
    /// Contents that are opened together have about this many bytes: the processor's nearest large cache holds them.
    static let mostTogether: UInt64 = 320 << 10

    let source: ChunkSource

    /// `packs` is the store's folder of packs.
    package init(packs: String, index: any ChunkIndex) { source = ChunkSource(packs: packs, index: index) }

    private init(_ source: ChunkSource) { self.source = source }

    /// A reader that looks for a chunk in `chunks` first.
    package func reading(from chunks: any SealedChunks) -> ContentReader { ContentReader(source.reading(from: chunks)) }

    /// The same, with packs that the index does not name yet.
    package func adding(_ packs: [FinishedPack]) -> ContentReader { ContentReader(source.adding(packs)) }

    /// Hands the plaintext to `sink`, chunk by chunk. A failure may come after some of it was handed over.
    package func read(_ content: Content, into sink: (UnsafeRawBufferPointer) throws -> Void) throws {
        try read(content, pool: nil, into: sink)
    }

    /// The same; with a pool, the next chunks are opened by threads that have nothing else to do.
    func read(
        _ content: Content,
        pool: WorkPool?,
        checksFrames: Bool = false,
        into sink: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        if content.parts.count == 1 {
            let chunk = try source.plaintext(content.parts[0], checksFrame: checksFrames)
            return try chunk.withUnsafeBytes { plain in
                try content.check(Digest256.sha256(of: plain))
                try sink(plain)
            }
        }
        var stream = stream(content, pool: pool, checksFrames: checksFrames)
        while try stream.advance(sink) {}
        try stream.finish()
    }

    /// Opens several small contents of one chunk at most and lends their plaintexts when all of them were checked. Without the last
    /// they have less than `mostTogether` bytes. A failure names the file whose content is wrong.
    func withPlaintexts<R>(
        of files: [(path: [UInt8], content: Content)],
        batch: ChunkBatch?,
        _ body: ([UnsafeRawBufferPointer]) throws -> R
    ) throws -> R {
        try source.withRoom { room in
            var plaintexts: [UnsafeRawBufferPointer] = []
            var position = 0
            for (path, content) in files {
                let place = UnsafeMutableRawBufferPointer(rebasing: room[position..<position + Int(content.size)])
                if let part = content.parts.first {
                    try naming(path) { try source.open(part, batch: batch, into: place) }
                }
                plaintexts.append(UnsafeRawBufferPointer(place))
                position += place.count
            }
            for (file, hash) in zip(files, HashStream.hashes(of: plaintexts)) {
                try naming(file.path) { try file.content.check(hash) }
            }
            return try body(plaintexts)
        }
    }

    /// The whole plaintext. Throws `tooLarge` before reading where it is more than `limit` bytes.
    package func bytes(of content: Content, limit: Int) throws -> [UInt8] {
        try bytes(of: content, limit: limit, checksFrames: false)
    }

    func bytes(of content: Content, limit: Int, checksFrames: Bool) throws -> [UInt8] {
        guard content.size <= UInt64(limit) else {
            throw SnapshotFailure.tooLarge(path: "the content", limit: UInt64(limit))
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Int(content.size))
        try read(content, pool: nil, checksFrames: checksFrames) { bytes.append(contentsOf: $0) }
        return bytes
    }

    /// Reads and checks everything, `h` too, and keeps nothing.
    package func verify(_ content: Content) throws { try read(content, pool: nil, checksFrames: true) { _ in } }

    /// A sealed chunk as it is stored. Its seal is not checked: that takes its key.
    package func sealedChunk(_ name: Digest256) throws -> [UInt8] { try source.sealed(name).bytes }

    /// A sealed chunk that was opened and is what its reference says.
    package func verifiedChunk(_ part: Part) throws -> [UInt8] { try source.opened(part, checksFrame: true).sealed }

    /// Writes the plaintext to a file that swarm chose, which must not exist; holes stay holes. On failure the file is
    /// removed.
    package func write(_ content: Content, to path: String, mode: UInt32) throws {
        let file = try Descriptor.open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: mode)
        do {
            var writer = SparseWriter(file)
            try read(content) { try writer.write($0) }
            try writer.finish()
        } catch {
            unlink(path)
            throw error
        }
    }

    /// The chunks of contents of one chunk at most, fetched together for `withPlaintexts`.
    func batch(_ contents: [Content]) -> ChunkBatch? { source.batch(contents.compactMap { $0.parts.first?.name }) }

    /// One content, to be taken chunk by chunk.
    func stream(_ content: Content, pool: WorkPool?, checksFrames: Bool = false) -> ContentStream {
        ContentStream(content, source: source, pool: pool, checksFrames: checksFrames)
    }
}
