import SwarmCapability
import SwarmContracts
import Testing

@Suite("Sealed requests")
struct SealedDispatchTests {
    let fixture: Fixture

    init() throws { fixture = try Fixture() }

    private func request(
        issuer: OperatorSigningKey? = nil,
        command: String = "make test"
    ) throws -> DispatchRequest {
        try fixture.request(issuer: issuer, command: command)
    }

    private func sealed(_ request: DispatchRequest) throws -> String {
        try SealedDispatch.seal(request, for: fixture.worker.publicKey, by: fixture.root.signingKey())
    }

    private func open(_ text: String, at now: Int64 = Fixture.now) throws(DispatchFailure) -> DispatchRequest {
        try SealedDispatch.open(text, with: fixture.worker, issuer: fixture.root.signingKey().publicKey, now: now)
    }

    @Test("the worker for whom a request was sealed reads what the operator wrote")
    func opens() throws {
        let request = try request()
        #expect(try open(try sealed(request)) == request)
    }

    @Test("a request of another issuer is refused, whoever it is sealed for")
    func otherIssuer() throws {
        let other = try #require(RootSecret(bytes: Array(1..<33))).signingKey()
        let text = try SealedDispatch.seal(
            try request(issuer: other),
            for: fixture.worker.publicKey,
            by: other
        )
        let failure = #expect(throws: DispatchFailure.self) { try open(text) }
        #expect(failure?.code == "DISPATCH_REQUEST_FORGED")
        #expect(failure?.category.exitCode == 6)
    }

    @Test("another worker's key opens nothing, and a request handed on is refused")
    func otherWorker() throws {
        let other = try #require(RecipientKey(seed: Array(100..<132)))
        let issuer = fixture.root.signingKey().publicKey
        let text = try sealed(try request())
        #expect(throws: DispatchFailure.notForThisWorker) {
            try SealedDispatch.open(text, with: other, issuer: issuer, now: Fixture.now)
        }
        let handedOn = try Envelope.seal(
            Array(
                CompactJWS.sign(
                    try request().canonicalBytes,
                    type: SealedDispatch.type,
                    with: fixture.root.signingKey()
                ).utf8
            ),
            to: other.publicKey,
            info: KeyInfo.dispatch
        )
        #expect(throws: DispatchFailure.notForThisWorker) {
            try SealedDispatch.open(Base64.encode(handedOn, .url), with: other, issuer: issuer, now: Fixture.now)
        }
    }

    @Test("a request holds in its time alone")
    func time() throws {
        let text = try sealed(try request())
        #expect(throws: DispatchFailure.expired(at: Fixture.now + 3600)) { try open(text, at: Fixture.now + 3600) }
        #expect(throws: DispatchFailure.notYetValid(from: Fixture.now)) { try open(text, at: Fixture.now - 3600) }
    }

    @Test("a request that does not fit an input is refused before it is sent")
    func tooLong() throws {
        let failure = #expect(throws: DispatchFailure.self) {
            try sealed(try request(command: String(repeating: "x", count: 60_000)))
        }
        #expect(failure?.code == "DISPATCH_REQUEST_TOO_LONG")
    }

    @Test("cut and flipped requests never open")
    func altered() throws {
        let text = Array(try sealed(try request()).utf8)
        for position in stride(from: 0, to: text.count, by: 97) {
            var changed = text
            changed[position] = changed[position] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            #expect(throws: DispatchFailure.self) { try open(String(decoding: changed, as: UTF8.self)) }
            #expect(throws: DispatchFailure.self) { try open(String(decoding: text.prefix(position), as: UTF8.self)) }
        }
    }

    @Test("a request whose parts contradict each other is refused")
    func contradiction() throws {
        guard case .object(var members) = try request().value else { return }
        var other = PolicyDocument.default
        other.policyID = "other"
        members["policy"] = other.value
        #expect(throws: DocumentFailure.self) { try DispatchRequest(reading: CanonicalJSON.encode(.object(members))) }
    }

    @Test("nothing that prints a request shows a key or a value")
    func redacted() throws {
        let request = try request()
        var dumped = ""
        dump(request, to: &dumped)
        dump(request.caps, to: &dumped)
        dump(request.environment, to: &dumped)
        let shown = "\(request) \(request.caps) \(request.environment) \(String(reflecting: request)) \(dumped)"
        #expect(!shown.contains("hunter2"))
        #expect(!shown.contains(Base64.encode(request.caps.readChild, .url)))
        #expect(!shown.contains(request.caps.readChild.map(String.init).joined(separator: ", ")))
        #expect(DocumentSchema.named("dispatch")?.validate(request.value).isEmpty == true)
    }
}

/// The `info` of a sealed request, as docs/worker.md has it.
enum KeyInfo { static let dispatch = Array("swarm/v1/dispatch".utf8) }
