import FoundationEssentials
import SwarmCapability
import SwarmContracts
import Testing

/// Holds the code to `vectors/keys.json`, which another implementation is held to as well (Tests/Scripts/check_vectors.py).
@Suite("Conformance vectors of keys")
struct VectorTests {
    static let path =
        #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 } + "/vectors/keys.json"
    static let isWriting = ProcessInfo.processInfo.environment["SWARM_WRITE_VECTORS"] == "1"

    let vectors: Vectors

    init() throws { vectors = try #require(Vectors()) }

    private func file() throws -> JSONValue {
        let data = try #require(FileManager.default.contents(atPath: VectorTests.path))
        return try JSONParser.parse(Array(data))
    }

    /// One member a line, so that a change shows where it is.
    static func lines(_ value: JSONValue, _ indent: String = "") -> String {
        let inner = indent + "  "
        switch value {
        case .object(let members):
            let texts = members.sorted { $0.key < $1.key }.map { name, member in
                inner + String(decoding: CanonicalJSON.encode(.string(name)), as: UTF8.self) + ": "
                    + lines(member, inner)
            }
            return "{\n" + texts.joined(separator: ",\n") + "\n\(indent)}"
        case .array(let elements):
            return "[\n" + elements.map { inner + lines($0, inner) }.joined(separator: ",\n") + "\n\(indent)]"
        default: return String(decoding: CanonicalJSON.encode(value), as: UTF8.self)
        }
    }

    @Test("the file is written anew, where that is asked for", .enabled(if: VectorTests.isWriting))
    func write() throws {
        var members = vectors.deterministic
        members["tokens"] = try vectors.sealedTokens()
        members["refused_tokens"] = try vectors.refusedTokens()
        let text = VectorTests.lines(.object(members)) + "\n"
        #expect(FileManager.default.createFile(atPath: VectorTests.path, contents: Data(text.utf8)))
    }

    @Test("whatever is the same at each making is as the file has it", .enabled(if: !VectorTests.isWriting))
    func deterministic() throws {
        let file = try file()
        for (name, value) in vectors.deterministic { #expect(file[name] == value, "\(name)") }
        #expect(file["refused_tokens"] == (try vectors.refusedTokens()))
    }

    @Test("the file's tokens hold and open to what it says", .enabled(if: !VectorTests.isWriting))
    func tokens() throws {
        let tokens = try #require(try file()["tokens"]?.elements)
        #expect(tokens.count == KEM.allCases.count)
        for vector in tokens {
            let kem = try #require(vector["kem"]?.text.flatMap { KEM(rawValue: $0) })
            let key = vectors.root.recipientKey(kem)
            let token = try CapabilityToken(parsing: try #require(vector["jws"]?.text), expecting: .state)
            #expect(token.claims == vectors.claims(kem))
            let verified = try token.verify(
                trustedIssuers: [vectors.root.signingKey().publicKey],
                audience: .recipient(key.publicKey.id),
                expectedNode: vectors.parent,
                expectedStep: 7,
                now: 1_800_000_000
            )
            #expect(Hex.encode(bytes(try verified.open(with: key))) == vector["opens_to"]?.text)
        }
    }

    @Test("the file's refused tokens are refused for the reason it gives", .enabled(if: !VectorTests.isWriting))
    func refusedTokens() throws {
        let tokens = try #require(try file()["refused_tokens"]?.elements)
        #expect(tokens.count >= 10)
        for vector in tokens {
            let (text, now) = (try #require(vector["jws"]?.text), try #require(vector["now"]?.integer))
            let failure = #expect(throws: CapabilityFailure.self) {
                try CapabilityToken(parsing: text, expecting: .state).verify(
                    trustedIssuers: [vectors.root.signingKey().publicKey],
                    audience: .recipient(vectors.root.recipientKey().publicKey.id),
                    expectedNode: vectors.parent,
                    expectedStep: 7,
                    now: now
                )
            }
            #expect(failure?.code == vector["code"]?.text, "\(vector["name"]?.text ?? "")")
        }
    }

    @Test("the file's key files and recovery strings read as it says", .enabled(if: !VectorTests.isWriting))
    func keyFiles() throws {
        let file = try file()
        for (name, passphrase) in [("plain", nil), ("wrapped", file["key_files"]?["passphrase"]?.text)] {
            let bytes = Array(try #require(file["key_files"]?[name]?.text).utf8)
            let ring = try Keyring(decoding: bytes, passphrase: passphrase.map { SecretText($0) })
            #expect(ring.all.first?.keyID == vectors.root.keyID)
        }
        let refused = try #require(file["refused_recovery_strings"]?.elements)
        #expect(refused.count >= 5)
        for vector in refused {
            let text = try #require(vector["text"]?.text)
            #expect(throws: KeyFailure.self) { try RootSecret(recoveryString: SecretText(text)) }
        }
    }
}
