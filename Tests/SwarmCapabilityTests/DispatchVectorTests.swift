import FoundationEssentials
import SwarmCapability
import SwarmContracts
import Testing

/// Holds the code to `vectors/dispatch.json`: sealed requests that open, and such that do not, each for its reason.
@Suite("Conformance vectors of sealed requests")
struct DispatchVectorTests {
    private static let path =
        #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 } + "/vectors/dispatch.json"
    private let fixture: Fixture
    private let workers: [KEM: RecipientKey]

    init() throws {
        fixture = try Fixture()
        workers = Dictionary(
            uniqueKeysWithValues: try KEM.allCases.map { kem in
                (kem, try #require(RecipientKey(kem: kem, seed: Array(32..<64))))
            }
        )
    }

    private func worker(_ vector: JSONValue) throws -> RecipientKey {
        try #require(vector["kem"]?.text.flatMap { KEM(rawValue: $0) }.flatMap { workers[$0] })
    }

    private func open(_ vector: JSONValue) throws -> DispatchRequest {
        try SealedDispatch.open(
            try #require(vector["sealed"]?.text),
            with: try worker(vector),
            issuer: fixture.root.signingKey().publicKey,
            now: try #require(vector["now"]?.integer)
        )
    }

    private func file() throws -> JSONValue {
        try JSONParser.parse(Array(try #require(FileManager.default.contents(atPath: DispatchVectorTests.path))))
    }

    @Test("the file's requests open to what it says", .enabled(if: !VectorTests.isWriting))
    func opens() throws {
        let vectors = try #require(try file()["requests"]?.elements)
        #expect(vectors.count == KEM.allCases.count)
        for vector in vectors {
            let request = try open(vector)
            #expect(String(decoding: request.canonicalBytes, as: UTF8.self) == vector["opens_to"]?.text)
            #expect(try request.audience == worker(vector).publicKey.id)
        }
    }

    @Test("the file's refused requests are refused for the reason it gives", .enabled(if: !VectorTests.isWriting))
    func refused() throws {
        let vectors = try #require(try file()["refused"]?.elements)
        #expect(Set(vectors.compactMap { $0["code"]?.text }).count == 5)
        for vector in vectors {
            let failure = #expect(throws: DispatchFailure.self) { try open(vector) }
            #expect(failure?.code == vector["code"]?.text, "\(vector["name"]?.text ?? "")")
        }
    }

    // MARK: - Making the file

    @Test("the file is written anew, where that is asked for", .enabled(if: VectorTests.isWriting))
    func write() throws {
        let requests = try KEM.allCases.map { kem -> JSONValue in
            let worker = try #require(workers[kem])
            let request = try fixture.request(audience: worker.publicKey)
            let text = try SealedDispatch.seal(request, for: worker.publicKey, by: fixture.root.signingKey())
            var members = vector(kem.rawValue, kem, text)
            members["opens_to"] = .string(String(decoding: request.canonicalBytes, as: UTF8.self))
            members["code"] = nil
            return .object(members)
        }
        let all: JSONValue = [
            "schema_version": "swarm-dispatch-vectors-v1",
            "root_secret": .string(Hex.encode(Array(UInt8(0)..<32))),
            "worker_seed": .string(Hex.encode(Array(UInt8(32)..<64))), "requests": .array(requests),
            "refused": .array(try refusals().map { .object($0) }),
        ]
        let text = VectorTests.lines(all) + "\n"
        #expect(FileManager.default.createFile(atPath: DispatchVectorTests.path, contents: Data(text.utf8)))
    }

    private func vector(_ name: String, _ kem: KEM, _ sealed: String, code: String = "", now: Int64 = Fixture.now)
        -> [String: JSONValue]
    {
        [
            "name": .string(name), "kem": .string(kem.rawValue), "sealed": .string(sealed), "now": .integer(now),
            "code": .string(code),
        ]
    }

    private func refusals() throws -> [[String: JSONValue]] {
        let signer = fixture.root.signingKey()
        let foreign = try #require(RootSecret(bytes: Array(1..<33))).signingKey()
        let kem = KEM.x25519
        let worker = try #require(workers[kem]).publicKey
        let other = try #require(RecipientKey(kem: kem, seed: Array(100..<132))).publicKey
        func sealed(_ request: DispatchRequest, type: String = SealedDispatch.type, by key: OperatorSigningKey) throws
            -> String
        {
            let signed = CompactJWS.sign(request.canonicalBytes, type: type, with: key)
            return Base64.encode(try Envelope.seal(Array(signed.utf8), to: worker, info: KeyInfo.dispatch), .url)
        }
        let own = try fixture.request(audience: worker)
        let good = try sealed(own, by: signer)
        var altered = try #require(Base64.decode(good, .url))
        altered[altered.count - 1] ^= 1
        let elsewhere = try SealedDispatch.seal(try fixture.request(audience: other), for: other, by: signer)
        let wrong = "DISPATCH_REQUEST_WRONG_WORKER"
        let forged = "DISPATCH_REQUEST_FORGED"
        return [
            vector("sealed for another key", kem, elsewhere, code: wrong),
            vector("one bit of the ciphertext turned", kem, Base64.encode(altered, .url), code: wrong),
            vector(
                "meant for another worker",
                kem,
                try sealed(fixture.request(audience: other), by: signer),
                code: wrong
            ),
            vector("signed by a stranger", kem, try sealed(own, by: foreign), code: forged),
            vector(
                "a stranger's own",
                kem,
                try sealed(fixture.request(issuer: foreign, audience: worker), by: foreign),
                code: forged
            ),
            vector(
                "a token's type",
                kem,
                try sealed(own, type: CapabilityToken.type, by: signer),
                code: "DISPATCH_REQUEST_MALFORMED"
            ),
            vector("no base64url", kem, "=" + good, code: "DISPATCH_REQUEST_MALFORMED"),
            vector("over", kem, good, code: "DISPATCH_REQUEST_EXPIRED", now: Fixture.now + 3600),
            vector("too early", kem, good, code: "DISPATCH_REQUEST_NOT_YET_VALID", now: Fixture.now - 301),
        ]
    }
}
