internal import Crypto
internal import FoundationEssentials
package import SwarmContracts

/// What a key that never leaves this machine is for.
package enum LocalPurpose: String, Sendable, CaseIterable {
    /// Names imports by their content.
    case importNames = "import"
    /// Seals the cache of file facts.
    case statCache = "stat-cache"
    /// Hashes the values of environment variables.
    case environment
    /// Seals and hashes what else the index holds.
    case index
}

/// A key for one local purpose. Nothing made under it opens or confirms anything made for another.
package struct LocalSealingKey: Redacted, Sendable {
    private let key: SymmetricKey

    /// Bytes that sealing adds: the nonce before and the tag behind.
    package static let overhead = 28

    init(_ key: SymmetricKey) { self.key = key }

    /// 16 hexadecimal digits for a Merkle hash of plaintext facts: the end of an import's run id.
    package func importName(t: Digest256) -> String { String(digest([t.bytes]).hex.prefix(16)) }

    /// HMAC-SHA256 over the fields, each behind its length (4 bytes, big-endian), so that none runs into the next.
    package func digest(_ fields: [[UInt8]]) -> Digest256 {
        let message = KeyDerivation.info("digest", fields.map { .bytes($0) })
        return Keyed.digest(message, KeyDerivation.derive(key, "digest"))
    }

    /// Seals under AES-256-GCM: nonce, ciphertext, tag. `nonce` is 12 random bytes that were never used before.
    package func seal(_ plaintext: [UInt8], nonce: [UInt8], associated: [UInt8]) -> [UInt8] {
        precondition(nonce.count == 12, "a nonce of AES-256-GCM has 12 bytes")
        let key = KeyDerivation.derive(key, "seal")
        guard
            let nonce = try? AES.GCM.Nonce(data: nonce),
            let box = try? AES.GCM.seal(plaintext, using: key, nonce: nonce, authenticating: associated),
            let combined = box.combined
        else { preconditionFailure("AES-256-GCM takes any plaintext of less than 64 GiB") }
        return Array(combined)
    }

    /// Opens what `seal` gave; throws `sealBroken` where a byte, the key or the associated data is another.
    package func open(_ sealed: [UInt8], associated: [UInt8]) throws(CapabilityFailure) -> [UInt8] {
        guard
            let box = try? AES.GCM.SealedBox(combined: sealed),
            let plaintext = try? AES.GCM.open(box, using: KeyDerivation.derive(key, "seal"), authenticating: associated)
        else { throw .sealBroken("local cache") }
        return Array(plaintext)
    }
}
