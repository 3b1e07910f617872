package import SwarmCapability
package import SwarmContracts
package import SwarmPlatform

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Stores content: cuts it, names and seals its chunks under one secret, and writes those that neither the index nor the
/// session has. What a reference says depends on the plaintext and the secret alone; what the store held before decides only
/// whether bytes are written. Any thread may write.
package struct ContentWriter: Sendable {
    let sink: ChunkSink

    package init(secret: ContentSecret, index: any ChunkIndex, packs: PackWriter) {
        sink = ChunkSink(secret: secret, index: index, packs: packs)
    }

    /// Stores bytes.
    package func write(_ bytes: [UInt8]) throws -> Content { try bytes.withUnsafeBytes { try write($0) } }

    /// Stores a file that swarm itself made. Throws `tooLarge`, or `SystemError`; a link is not followed.
    package func write(file path: String, limit: UInt64 = .max) throws -> Content {
        try write(try Descriptor.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK), limit: limit)
    }

    /// Stores a regular file from its beginning. Throws `tooLarge` where it holds more than `limit` bytes.
    package func write(_ file: Descriptor, limit: UInt64 = .max) throws -> Content {
        try write(file, limit: limit, pool: nil)
    }

    /// Stores a directory object.
    package func write(directory: Directory) throws -> TreeReference {
        TreeReference(t: directory.t, content: try write(directory.encode()))
    }

    /// Stores a sealed chunk from elsewhere as it is. The caller has opened it and found it true to `name`'s reference.
    /// False where the store has it already.
    package func adopt(sealed: [UInt8], name: Digest256) throws -> Bool {
        guard try !sink.holds(name) else { return false }
        return try sink.packs.add(name, sealed)
    }

    /// Stores bytes whose SHA-256 is `hash`, or is to be found out.
    func write(_ bytes: UnsafeRawBufferPointer, hash: Digest256? = nil) throws -> Content {
        guard !bytes.isEmpty else { return Content.empty }
        if let hash {
            let parts = try cut(bytes) { try sink.store($0) }
            return Content(size: UInt64(bytes.count), sha256: hash, parts: parts)
        }
        var whole = HashStream()
        let parts = try cut(bytes) { try sink.store($0, whole: &whole) }
        return Content(size: UInt64(bytes.count), sha256: whole.finish(), parts: parts)
    }

    private func cut(
        _ bytes: UnsafeRawBufferPointer,
        _ store: (UnsafeRawBufferPointer) throws -> Part
    ) rethrows -> [Part] {
        let aligned = Chunker.isAligned(bytes)
        var parts: [Part] = []
        var position = 0
        while position < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[position...])
            let count = sink.chunker.cut(rest, aligned: aligned)
            parts.append(try store(UnsafeRawBufferPointer(rebasing: rest[..<count])))
            position += count
        }
        return parts
    }

    /// Stores a file; with a pool, its chunks are errands for threads that have nothing else to do.
    func write(_ file: Descriptor, limit: UInt64, pool: WorkPool?) throws -> Content {
        try sink.windows.with { window in
            var reader = try SequentialReader(file)
            var stream = ChunkStream(sink: sink, pool: pool)
            var held = 0
            var size: UInt64 = 0
            while true {
                let space = UnsafeMutableRawBufferPointer(rebasing: window.bytes[held..<held + ChunkSink.piece])
                let count = try reader.read(into: space)
                size += UInt64(count)
                guard size <= limit else { throw SnapshotFailure.tooLarge(path: file.path, limit: limit) }
                held += count
                let isLast = count < space.count
                let used = try stream.cut(UnsafeRawBufferPointer(rebasing: window.bytes[..<held]), isLast: isLast)
                if isLast { return try stream.finish() }
                held -= used
                if let base = window.bytes.baseAddress { memmove(base, base + used, held) }
            }
        }
    }
}
