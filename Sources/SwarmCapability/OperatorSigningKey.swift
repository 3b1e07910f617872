internal import Crypto
internal import FoundationEssentials

/// The operator's Ed25519 key (RFC 8032), from a seed that the root secret gives.
package struct OperatorSigningKey: Redacted, Sendable {
    private let key: Curve25519.Signing.PrivateKey

    init(seed: [UInt8]) {
        guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed) else {
            preconditionFailure("an Ed25519 seed is any 32 bytes")
        }
        self.key = key
    }

    /// The half that everyone may see.
    package var publicKey: OperatorPublicKey { OperatorPublicKey(known: Array(key.publicKey.rawRepresentation)) }

    /// The 64 bytes of the signature over these bytes; the same bytes give the same signature.
    package func sign(_ bytes: [UInt8]) -> [UInt8] {
        guard let signature = try? key.signature(for: bytes) else {
            preconditionFailure("Ed25519 signs any bytes")
        }
        return Array(signature)
    }
}
