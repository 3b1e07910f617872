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
        batch: ChunkBatch? = nil,
        into sink: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        if content.parts.count == 1 {
            let chunk = try source.plaintext(content.parts[0], checksFrame: checksFrames, batch: batch)
            return try chunk.withUnsafeBytes { plain in
                try check(Digest256.sha256(of: plain), content)
                try sink(plain)
            }
        }
        var hasher = Digest256.Hasher()
        var zeros: (name: Digest256, chunk: ChunkPlaintext)?
        var ahead = ReadAhead(source: source, parts: content.parts, pool: pool, checksFrames: checksFrames)
        for (number, part) in content.parts.enumerated() {
            // A long hole is the same chunk over and over.
            if let zeros, zeros.name == part.name {
                try zeros.chunk.withUnsafeBytes { plain in
                    hasher.update(plain)
                    try sink(plain)
                }
                ahead.pass(number)
                continue
            }
            let chunk = try ahead.plaintext(number)
            try chunk.withUnsafeBytes { plain in
                hasher.update(plain)
                if ZeroBytes.fill(plain) { zeros = (part.name, chunk) }
                try sink(plain)
            }
        }
        try check(hasher.finish(), content)
    }

    private func check(_ hash: Digest256, _ content: Content) throws(SnapshotFailure) {
        guard hash == content.sha256 else {
            throw .contentWrong(path: nil, reason: "its SHA-256 is not the one in its reference")
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
            try write(content, to: file)
        } catch {
            unlink(path)
            throw error
        }
    }

    /// The chunks of those of the contents that are small, fetched together for `write`.
    func batch(_ contents: [Content]) -> ChunkBatch? {
        let small = contents.filter { $0.parts.count == 1 && $0.size <= ChunkBatch.largest }
        return source.batch(small.map { $0.parts[0].name })
    }

    /// Writes the plaintext to an empty file.
    func write(_ content: Content, to file: Descriptor, pool: WorkPool? = nil, batch: ChunkBatch? = nil) throws {
        var writer = SparseWriter(file)
        try read(content, pool: pool, batch: batch) { try writer.write($0) }
        try writer.finish()
    }
}
