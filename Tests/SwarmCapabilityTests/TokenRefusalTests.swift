import SwarmCapability
import SwarmContracts
import Testing

@Suite("Tokens that do not hold")
struct TokenRefusalTests {
    let fixture: Fixture

    init() throws { fixture = try Fixture() }

    private func failure(_ body: () throws(CapabilityFailure) -> Void) -> CapabilityFailure? {
        do throws(CapabilityFailure) {
            try body()
            return nil
        } catch { return error }
    }

    private func failure(
        _ token: CapabilityToken,
        issuers: Set<OperatorPublicKey>? = nil,
        audience: Audience? = nil,
        node: NodeID? = nil,
        step: Int = 3,
        now: Int64 = Fixture.now
    ) -> CapabilityFailure? {
        failure { () throws(CapabilityFailure) in
            _ = try token.verify(
                trustedIssuers: issuers ?? fixture.trusted,
                audience: audience ?? .recipient(fixture.worker.publicKey.id),
                expectedNode: node ?? fixture.node,
                expectedStep: step,
                now: now
            )
        }
    }

    @Test("each wrong circumstance has a code of its own and exit code 6", arguments: CapabilityKind.allCases)
    func circumstances(kind: CapabilityKind) throws {
        let token = try fixture.token(kind)
        let stranger = try #require(RootSecret(bytes: Array(1..<33))).signingKey().publicKey
        let prefix = kind == .state ? "STATE_CAP" : "NET_CAP"
        let cases: [(CapabilityFailure?, String)] = [
            (failure(token, issuers: []), "FORGED"),
            (failure(token, issuers: [stranger]), "FORGED"),
            (failure(token, audience: .operator), "WRONG_AUDIENCE"),
            (failure(token, audience: .recipient("rcpt-" + String(repeating: "0", count: 32))), "WRONG_AUDIENCE"),
            (failure(token, node: NodeID(documentHash: .zero)), "WRONG_NODE"),
            (failure(token, step: 2), "WRONG_STEP"),
            (failure(token, step: 4), "WRONG_STEP"),
            (failure(token, now: Fixture.now - 1), "NOT_YET_VALID"),
            (failure(token, now: Fixture.now + 3600), "EXPIRED"),
            (.replayed(kind, "r1"), "REPLAYED"),
            (.malformed(kind, ""), "MALFORMED"),
        ]
        for (failure, code) in cases {
            #expect(failure?.code == "\(prefix)_\(code)")
            #expect(failure?.category.exitCode == 6)
            #expect(failure?.hint != nil)
        }
        #expect(failure(token) == nil)
        #expect(failure(token, now: Fixture.now + 3599) == nil)
    }

    @Test("a token is refused after any flipped byte")
    func everyByteCounts() throws {
        for broken in flips(Array(text(try fixture.token()).utf8)) {
            let refusal = failure { () throws(CapabilityFailure) in
                let token = try CapabilityToken(parsing: String(decoding: broken, as: UTF8.self), expecting: .state)
                _ = try fixture.verify(token)
            }
            #expect(refusal?.category == .policy)
        }
    }

