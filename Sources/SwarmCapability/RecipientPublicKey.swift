internal import Crypto
internal import FoundationEssentials
internal import SwarmContracts

/// The public key of someone to whom keys are sealed. Its text form is one line:
/// `swarm-recipient:<kem>:<id>:<base64url of the key>`.
package struct RecipientPublicKey: Hashable, Sendable, CustomStringConvertible {
    package let kem: KEM
    /// The key as HPKE serialises it (RFC 9180, section 7.1.1; X-Wing: ML-KEM's key, then X25519's).
    package let raw: [UInt8]

    private static let scheme = "swarm-recipient"

    init(known raw: [UInt8], _ kem: KEM) {
        self.kem = kem
        self.raw = raw
    }

    /// Takes the bytes of a key. Throws `recipientInvalid` where they are too few or too many, or are no key to which
    /// anything can be sealed: a trial shows that, for which swift-crypto takes randomness of its own.
    package init(kem: KEM, raw: [UInt8]) throws(KeyFailure) {
        guard raw.count == kem.publicKeyCount else {
            throw .recipientInvalid("a \(kem.rawValue) key has \(kem.publicKeyCount) bytes, not \(raw.count)")
        }
        self.init(known: raw, kem)
        _ = try sender(info: [])
    }

    /// Reads the text form, with one line end behind it or none. Throws `recipientInvalid` and says why.
    package init(text: String) throws(KeyFailure) {
        let line = text.hasSuffix("\n") ? text.dropLast() : text[...]
        let parts = line.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == RecipientPublicKey.scheme else {
            throw .recipientInvalid("it is not of the form \(RecipientPublicKey.scheme):<kem>:<id>:<key>")
        }
        guard let kem = KEM(rawValue: String(parts[1])) else {
            throw .recipientInvalid("'\(Name.shown(String(parts[1])))' is no KEM that swarm knows")
        }
        guard parts[3].utf8.count <= 4096, let raw = Base64.decode(parts[3], .url) else {
            throw .recipientInvalid("the key is not base64url")
        }
        try self.init(kem: kem, raw: raw)
        guard parts[2] == id else { throw .recipientInvalid("the id does not belong to the key: a character is wrong") }
    }

    /// `rcpt-` and the first 32 hexadecimal digits of the SHA-256 of the KEM's identifier (2 bytes, big-endian) and the key.
    package var id: String {
        let identifier = withUnsafeBytes(of: kem.identifier.bigEndian) { Array($0) }
        return "rcpt-" + Digest256.sha256(of: identifier + raw).hex.prefix(32)
    }

    /// The text form, without a line end.
    package var text: String {
        "\(RecipientPublicKey.scheme):\(kem.rawValue):\(id):\(Base64.encode(raw, .url))"
    }

    package var description: String { text }

    func sender(info: [UInt8]) throws(KeyFailure) -> HPKE.Sender {
        let sender: HPKE.Sender?
        switch kem {
        case .xWing:
            sender = (try? XWingMLKEM768X25519.PublicKey(rawRepresentation: raw)).flatMap {
                try? HPKE.Sender(recipientKey: $0, ciphersuite: kem.ciphersuite, info: Data(info))
            }
        case .x25519 where X25519Point.isWeak(raw): sender = nil
        case .x25519:
            sender = (try? Curve25519.KeyAgreement.PublicKey(rawRepresentation: raw)).flatMap {
                try? HPKE.Sender(recipientKey: $0, ciphersuite: kem.ciphersuite, info: Data(info))
            }
        }
        guard let sender else { throw .recipientInvalid("its bytes are no \(kem.rawValue) key") }
        return sender
    }
}
