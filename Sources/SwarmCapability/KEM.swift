internal import Crypto

/// How a key is sealed for a recipient: the KEM of HPKE (RFC 9180). The KDF is HKDF-SHA256 and the AEAD AES-256-GCM in both.
package enum KEM: String, Sendable, CaseIterable {
    /// X-Wing: ML-KEM-768 with X25519 (draft-connolly-cfrg-xwing-kem). Holds against an attacker who keeps what is stored
    /// today and has a quantum computer later.
    case xWing = "xwing"
    /// DHKEM(X25519, HKDF-SHA256) alone, for a peer that has no other.
    case x25519

    /// The identifier in IANA's registry of HPKE KEMs.
    package var identifier: UInt16 {
        switch self {
        case .xWing: 0x647a
        case .x25519: 0x0020
        }
    }

    /// Bytes of a public key.
    package var publicKeyCount: Int {
        switch self {
        case .xWing: 1216
        case .x25519: 32
        }
    }

    /// Bytes of an encapsulated key.
    package var encapsulatedCount: Int {
        switch self {
        case .xWing: 1120
        case .x25519: 32
        }
    }

    var ciphersuite: HPKE.Ciphersuite {
        switch self {
        case .xWing: .XWingMLKEM768X25519_SHA256_AES_GCM_256
        case .x25519: HPKE.Ciphersuite(kem: .Curve25519_HKDF_SHA256, kdf: .HKDF_SHA256, aead: .AES_GCM_256)
        }
    }
}

enum X25519Point {
    /// Whether a point is of low order, so that every agreement with it gives zeros. RFC 9180 (section 7.1.4) has such points
    /// refused; swift-crypto leaves that to its callers. Any one private key shows it.
    static func isWeak(_ raw: [UInt8]) -> Bool {
        guard
            let point = try? Curve25519.KeyAgreement.PublicKey(rawRepresentation: raw),
            let trial = try? Curve25519.KeyAgreement.PrivateKey(rawRepresentation: [UInt8](repeating: 1, count: 32)),
            let shared = try? trial.sharedSecretFromKeyAgreement(with: point)
        else { return true }
        return shared.withUnsafeBytes { $0.allSatisfy { $0 == 0 } }
    }
}
