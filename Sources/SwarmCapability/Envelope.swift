internal import Crypto
internal import FoundationEssentials

/// Bytes sealed for one recipient: HPKE in base mode (RFC 9180), one message, no associated data.
///
/// Form: the KEM's identifier (2 bytes, big-endian), the encapsulated key, the ciphertext with its tag.
package enum Envelope {
    /// Seals the bytes; they open with the same `info` alone. The encapsulation takes randomness inside swift-crypto, so two
    /// calls give two results. Throws `recipientInvalid` where nothing can be sealed to the key.
    package static func seal(
        _ plaintext: [UInt8],
        to recipient: RecipientPublicKey,
        info: [UInt8]
    ) throws(KeyFailure) -> [UInt8] {
        var sender = try recipient.sender(info: info)
        guard let ciphertext = try? sender.seal(plaintext) else {
            throw .recipientInvalid("the seal failed")
        }
        let identifier = withUnsafeBytes(of: recipient.kem.identifier.bigEndian) { Array($0) }
        return identifier + Array(sender.encapsulatedKey) + Array(ciphertext)
    }

    /// Opens an envelope; throws `sealBroken` where a byte, the recipient or `info` is another.
    package static func open(
        _ sealed: [UInt8],
        with key: RecipientKey,
        info: [UInt8]
    ) throws(CapabilityFailure) -> [UInt8] {
        let kem = key.publicKey.kem
        let start = 2 + kem.encapsulatedCount
        guard
            sealed.count >= start + 16,
            sealed[0] == UInt8(kem.identifier >> 8), sealed[1] == UInt8(kem.identifier & 255),
            var recipient = key.recipient(encapsulated: Array(sealed[2..<start]), info: info),
            let plaintext = try? recipient.open(Array(sealed[start...]))
        else { throw .sealBroken("sealed envelope") }
        return Array(plaintext)
    }
}
