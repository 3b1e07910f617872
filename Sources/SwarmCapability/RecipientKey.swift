internal import Crypto
internal import FoundationEssentials
internal import SwarmContracts

/// A key pair to which keys are sealed: the operator's from the root secret, a worker's from random bytes.
package struct RecipientKey: Redacted, Sendable {
    /// The half that everyone may see.
    package let publicKey: RecipientPublicKey
    private let seed: SecretBytes

    private static let scheme = "swarm-recipient-secret"

    init(_ kem: KEM, seed: SecretBytes) {
        self.seed = seed
        let raw: Data? = seed.withBytes { bytes in
            switch kem {
            case .xWing: (try? RecipientKey.xWing(bytes))?.publicKey.rawRepresentation
            case .x25519: (try? RecipientKey.x25519(bytes))?.publicKey.rawRepresentation
            }
        }
        guard let raw else { preconditionFailure("the seed of an X-Wing or X25519 key is any 32 bytes") }
        publicKey = RecipientPublicKey(known: Array(raw), kem)
    }

    /// Makes a key pair of 32 random bytes; nil for any other count.
    package init?(kem: KEM = .xWing, seed: [UInt8]) {
        guard seed.count == 32 else { return nil }
        self.init(kem, seed: SecretBytes(seed))
    }

    /// Reads `swarm-recipient-secret:<kem>:<base64url of the seed>`, with one line end behind it or none. Throws
    /// `recipientInvalid`, which shows no part of the text.
    package init(text: SecretText) throws(KeyFailure) {
        let read: (KEM, [UInt8])? = text.withText { text in
            let line = text.hasSuffix("\n") ? text.dropLast() : text[...]
            let parts = line.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 3, parts[0] == RecipientKey.scheme, let kem = KEM(rawValue: String(parts[1])),
                let seed = Base64.decode(parts[2], .url), seed.count == 32
            else { return nil }
            return (kem, seed)
        }
        guard let (kem, seed) = read else {
            throw .recipientInvalid("the private key is not of the form \(RecipientKey.scheme):<kem>:<32 bytes>")
        }
        self.init(kem, seed: SecretBytes(seed))
    }

    /// The private half as one line, for the secret of one worker.
    package var text: SecretText {
        let seed = seed.withBytes { Base64.encode(Array($0), .url) }
        return SecretText("\(RecipientKey.scheme):\(publicKey.kem.rawValue):\(seed)")
    }

    /// What was encapsulated with `info`, or nil where it was not for this key.
    func recipient(encapsulated: [UInt8], info: [UInt8]) -> HPKE.Recipient? {
        let suite = publicKey.kem.ciphersuite
        if publicKey.kem == .x25519, X25519Point.isWeak(encapsulated) { return nil }
        return seed.withBytes { bytes in
            switch publicKey.kem {
            case .xWing:
                (try? RecipientKey.xWing(bytes)).flatMap {
                    try? HPKE.Recipient(
                        privateKey: $0,
                        ciphersuite: suite,
                        info: Data(info),
                        encapsulatedKey: Data(encapsulated)
                    )
                }
            case .x25519:
                (try? RecipientKey.x25519(bytes)).flatMap {
                    try? HPKE.Recipient(
                        privateKey: $0,
                        ciphersuite: suite,
                        info: Data(info),
                        encapsulatedKey: Data(encapsulated)
                    )
                }
            }
        }
    }

    private static func xWing(_ seed: UnsafeRawBufferPointer) throws -> XWingMLKEM768X25519.PrivateKey {
        try XWingMLKEM768X25519.PrivateKey(seedRepresentation: Array(seed), publicKey: nil)
    }

    private static func x25519(_ seed: UnsafeRawBufferPointer) throws -> Curve25519.KeyAgreement.PrivateKey {
        try Curve25519.KeyAgreement.PrivateKey(rawRepresentation: Array(seed))
    }
}
