internal import Crypto
internal import CryptoExtras
internal import FoundationEssentials
package import SwarmContracts

/// How the payload of a chunk's frame is stored. Its byte is part of what is hashed, and the associated data of the seal.
package enum ChunkCodec: UInt8, Sendable {
    /// The plaintext itself.
    case raw = 0
    /// A zstd frame (RFC 8878) of the plaintext.
    case zstd = 1
}

/// The key of one chunk; it opens that chunk and nothing else. It has no printable form.
package struct ChunkKey: Sendable {
    /// As four words: a tree is read a hundred thousand keys at a time, of which few are ever used.
    private let words: Digest256

    fileprivate var key: SymmetricKey { withBytes { SymmetricKey(data: $0) } }

    /// Takes the 32 bytes that a directory object or a sealed root holds; nil for any other count.
    package init?(bytes: ArraySlice<UInt8>) {
        guard let words = Digest256(bytes: bytes) else { return nil }
        self.words = words
    }

    fileprivate init(_ words: Digest256) { self.words = words }

    /// The 32 bytes, for a directory object or a sealed root, which are encrypted themselves.
    package func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try words.bytes.withUnsafeBytes(body)
    }
}

/// The secret under which the content of one store (or of one worker's run) is named and sealed.
///
/// With `h = SHA-256(codec, payload)`: the chunk's key is `HKDF(secret, "chunk", h)` and its name `HKDF(secret, "name", h)`.
/// One key therefore meets one plaintext, and a zero nonce is safe.
package struct ContentSecret: Sendable {
    private let secret: SymmetricKey
    /// Made once: each chunk takes two keys from it.
    private let source: KeyDerivation.Source

    init(_ secret: SymmetricKey) {
        self.secret = secret
        source = KeyDerivation.Source(secret)
    }

    /// Takes the 32 bytes of a secret that came sealed; nil for any other count.
    package init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.init(SymmetricKey(data: bytes))
    }

    /// Lends the 32 bytes, for a sealed request.
    package func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try secret.withUnsafeBytes(body)
    }

    /// `h`: the hash of exactly what is encrypted, the codec byte first.
    package static func frameHash(_ codec: ChunkCodec, _ payload: UnsafeRawBufferPointer) -> Digest256 {
        var stream = frameStream(codec)
        stream.update(payload)
        return stream.finish()
    }

    /// `h` on its way: the payload is still to be added.
    package static func frameStream(_ codec: ChunkCodec) -> HashStream {
        var stream = HashStream()
        withUnsafeBytes(of: codec.rawValue) { stream.update($0) }
        return stream
    }

    /// The public name of the chunk with this `h`.
    package func name(of h: Digest256) -> Digest256 {
        ContentSecret.words(of: source.derive("name", [.bytes(h.bytes)]))
    }

    /// The key of the chunk with this `h`.
    package func key(of h: Digest256) -> ChunkKey {
        ChunkKey(ContentSecret.words(of: source.derive("chunk", [.bytes(h.bytes)])))
    }

    private static func words(of code: HMAC<SHA256>.MAC) -> Digest256 {
        code.withUnsafeBytes { bytes in bytes.baseAddress.map { Digest256(loading: $0) } ?? Digest256.zero }
    }

    /// 64 bits for each byte value: the gear table from which content-defined boundaries are found, so that boundaries tell
    /// nothing to whoever lacks the secret. `HKDF(secret, "gear", block)` for the blocks 0 to 63, 32 bytes each, read as
    /// big-endian 64-bit words.
    package func gearTable() -> [UInt64] {
        var table: [UInt64] = []
        table.reserveCapacity(256)
        for block in 0..<64 as Range<UInt64> {
            let bytes = source.derive("gear", [.number(block)]).withUnsafeBytes { Array($0) }
            for word in 0..<4 {
                table.append(bytes[word * 8..<word * 8 + 8].reduce(0) { $0 << 8 | UInt64($1) })
            }
        }
        return table
    }
}

/// Why a sealed chunk did not open.
package enum ChunkOpenError: Error, Equatable, Sendable {
    /// The seal does not hold under this key, or the first byte is no codec.
    case sealBroken
}

/// A sealed chunk: the bytes as they are stored.
package struct SealedChunk: Sendable {
    /// From the codec byte on, which may lie anywhere in a longer storage.
    private let bytes: Data

    fileprivate init(_ bytes: Data) { self.bytes = bytes }

    /// Lends the bytes.
    package func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try bytes.withUnsafeBytes(body)
    }
}

/// What a sealed chunk held: the payload of its frame, in the memory into which it was decrypted.
package struct ChunkPayload: Sendable {
    private let bytes: Data

    fileprivate init(_ bytes: Data) { self.bytes = bytes }

    /// The number of bytes.
    package var count: Int { bytes.count }

    /// Lends the bytes.
    package func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try bytes.withUnsafeBytes(body)
    }
}

/// The sealed form of a chunk: the codec byte, then the AES-256-GCM ciphertext of the payload (zero nonce, the codec byte as
/// associated data), then the 16 bytes of the tag.
package enum ChunkSeal {
    /// Bytes that sealing adds to a payload.
    package static let overhead = 17
    private static let nonceCount = 12
    private static let zeroNonce = try? AES.GCM.Nonce(data: [UInt8](repeating: 0, count: nonceCount))

    /// Seals a payload.
    package static func seal(
        _ codec: ChunkCodec,
        _ payload: UnsafeRawBufferPointer,
        _ key: ChunkKey
    ) -> SealedChunk {
        guard
            let nonce = zeroNonce,
            var combined = try? AES.GCM.seal(
                payload,
                using: key.key,
                nonce: nonce,
                authenticating: [codec.rawValue]
            ).combined
        else { preconditionFailure("AES-256-GCM takes any payload of less than 64 GiB") }
        // The nonce is not stored. The codec takes the place of its last byte, and nothing need be copied.
        let start = combined.startIndex + nonceCount - 1
        combined[start] = codec.rawValue
        return SealedChunk(combined[start...])
    }

    /// Opens a sealed chunk: its codec and payload. The caller compares `h`.
    package static func open(
        _ sealed: UnsafeRawBufferPointer,
        _ key: ChunkKey
    ) throws(ChunkOpenError) -> (codec: ChunkCodec, payload: ChunkPayload) {
        guard sealed.count >= overhead, let codec = ChunkCodec(rawValue: sealed[0]) else { throw .sealBroken }
        let ciphertext = UnsafeRawBufferPointer(rebasing: sealed[1..<sealed.count - 16])
        let tag = UnsafeRawBufferPointer(rebasing: sealed[(sealed.count - 16)...])
        guard
            let nonce = zeroNonce,
            let box = try? AES.GCM.SealedBox(nonce: nonce, ciphertext: ciphertext, tag: tag),
            let payload = try? AES.GCM.open(box, using: key.key, authenticating: [codec.rawValue])
        else { throw .sealBroken }
        return (codec, ChunkPayload(payload))
    }
}
