internal import Crypto
package import SwarmContracts

/// The operator's 32 bytes, from which every other key of a store comes. All there is to keep.
///
/// Every derivation is HKDF-SHA256 (RFC 5869) with a purpose of its own; docs/keys.md writes them down.
package struct RootSecret: Redacted, Sendable {
    private let secret: SymmetricKey

    /// Takes 32 bytes from the system's generator, or those that were kept; nil for any other count.
    package init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        secret = SymmetricKey(data: bytes)
    }

    /// Random bytes that a fresh root takes.
    package static let randomCount = 32

    /// A new root. `random` is `randomCount` fresh bytes from the system's generator.
    package static func fresh(from random: [UInt8]) -> RootSecret {
        guard let secret = RootSecret(bytes: random) else {
            preconditionFailure("a root takes \(randomCount) random bytes")
        }
        return secret
    }

    /// Lends the 32 bytes, for the key file alone.
    package func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try secret.withUnsafeBytes(body)
    }

    /// The name by which a descriptor says under which root its keys are found; tells nothing of the secret.
    package var keyID: KeyID { KeyID(derived: bytes(of: "key-id")) }

    /// The store's dedup secret: names and seals the content of local runs and imports. It never leaves the operator.
    package func contentSecret() -> ContentSecret { ContentSecret(KeyDerivation.derive(secret, "content")) }

    /// The keys of one node. `name` is its run id or label, `parent` is nil for the root alone, and `ratchetStep`, which
    /// must not be negative, is its distance from the root. Any two nodes that differ in one of the four share no key.
    package func nodeKeys(operation: String, name: String, parent: NodeID?, ratchetStep: Int) -> NodeKeys {
        func chain(_ chain: String) -> SymmetricKey {
            let fields: [KeyDerivation.Field] = [
                .text(chain), .text(operation), .text(name), .text(parent?.description ?? ""),
                .number(UInt64(ratchetStep)),
            ]
            return KeyDerivation.derive(secret, "node", fields)
        }
        let state = chain("state")
        return NodeKeys(
            read: ReadKey(KeyDerivation.derive(state, "read")),
            write: ContentSecret(KeyDerivation.derive(state, "write")),
            net: NetKey(KeyDerivation.derive(chain("net"), "net"))
        )
    }

    /// The Ed25519 key under which the operator signs requests, tokens and local attestations.
    package func signingKey() -> OperatorSigningKey { OperatorSigningKey(seed: bytes(of: "ed25519")) }

    /// The key pair to which tokens for the operator are sealed.
    package func recipientKey(_ kem: KEM = .xWing) -> RecipientKey {
        RecipientKey(kem, seed: SecretBytes(bytes(of: kem.rawValue)))
    }

    /// A key that never leaves this machine's index and caches.
    package func localKey(_ purpose: LocalPurpose) -> LocalSealingKey {
        LocalSealingKey(KeyDerivation.derive(secret, "local", [.text(purpose.rawValue)]))
    }

    private func bytes(of purpose: String) -> [UInt8] {
        KeyDerivation.derive(secret, purpose).withUnsafeBytes { Array($0) }
    }
}
