internal import Crypto

/// The key of a node's route: seals the ticket with which a step reaches its proxy.
package struct NetKey: Redacted, Sendable {
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

    /// Seals a ticket: AES-256-GCM-SIV (RFC 8452) under `HKDF(net, "ticket")`.
    package func sealTicket(_ plaintext: [UInt8], associated: [UInt8]) -> [UInt8] {
        DeterministicSeal.seal(plaintext, KeyDerivation.derive(key, "ticket"), associated)
    }

    /// Opens a sealed ticket; throws `sealBroken` where it, the key or the associated data is another.
    package func openTicket(_ sealed: [UInt8], associated: [UInt8]) throws(CapabilityFailure) -> [UInt8] {
        let plaintext = DeterministicSeal.open(sealed, KeyDerivation.derive(key, "ticket"), associated)
        guard let plaintext else { throw .sealBroken("sealed ticket") }
        return plaintext
    }
}