    @Test("no cut or scrambled token is taken or crashes", arguments: 0..<4 as Range<UInt64>)
    func mutations(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        let original = Array(text(try fixture.token()).utf8)
        for _ in 0..<200 {
            var broken = original
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let start = Int.random(in: 0..<broken.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: broken.removeSubrange(start..<min(broken.count, start + Int.random(in: 1...40, using: &random)))
                case 1: broken.insert(contentsOf: broken[start..<min(broken.count, start + 9)], at: start)
                default: broken[start] = UInt8.random(in: 0...255, using: &random)
                }
                if broken.isEmpty { broken = [0x2e] }
            }
            if broken == original { continue }
            let text = String(decoding: broken, as: UTF8.self)
            #expect(throws: CapabilityFailure.self) { try fixture.verify(try CapabilityToken(parsing: text)) }
        }
    }

    @Test("a sealed key cannot be moved to another token, nor claims changed around it")
    func sealedPartIsBound() throws {
        let token = try fixture.token()
        let payload = try CompactJWS(parsing: text(token), type: CapabilityToken.type).payload
        guard case .object(var members) = try JSONParser.parse(payload) else {
            Issue.record("not an object")
            return
        }
        members["exp"] = .integer(Fixture.now + 7200)
        let verified = try fixture.verify(try CapabilityToken(parsing: fixture.signed(members)))
        let refusal = failure { () throws(CapabilityFailure) in _ = try verified.open(with: fixture.worker) }
        #expect(refusal?.code == "STATE_CAP_FORGED")
    }

    @Test("another recipient's key does not open a verified token")
    func otherRecipient() throws {
        let verified = try fixture.verify(try fixture.token())
        let other = try #require(RecipientKey(seed: Array(9..<41)))
        let refusal = failure { () throws(CapabilityFailure) in _ = try verified.open(with: other) }
        #expect(refusal?.code == "STATE_CAP_WRONG_AUDIENCE")
    }

    @Test("a signer who is not the issuer, or the issuer's name on another's signature, is refused")
    func forgedIssuer() throws {
        let stranger = try #require(RootSecret(bytes: Array(1..<33))).signingKey()
        #expect(throws: CapabilityFailure.self) {
            try CapabilityToken.mint(
                claims: fixture.claims(),
                keyMaterial: .read(fixture.keys.read),
                recipient: fixture.worker.publicKey,
                signer: stranger
            )
        }
        let payload = try CompactJWS(parsing: text(try fixture.token()), type: CapabilityToken.type).payload
        let forged = CompactJWS.sign(payload, type: CapabilityToken.type, with: stranger)
        #expect(failure(try CapabilityToken(parsing: forged))?.code == "STATE_CAP_FORGED")
    }

    @Test(
        "a claim that is missing or not what it has to be is named",
        arguments: [
            ("iss", "did:key:z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc"), ("aud", "anyone"),
            ("aud", ["operator"]),
            ("sub", "node-1"), ("jti", "../escape"), ("jti", ""), ("iat", -1), ("nbf", "now"), ("exp", 1_800_000_000),
            ("exp", 253_402_300_800), ("state_id", "state-xyz"), ("ratchet_step", -1), ("run_id", "a/b"),
            ("policy_hash", "sha256:00"), ("workflow_ref", "two words"), ("cap", "root_cap"), ("sealed", "%"),
        ] as [(String, JSONValue)]
    )
    func claims(name: String, value: JSONValue) throws {
        var members = fixture.claims().members
        members["sealed"] = "AAAA"
        _ = try CapabilityToken(parsing: fixture.signed(members))
        for change in [.some(value), .none] as [JSONValue?] {
            members[name] = change
            let text = fixture.signed(members)
            let refusal = failure { () throws(CapabilityFailure) in _ = try CapabilityToken(parsing: text) }
            #expect(refusal?.code == "STATE_CAP_MALFORMED")
            #expect(refusal?.message.contains("$.\(name) ") == true, "\(refusal?.message ?? "taken")")
        }
    }

    @Test("a claim that asks for understanding is refused at any depth, whatever it says")
    func criticalMembers() throws {
        let asking: [[String: JSONValue]] = [
            ["critical_more": 1], ["deep": [["critical_more": nil]]], ["critical_\u{301}more": 1],
        ]
        for value in asking {
            let members = fixture.claims().members.merging(["sealed": "AAAA"]) { $1 }.merging(value) { $1 }
            let text = fixture.signed(members)
            let refusal = failure { () throws(CapabilityFailure) in _ = try CapabilityToken(parsing: text) }
            #expect(refusal?.message.contains("may not ignore") == true)
        }
    }

    @Test("a token of the other kind is refused where one kind is expected")
    func otherKind() throws {
        let token = text(try fixture.token(.net))
        let refusal = failure { () throws(CapabilityFailure) in
            _ = try CapabilityToken(parsing: token, expecting: .state)
        }
        #expect(refusal == .malformed(.state, "$.cap is not state_cap"))
    }

    @Test("minting refuses what no reader would take")
    func mint() {
        let claims = [
            fixture.claims(id: "a/b"), fixture.claims(stateID: "state-1"), fixture.claims(.net),
            fixture.claims(audience: .recipient("rcpt-" + String(repeating: "0", count: 32))),
        ]
        for claims in claims {
            #expect(throws: CapabilityFailure.self) {
                try CapabilityToken.mint(
                    claims: claims,
                    keyMaterial: .read(fixture.keys.read),
                    recipient: fixture.worker.publicKey,
                    signer: fixture.root.signingKey()
                )
            }
        }
    }
}
