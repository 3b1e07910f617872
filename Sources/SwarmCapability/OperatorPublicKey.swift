internal import Crypto
internal import SwarmContracts

/// The public half of an operator's Ed25519 key, written as a did:key (W3C CCG, did:key method): `did:key:z` and the
/// base58btc of the multicodec prefix `ed 01` and the 32 bytes.
package struct OperatorPublicKey: Hashable, Sendable, CustomStringConvertible {
    /// The 32 bytes (RFC 8032, section 5.1.5).
    package let raw: [UInt8]

    private static let scheme = "did:key:z"
    private static let multicodec: [UInt8] = [0xed, 0x01]
    // RFC 8410, section 4: SEQUENCE { SEQUENCE { OID 1.3.101.112 }, BIT STRING }.
    private static let spkiPrefix: [UInt8] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00]

    init(known raw: [UInt8]) { self.raw = raw }

    /// Takes the 32 bytes; nil for any other count.
    package init?(raw: [UInt8]) {
        guard raw.count == 32 else { return nil }
        self.raw = raw
    }

    /// Reads a did:key of an Ed25519 key; nil for anything else.
    package init?(did: String) {
        guard did.utf8.count <= 64, did.hasPrefix(OperatorPublicKey.scheme),
            let bytes = Base58.decode(did.dropFirst(OperatorPublicKey.scheme.count)),
            bytes.count == 34, bytes.starts(with: OperatorPublicKey.multicodec)
        else { return nil }
        raw = Array(bytes.dropFirst(2))
    }

    /// The did:key.
    package var did: String {
        OperatorPublicKey.scheme + Base58.encode(OperatorPublicKey.multicodec + raw)
    }

    package var description: String { did }

    /// The key as a SubjectPublicKeyInfo in DER (RFC 8410).
    package var spkiDER: [UInt8] { OperatorPublicKey.spkiPrefix + raw }

    /// The same as a PEM text (RFC 7468) with a line end behind it.
    package var spkiPEM: String {
        "-----BEGIN PUBLIC KEY-----\n\(Base64.encode(spkiDER, .standard))\n-----END PUBLIC KEY-----\n"
    }

    /// Whether the 64 bytes are this key's signature over the bytes (RFC 8032, section 5.1.7).
    package func isValid(signature: [UInt8], over bytes: [UInt8]) -> Bool {
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: raw) else { return false }
        return key.isValidSignature(signature, for: bytes)
    }
}
