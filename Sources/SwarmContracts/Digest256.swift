import Crypto

/// A SHA-256 (FIPS 180-4) over exactly the bytes that are stored or uploaded; written `sha256:<64 lower-case hex>`.
package struct Digest256: Hashable, Sendable, Comparable, CustomStringConvertible {
    private let a: UInt64
    private let b: UInt64
    private let c: UInt64
    private let d: UInt64

    /// The number of bytes of a digest.
    package static let count = 32

    /// Takes 32 bytes as they are; nil for any other count.
    package init?(bytes: [UInt8]) {
        // Not over any collection: an index and a tree are read a hundred thousand digests at a time.
        guard let digest = bytes.withUnsafeBytes({ Digest256.loaded($0) }) else { return nil }
        self = digest
    }

    /// Takes 32 bytes as they are; nil for any other count.
    package init?(bytes: ArraySlice<UInt8>) {
        guard let digest = bytes.withUnsafeBytes({ Digest256.loaded($0) }) else { return nil }
        self = digest
    }

    private static func loaded(_ bytes: UnsafeRawBufferPointer) -> Digest256? {
        guard bytes.count == count, let base = bytes.baseAddress else { return nil }
        return Digest256(loading: base)
    }

    /// Takes 32 bytes from `pointer`, which must hold as many.
    package init(loading pointer: UnsafeRawPointer) {
        a = UInt64(bigEndian: pointer.loadUnaligned(fromByteOffset: 0, as: UInt64.self))
        b = UInt64(bigEndian: pointer.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        c = UInt64(bigEndian: pointer.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
        d = UInt64(bigEndian: pointer.loadUnaligned(fromByteOffset: 24, as: UInt64.self))
    }

    private init(_ digest: SHA256.Digest) {
        self = digest.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return Digest256.zero }
            return Digest256(loading: base)
        }
    }

    private init(_ a: UInt64, _ b: UInt64, _ c: UInt64, _ d: UInt64) { (self.a, self.b, self.c, self.d) = (a, b, c, d) }

    /// 32 zero bytes: a place holder where a fixed-size field must be filled, never the hash of anything.
    package static let zero = Digest256(0, 0, 0, 0)

    /// The SHA-256 of the bytes.
    package static func sha256(of bytes: [UInt8]) -> Digest256 {
        bytes.withUnsafeBytes { sha256(of: $0) }
    }

    /// The SHA-256 of the bytes.
    package static func sha256(of bytes: UnsafeRawBufferPointer) -> Digest256 {
        var hasher = Hasher()
        hasher.update(bytes)
        return hasher.finish()
    }

    /// The 32 bytes.
    package var bytes: [UInt8] {
        withUnsafeBytes(of: (a.bigEndian, b.bigEndian, c.bigEndian, d.bigEndian)) { Array($0) }
    }

    /// 64 lower-case hexadecimal digits.
    package var hex: String { Hex.encode(bytes) }

    /// `sha256:` and the hexadecimal digits.
    package var description: String { "sha256:" + hex }

    /// Reads `sha256:<64 lower-case hex>`; nil for anything else.
    package init?(_ text: some StringProtocol) {
        guard text.hasPrefix("sha256:"), let bytes = Hex.decode(text.dropFirst(7)) else { return nil }
        self.init(bytes: bytes)
    }

    package static func < (left: Digest256, right: Digest256) -> Bool {
        (left.a, left.b, left.c, left.d) < (right.a, right.b, right.c, right.d)
    }

    /// SHA-256 taken piece by piece.
    package struct Hasher {
        private var state = SHA256()

        package init() {}

        /// Adds the bytes.
        package mutating func update(_ bytes: UnsafeRawBufferPointer) { state.update(bufferPointer: bytes) }

        /// Adds the bytes.
        package mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { state.update(bufferPointer: $0) } }

        /// The hash of all that was added.
        package func finish() -> Digest256 { Digest256(state.finalize()) }
    }
}
