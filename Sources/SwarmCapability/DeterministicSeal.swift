internal import Crypto
internal import CryptoExtras
internal import FoundationEssentials

/// AES-256-GCM-SIV (RFC 8452) under a zero nonce: the same input gives the same bytes, and two inputs under one key betray
/// no more than that they differ. Sealed form: the ciphertext, then the 16 bytes of the tag.
enum DeterministicSeal {
    static let overhead = 16
    private static let zeroNonce = [UInt8](repeating: 0, count: 12)

    static func seal(_ plaintext: [UInt8], _ key: SymmetricKey, _ associated: [UInt8]) -> [UInt8] {
        guard
            let nonce = try? AES.GCM._SIV.Nonce(data: zeroNonce),
            let box = try? AES.GCM._SIV.seal(plaintext, using: key, nonce: nonce, authenticating: associated)
        else { preconditionFailure("AES-256-GCM-SIV takes any plaintext of less than 64 GiB") }
        return Array(box.combined.dropFirst(zeroNonce.count))
    }

    /// The plaintext, or nil where a byte of the sealed form, the key or the associated data is another.
    static func open(_ sealed: [UInt8], _ key: SymmetricKey, _ associated: [UInt8]) -> [UInt8]? {
        guard
            sealed.count >= overhead,
            let box = try? AES.GCM._SIV.SealedBox(combined: zeroNonce + sealed),
            let plaintext = try? AES.GCM._SIV.open(box, using: key, authenticating: associated)
        else { return nil }
        return Array(plaintext)
    }
}
