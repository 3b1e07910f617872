package import SwarmCapability
package import SwarmContracts

/// One chunk as content refers to it.
package struct Part: Sendable {
    /// The public name, under which packs and index know it.
    package let name: Digest256
    /// Opens this chunk and nothing else.
    package let key: ChunkKey
    /// SHA-256 of the frame: the codec byte, then the payload.
    package let h: Digest256
    /// Bytes of plaintext: 1 to 4 MiB.
    package let size: UInt32

    package init(name: Digest256, key: ChunkKey, h: Digest256, size: UInt32) {
        (self.name, self.key, self.h, self.size) = (name, key, h, size)
    }
}

/// A run of bytes in the store: a file, a directory object, a state database, a response.
package struct Content: Sendable {
    /// Bytes of plaintext.
    package let size: UInt64
    /// SHA-256 of the whole plaintext.
    package let sha256: Digest256
    /// The chunks in order; none for no bytes.
    package let parts: [Part]

    package init(size: UInt64, sha256: Digest256, parts: [Part]) {
        (self.size, self.sha256, self.parts) = (size, sha256, parts)
    }

    /// No bytes at all.
    package static let empty = Content(size: 0, sha256: Digest256.sha256(of: []), parts: [])

    /// Whether both are the same plaintext, wherever their chunks are.
    package func isSame(as other: Content) -> Bool { size == other.size && sha256 == other.sha256 }
}

extension Content {
    /// Appends the binary form: size (8 bytes), SHA-256 (32), number of parts (4), then each part: name (32), key (32),
    /// h (32), plaintext size (4). Numbers are big-endian.
    package func encode(into bytes: inout [UInt8]) {
        bytes.append(bigEndian: size)
        bytes += sha256.bytes
        bytes.append(bigEndian: UInt32(parts.count))
        for part in parts {
            bytes += part.name.bytes
            part.key.withBytes { bytes.append(contentsOf: $0) }
            bytes += part.h.bytes
            bytes.append(bigEndian: part.size)
        }
    }

    /// Bytes of a part's binary form.
    static let partCount = 100

    /// Reads the binary form; throws where a part is empty or larger than a chunk may be, or the sizes do not add up.
    package init(from decoder: inout ContentDecoder) throws(SnapshotFailure) {
        let size = try decoder.u64()
        let sha256 = try decoder.digest()
        let count = Int(try decoder.u32())
        guard count <= decoder.remaining / Content.partCount else { throw decoder.malformed("a number of parts") }
        var parts: [Part] = []
        parts.reserveCapacity(count)
        var sum: UInt64 = 0
        for _ in 0..<count {
            let name = try decoder.digest()
            guard let key = ChunkKey(bytes: try decoder.slice(32)) else { throw decoder.malformed("a chunk's key") }
            let part = Part(name: name, key: key, h: try decoder.digest(), size: try decoder.u32())
            guard part.size > 0, part.size <= Chunker.maximum else { throw decoder.malformed("a chunk's size") }
            sum += UInt64(part.size)
            parts.append(part)
        }
        guard sum == size else { throw decoder.malformed("the size of a content") }
        self.init(size: size, sha256: sha256, parts: parts)
    }
}

/// A tree in the store.
package struct TreeReference: Sendable {
    /// Merkle hash of plaintext facts alone: see `Directory.t`.
    package let t: Digest256
    /// Where the top directory object is.
    package let content: Content

    package init(t: Digest256, content: Content) { (self.t, self.content) = (t, content) }

    /// Appends the binary form: t (32 bytes), then the content of the directory object.
    package func encode(into bytes: inout [UInt8]) {
        bytes += t.bytes
        content.encode(into: &bytes)
    }

    /// Reads the binary form.
    package init(from decoder: inout ContentDecoder) throws(SnapshotFailure) {
        self.init(t: try decoder.digest(), content: try Content(from: &decoder))
    }
}
