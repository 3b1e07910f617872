import SwarmCapability
import SwarmContracts
import Testing

@Suite("Recipients and envelopes")
struct RecipientTests {
    private func key(_ kem: KEM, _ first: UInt8 = 1) throws -> RecipientKey {
        try #require(RecipientKey(kem: kem, seed: Array(first..<first + 32)))
    }

    @Test("a public key reads back from its line, with a line end or none", arguments: KEM.allCases)
    func publicText(kem: KEM) throws {
        let key = try key(kem).publicKey
        #expect(try RecipientPublicKey(text: key.text) == key)
        #expect(try RecipientPublicKey(text: key.text + "\n") == key)
        #expect(key.raw.count == kem.publicKeyCount)
    }

    @Test("a public key's line is refused after any flipped byte", arguments: KEM.allCases)
    func publicTextIsStrict(kem: KEM) throws {
        let line = try key(kem).publicKey.text
        for broken in flips(Array(line.utf8)) {
            let text = String(decoding: broken, as: UTF8.self)
            #expect(throws: KeyFailure.self) { try RecipientPublicKey(text: text) }
        }
        for text in [line + "\n\n", " " + line, line + ":", String(line.dropLast()), ""] {
            #expect(throws: KeyFailure.self) { try RecipientPublicKey(text: text) }
        }
    }

    // Points of order 1, 2, 4 and 8 (RFC 7748, section 6.1; the last as curve25519's list of small orders has it).
    @Test(
        "a point of low order is no X25519 key, neither a recipient's nor an encapsulated one",
        arguments: [
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0100000000000000000000000000000000000000000000000000000000000000",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        ]
    )
    func weakPoints(hex: String) throws {
        let point = try #require(Hex.decode(hex))
        #expect(throws: KeyFailure.self) { try RecipientPublicKey(kem: .x25519, raw: point) }
        let sealed = [0x00, 0x20] + point + [UInt8](repeating: 0, count: 48)
        let key = try key(.x25519)
        #expect(throws: CapabilityFailure.self) { try Envelope.open(sealed, with: key, info: []) }
    }

    @Test("bytes whose coefficients lie beyond ML-KEM's modulus are no X-Wing key")
    func foreignCoefficients() {
        #expect(throws: KeyFailure.self) {
            try RecipientPublicKey(kem: .xWing, raw: [UInt8](repeating: 0xff, count: 1216))
        }
    }

    @Test("a worker's private half reads back and is refused where it is cut or unknown", arguments: KEM.allCases)
    func privateText(kem: KEM) throws {
        let key = try key(kem)
        let line = text(key.text)
        #expect(try RecipientKey(text: SecretText(line + "\n")).publicKey == key.publicKey)
        for broken in [String(line.dropLast()), line + "A", "x" + line, line.replacing(kem.rawValue, with: "p256"), ""]
        {
            #expect(throws: KeyFailure.self) { try RecipientKey(text: SecretText(broken)) }
        }
        #expect(RecipientKey(kem: kem, seed: [1, 2, 3]) == nil)
    }

    @Test("an envelope opens for its recipient and its info alone, and after no flipped byte", arguments: KEM.allCases)
    func envelope(kem: KEM) throws {
        let (recipient, other) = (try key(kem), try key(kem, 2))
        let (plaintext, info) = (Array("key material".utf8), Array("info".utf8))
        let sealed = try Envelope.seal(plaintext, to: recipient.publicKey, info: info)
        #expect(sealed.count == 2 + kem.encapsulatedCount + plaintext.count + 16)
        #expect(try Envelope.open(sealed, with: recipient, info: info) == plaintext)
        let failure = CapabilityFailure.sealBroken("sealed envelope")
        #expect(throws: failure) { try Envelope.open(sealed, with: other, info: info) }
        #expect(throws: failure) { try Envelope.open(sealed, with: recipient, info: []) }
        #expect(throws: failure) { try Envelope.open(Array(sealed.dropLast()), with: recipient, info: info) }
        #expect(throws: failure) { try Envelope.open([], with: recipient, info: info) }
        for broken in flips(sealed) {
            #expect(throws: failure) { try Envelope.open(broken, with: recipient, info: info) }
        }
    }

    @Test("an envelope for one KEM is nothing to the other")
    func kemsAreApart() throws {
        let (xWing, x25519) = (try key(.xWing), try key(.x25519))
        let sealed = try Envelope.seal([1], to: xWing.publicKey, info: [])
        #expect(throws: CapabilityFailure.self) { try Envelope.open(sealed, with: x25519, info: []) }
    }
}
