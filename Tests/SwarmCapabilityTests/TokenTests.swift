import SwarmCapability
import SwarmContracts
import Testing

@Suite("Tokens that hold")
struct TokenTests {
    @Test("a token gives its recipient the key it was made with", arguments: KEM.allCases)
    func opens(kem: KEM) throws {
        let fixture = try Fixture()
        let recipient = try #require(RecipientKey(kem: kem, seed: Array(64..<96)))
        let token = try CapabilityToken.mint(
            claims: fixture.claims(audience: .recipient(recipient.publicKey.id)),
            keyMaterial: .read(fixture.keys.read),
            recipient: recipient.publicKey,
            signer: fixture.root.signingKey()
        )
        let read = try CapabilityToken(parsing: text(token), expecting: .state)
        #expect(read.claims == token.claims)
        let verified = try read.verify(
            trustedIssuers: fixture.trusted,
            audience: .recipient(recipient.publicKey.id),
            expectedNode: fixture.node,
            expectedStep: 3,
            now: Fixture.now
        )
        #expect(bytes(try verified.open(with: recipient)) == bytes(fixture.keys.read))
    }

    @Test("a net_cap gives the route's key and no state")
    func net() throws {
        let fixture = try Fixture()
        let verified = try fixture.verify(try fixture.token(.net))
        #expect(bytes(try verified.openNet(with: fixture.worker)) == bytes(fixture.keys.net))
        #expect(throws: CapabilityFailure.malformed(.net, "a state_cap was expected")) {
            try verified.open(with: fixture.worker)
        }
    }

    @Test("a token for the operator opens with the operator's own key")
    func forOperator() throws {
        let fixture = try Fixture()
        let own = fixture.root.recipientKey()
        let token = try CapabilityToken.mint(
            claims: fixture.claims(audience: .operator),
            keyMaterial: .read(fixture.keys.read),
            recipient: own.publicKey,
            signer: fixture.root.signingKey()
        )
        let verified = try token.verify(
            trustedIssuers: fixture.trusted,
            audience: .operator,
            expectedNode: nil,
            expectedStep: nil,
            now: Fixture.now
        )
        #expect(bytes(try verified.open(with: own)) == bytes(fixture.keys.read))
        #expect(throws: CapabilityFailure.self) { try verified.open(with: fixture.worker) }
    }

    @Test("claims need not be canonical, and unknown ones are ignored but bound")
    func foreignWriter() throws {
        let fixture = try Fixture()
        var members = fixture.claims().members
        members["note"] = ["from": "another writer"]
        let info = Digest256.sha256(of: CanonicalJSON.encode(.object(members))).bytes
        let sealed = try Envelope.seal(bytes(fixture.keys.read), to: fixture.worker.publicKey, info: info)
        members["sealed"] = .string(Base64.encode(sealed, .url))
        let canonical = String(decoding: CanonicalJSON.encode(.object(members)), as: UTF8.self)
        let spaced = Array(canonical.replacing("\",\"", with: "\" ,\n \"").utf8)
        let jws = CompactJWS.sign(spaced, type: CapabilityToken.type, with: fixture.root.signingKey())
        let verified = try fixture.verify(try CapabilityToken(parsing: jws))
        #expect(bytes(try verified.open(with: fixture.worker)) == bytes(fixture.keys.read))
    }

    @Test("the redacted form says kind, node, step, expiry and digest, and nothing else shows")
    func redacted() throws {
        let token = try Fixture().token()
        let shown = "\(token)"
        #expect(shown.hasPrefix("state_cap node-"))
        #expect(shown.hasSuffix(" step 3 expires 2027-01-15T09:00:00Z sha256 \(token.digest.hex.prefix(12))"))
        #expect(shown.utf8.count < 100)
        #expect(String(reflecting: token) == shown)
        #expect(Mirror(reflecting: token).children.isEmpty)
    }
}
