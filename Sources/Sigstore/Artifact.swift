import Crypto

/// A hash function that the Sigstore formats name.
public enum HashAlgorithm: String, Sendable, CaseIterable {
    /// SHA-256.
    case sha256
    /// SHA-384.
    case sha384
    /// SHA-512.
    case sha512

    /// The length of a digest in bytes.
    public var byteCount: Int {
        switch self {
        case .sha256: 32
        case .sha384: 48
        case .sha512: 64
        }
    }

    /// The digest of `bytes` (FIPS 180-4).
    public func digest(of bytes: [UInt8]) -> [UInt8] {
        switch self {
        case .sha256: Array(SHA256.hash(data: bytes))
        case .sha384: Array(SHA384.hash(data: bytes))
        case .sha512: Array(SHA512.hash(data: bytes))
        }
    }

    /// The algorithm of a `HashAlgorithm` enumeration name in `sigstore_common.proto`, as `SHA2_256`.
    init?(sigstoreName: String) {
        switch sigstoreName {
        case "SHA2_256": self = .sha256
        case "SHA2_384": self = .sha384
        case "SHA2_512": self = .sha512
        default: return nil
        }
    }
}

/// The artifact that a bundle is to vouch for, as digests and, where the caller has them, as bytes.
public struct Artifact: Sendable {
    private let digests: @Sendable (HashAlgorithm) -> [UInt8]?
    /// The artifact's bytes where they are at hand; needed only for an Ed25519 signature over the bytes themselves.
    let content: [UInt8]?

    /// An artifact whose digests the caller computes.
    ///
    /// - Parameter digests: gives the artifact's digest, or nil where the caller cannot compute it. It may be called
    ///   several times with the same algorithm. A digest of a wrong length counts as none.
    public init(digests: @escaping @Sendable (HashAlgorithm) -> [UInt8]?) {
        self.digests = digests
        self.content = nil
    }

    /// An artifact of which one digest is known.
    public init(digest: [UInt8], algorithm: HashAlgorithm) {
        self.init(digests: { $0 == algorithm ? digest : nil })
    }

    /// An artifact in memory.
    public init(bytes: [UInt8]) {
        self.digests = { $0.digest(of: bytes) }
        self.content = bytes
    }

    /// The digest under `algorithm`, or nil where it is not known.
    func digest(_ algorithm: HashAlgorithm) -> [UInt8]? {
        guard let digest = digests(algorithm), digest.count == algorithm.byteCount else { return nil }
        return digest
    }
}
