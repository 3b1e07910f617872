import SwarmCapability
import SwarmContracts
import Testing

@Suite("The operator's signing key")
struct OperatorKeyTests {
    // W3C CCG, did:key method, the Ed25519 example with its published key.
    @Test("a published did:key gives the published bytes and back")
    func published() throws {
        let did = "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"
        let raw = try #require(Hex.decode("3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29"))
        let key = try #require(OperatorPublicKey(did: did))
        #expect(key.raw == raw)
        #expect(key.did == did)
        #expect(OperatorPublicKey(raw: raw) == key)
    }

    @Test("a did:key is refused after any flipped byte, or reads as another key that has that text")
    func strict() throws {
        let root = try #require(RootSecret(bytes: Array(0..<32)))
        let did = root.signingKey().publicKey.did
        for broken in flips(Array(did.utf8)) {
            let text = String(decoding: broken, as: UTF8.self)
            guard let key = OperatorPublicKey(did: text) else { continue }
            #expect(key.did == text)
            #expect(key != root.signingKey().publicKey)
        }
        // An X25519 key, no key at all, a longer one.
        for text in ["did:key:z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc", "did:key:z", "", did + "1"] {
            #expect(OperatorPublicKey(did: text) == nil)
        }
        #expect(OperatorPublicKey(raw: [1, 2]) == nil)
    }

    @Test("a signature holds for its bytes and its key alone")
    func signatures() throws {
        let key = try #require(RootSecret(bytes: Array(0..<32))).signingKey()
        let other = try #require(RootSecret(bytes: Array(1..<33))).signingKey()
        let signature = key.sign([1, 2, 3])
        #expect(key.sign([1, 2, 3]) == signature)
        #expect(key.publicKey.isValid(signature: signature, over: [1, 2, 3]))
        #expect(!key.publicKey.isValid(signature: signature, over: [1, 2, 4]))
        #expect(!other.publicKey.isValid(signature: signature, over: [1, 2, 3]))
        #expect(!key.publicKey.isValid(signature: [], over: [1, 2, 3]))
        for broken in flips(signature) { #expect(!key.publicKey.isValid(signature: broken, over: [1, 2, 3])) }
    }

    @Test("the public key's PEM holds its DER")
    func pem() throws {
        let key = try #require(RootSecret(bytes: Array(0..<32))).signingKey().publicKey
        let lines = key.spkiPEM.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(Base64.decode(lines[1], .standard) == key.spkiDER)
        #expect(key.spkiDER.count == 44 && Array(key.spkiDER.suffix(32)) == key.raw)
    }
}
