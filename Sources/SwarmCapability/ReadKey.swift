internal import Crypto
package import SwarmContracts

/// What a commitment in a descriptor speaks for.
package enum CommitmentKind: String, Sendable, CaseIterable {
    case workspace
    case state
}

/// `read(n)`: opens node n's sealed root, and through it the node's content. It names and seals no content.
package struct ReadKey: Redacted, Sendable {
    private let key: SymmetricKey

    init(_ key: SymmetricKey) { self.key = key }

    /// Takes the 32 bytes that came sealed; nil for any other count.
    package init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        key = SymmetricKey(data: bytes)
    }

    /// Lends the 32 bytes, for a token or a sealed request.
    package func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try key.withUnsafeBytes(body)
    }

    /// Seals the node's root: AES-256-GCM-SIV (RFC 8452) under `HKDF(read, "root")`. `associated` is the node's
    /// `StepIdentity.associatedData`. The same input gives the same bytes.
    package func sealRoot(_ plaintext: [UInt8], associated: [UInt8]) -> [UInt8] {
        DeterministicSeal.seal(plaintext, KeyDerivation.derive(key, "root"), associated)
    }

    /// Opens a sealed root; throws `sealBroken` where it, the key or the associated data is another.
    package func openRoot(_ sealed: [UInt8], associated: [UInt8]) throws(CapabilityFailure) -> [UInt8] {
        let plaintext = DeterministicSeal.open(sealed, KeyDerivation.derive(key, "root"), associated)
        guard let plaintext else { throw .sealBroken("sealed root") }
        return plaintext
    }

    /// Seals the node's modification times, which nothing hashes; as `sealRoot`, under `HKDF(read, "times")`.
    package func sealTimes(_ plaintext: [UInt8], associated: [UInt8]) -> [UInt8] {
        DeterministicSeal.seal(plaintext, KeyDerivation.derive(key, "times"), associated)
    }

    /// Opens sealed modification times; throws `sealBroken`.
    package func openTimes(_ sealed: [UInt8], associated: [UInt8]) throws(CapabilityFailure) -> [UInt8] {
        let plaintext = DeterministicSeal.open(sealed, KeyDerivation.derive(key, "times"), associated)
        guard let plaintext else { throw .sealBroken("sealed modification times") }
        return plaintext
    }

    /// The descriptor's commitment to plaintext facts: `HMAC-SHA256(HKDF(read, "commit", kind), T)`. Whoever lacks the
    /// key cannot confirm a guess.
    package func commitment(_ kind: CommitmentKind, _ t: Digest256) -> Digest256 {
        Keyed.digest(t.bytes, KeyDerivation.derive(key, "commit", [.text(kind.rawValue)]))
    }

    /// 32 bytes that make the hash of the request that leads to this node unguessable: `HKDF(read, "request-salt")`.
    package func requestSalt() -> [UInt8] {
        KeyDerivation.derive(key, "request-salt").withUnsafeBytes { Array($0) }
    }
}
