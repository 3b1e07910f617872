import Crypto
import CryptoExtras

/// A public key that verifies signatures: ECDSA over P-256, P-384 or P-521, Ed25519, or RSA of 2048 bits and more.
public struct PublicKey: Sendable {
    private enum Material {
        case p256(P256.Signing.PublicKey)
        case p384(P384.Signing.PublicKey)
        case p521(P521.Signing.PublicKey)
        case ed25519(Curve25519.Signing.PublicKey)
        case rsa(_RSA.Signing.PublicKey)
    }

    private let material: Material
    /// The key as a DER SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7).
    public let subjectPublicKeyInfo: [UInt8]

    /// Reads a DER SubjectPublicKeyInfo; throws `SIGSTORE_KEY_MALFORMED` for anything else.
    public init(subjectPublicKeyInfo der: [UInt8]) throws(SigstoreError) {
        do {
            var fields = try BERReader.only(der[...], tag: BERTag.sequence).reader()
            var algorithm = try fields.next(BERTag.sequence).reader()
            let kind = try ObjectID(algorithm.next())
            let key = try fields.next(BERTag.bitString).content
            guard fields.isAtEnd, key.first == 0 else { throw BERFailure(reason: "not a SubjectPublicKeyInfo") }
            let point = Array(key.dropFirst())
            switch kind {
            case .ecPublicKey:
                switch try ObjectID(algorithm.next()) {
                case .curveP256: material = .p256(try P256.Signing.PublicKey(x963Representation: point))
                case .curveP384: material = .p384(try P384.Signing.PublicKey(x963Representation: point))
                case .curveP521: material = .p521(try P521.Signing.PublicKey(x963Representation: point))
                default: throw BERFailure(reason: "an unknown curve")
                }
            case .ed25519: material = .ed25519(try Curve25519.Signing.PublicKey(rawRepresentation: point))
            case .rsaEncryption: material = .rsa(try _RSA.Signing.PublicKey(derRepresentation: der))
            default: throw BERFailure(reason: "an unknown kind of key")
            }
        } catch let error as BERFailure {
            throw SigstoreError(.keyMalformed, "public key: \(error.reason)")
        } catch {
            throw SigstoreError(.keyMalformed, "public key: not a valid key")
        }
        subjectPublicKeyInfo = der
    }

    /// Reads a PKCS#1 RSAPublicKey (RFC 8017 appendix A.1.1), as trusted roots have it for `PKCS1_RSA_PKCS1V5`.
    init(pkcs1 der: [UInt8]) throws(SigstoreError) {
        let algorithm = DERWriter.element(
            BERTag.sequence,
            DERWriter.element(BERTag.objectIdentifier, ObjectID.rsaEncryption.bytes) + [0x05, 0x00]
        )
        let key = DERWriter.element(BERTag.bitString, [0] + der)
        try self.init(subjectPublicKeyInfo: DERWriter.element(BERTag.sequence, algorithm + key))
    }

    /// Reads the 32 bytes of an Ed25519 key (RFC 8032 section 5.1.5); throws `SIGSTORE_KEY_MALFORMED` for anything else.
    public init(ed25519 raw: [UInt8]) throws(SigstoreError) {
        guard raw.count == 32 else { throw SigstoreError(.keyMalformed, "public key: not 32 bytes") }
        let algorithm = DERWriter.element(
            BERTag.sequence,
            DERWriter.element(BERTag.objectIdentifier, ObjectID.ed25519.bytes)
        )
        let key = DERWriter.element(BERTag.bitString, [0] + raw)
        try self.init(subjectPublicKeyInfo: DERWriter.element(BERTag.sequence, algorithm + key))
    }

    /// Reads a `PUBLIC KEY` block (RFC 7468 section 13); throws `SIGSTORE_KEY_MALFORMED` for anything else.
    public init(pem: [UInt8]) throws(SigstoreError) {
        guard let block = PEMBlock(pem), block.label == "PUBLIC KEY" else {
            throw SigstoreError(.keyMalformed, "public key: not one PUBLIC KEY block in PEM")
        }
        try self.init(subjectPublicKeyInfo: block.bytes)
    }

    /// True for a key that signs messages and not digests.
    var signsWholeMessages: Bool {
        if case .ed25519 = material { true } else { false }
    }

    /// The hash functions under which this key's signatures are accepted where the format does not name one. P-384 also
    /// goes with SHA-256: clients sign so.
    var acceptedHashes: [HashAlgorithm] {
        switch material {
        case .p256: [.sha256]
        case .p384: [.sha384, .sha256]
        case .p521: [.sha512]
        case .ed25519: []
        case .rsa: [.sha256, .sha384, .sha512]
        }
    }

    /// True when `signature` is this key's over `message`, hashed with `hash` where the key signs digests. ECDSA
    /// signatures are DER (RFC 3279 section 2.2.3), RSA ones PKCS#1 v1.5 (RFC 8017 section 8.2).
    func verifies(_ signature: [UInt8], over message: [UInt8], hash: HashAlgorithm) -> Bool {
        if case .ed25519(let key) = material { return key.isValidSignature(signature, for: message) }
        return verifies(signature, overDigest: hash.digest(of: message), hash: hash)
    }

    /// True when `signature` is this key's over the message with the given digest; false for Ed25519.
    func verifies(_ signature: [UInt8], overDigest digest: [UInt8], hash: HashAlgorithm) -> Bool {
        switch hash {
        case .sha256: verifies(signature, SHA256Digest.self, digest)
        case .sha384: verifies(signature, SHA384Digest.self, digest)
        case .sha512: verifies(signature, SHA512Digest.self, digest)
        }
    }

    private func verifies<D: Digest>(_ signature: [UInt8], _: D.Type, _ bytes: [UInt8]) -> Bool {
        guard let digest = Self.adopt(bytes, as: D.self) else { return false }
        switch material {
        case .p256(let key):
            guard let parsed = try? P256.Signing.ECDSASignature(derRepresentation: signature) else { return false }
            return key.isValidSignature(parsed, for: digest)
        case .p384(let key):
            guard let parsed = try? P384.Signing.ECDSASignature(derRepresentation: signature) else { return false }
            return key.isValidSignature(parsed, for: digest)
        case .p521(let key):
            guard let parsed = try? P521.Signing.ECDSASignature(derRepresentation: signature) else { return false }
            return key.isValidSignature(parsed, for: digest)
        case .rsa(let key):
            let parsed = _RSA.Signing.RSASignature(rawRepresentation: signature)
            return key.isValidSignature(parsed, for: digest, padding: .insecurePKCS1v1_5)
        case .ed25519:
            return false
        }
    }

    /// A digest that the caller has computed as a value of the library's digest type. The library offers no initialiser
    /// from bytes and traps on digest types of one's own with RSA; its types are plain integers without padding, which
    /// is checked before and after the copy.
    private static func adopt<D: Digest>(_ bytes: [UInt8], as _: D.Type) -> D? {
        guard bytes.count == D.byteCount, MemoryLayout<D>.size == D.byteCount, _isPOD(D.self) else { return nil }
        let digest = withUnsafeTemporaryAllocation(of: D.self, capacity: 1) { buffer in
            let raw = UnsafeMutableRawBufferPointer(buffer)
            raw.copyBytes(from: bytes)
            return raw.baseAddress?.assumingMemoryBound(to: D.self).pointee
        }
        guard let digest, digest.elementsEqual(bytes) else { return nil }
        return digest
    }
}

extension ObjectID {
    static let ecPublicKey = ObjectID(arcs: 1, 2, 840, 10045, 2, 1)
    static let curveP256 = ObjectID(arcs: 1, 2, 840, 10045, 3, 1, 7)
    static let curveP384 = ObjectID(arcs: 1, 3, 132, 0, 34)
    static let curveP521 = ObjectID(arcs: 1, 3, 132, 0, 35)
    static let ed25519 = ObjectID(arcs: 1, 3, 101, 112)
    static let rsaEncryption = ObjectID(arcs: 1, 2, 840, 113_549, 1, 1, 1)
}
