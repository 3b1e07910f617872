import Crypto
import Testing

@testable import Sigstore

@Suite("Changed and random input")
struct RobustnessTests {
    /// What a passing bundle vouches for. A change that leaves all of it as it was did not change the meaning.
    private struct Meaning: Equatable {
        let signature: [UInt8]
        let payload: [UInt8]
        let leaf: [UInt8]
        let bodies: [[UInt8]]
        let times: [VerifiedTime]
        let identities: [String]
        let claims: [FulcioClaim: String]

        init(_ json: [UInt8], _ evidence: Evidence) throws {
            let bundle = try Bundle(json: json)
            signature = bundle.signature
            if case .envelope(let envelope) = bundle.content { payload = envelope.payload } else { payload = [] }
            if case .certificate(let der) = bundle.signer { leaf = der } else { leaf = [] }
            bodies = bundle.logEntries.map(\.body)
            times = evidence.times
            identities = evidence.identities
            claims = evidence.claims
        }
    }

    /// Changes one bit of every byte in turn: a bundle that still passes means the same, and one that fails its policy
    /// never passes.
    private func flip(_ json: [UInt8], root: TrustedRoot, artifact: Artifact, policy: Policy) throws {
        let verifier = SigstoreVerifier(root: root)
        let verdict = verifier.verify(json: json, artifact: artifact, policy: policy)
        let meaning = try Meaning(json, #require(verdict.evidence))
        var refusing = policy
        refusing.signer = .certificate(IdentityPolicy(identity: "https://example.test/other"))
        for position in json.indices {
            var changed = json
            changed[position] ^= 1 << UInt8(position % 8)
            // What cannot be read fails under every policy.
            guard let bundle = try? Bundle(json: changed) else { continue }
            if let evidence = verifier.verify(bundle, artifact: artifact, policy: policy).evidence {
                let found = try Meaning(changed, evidence)
                #expect(found == meaning || isSubset(found, meaning), "byte \(position)")
            }
            if position.isMultiple(of: 16) {
                #expect(!verifier.verify(bundle, artifact: artifact, policy: refusing).isVerified)
            }
        }
    }

    /// A timestamp that no longer verifies is no longer evidence; the rest must be as it was.
    private func isSubset(_ found: Meaning, _ meaning: Meaning) -> Bool {
        found.signature == meaning.signature && found.payload == meaning.payload && found.leaf == meaning.leaf
            && found.bodies == meaning.bodies && found.identities == meaning.identities
            && found.claims == meaning.claims && found.times.allSatisfy(meaning.times.contains)
    }

    @Test("No changed byte of a bundle of our own instance changes what it vouches for")
    func ownBundle() throws {
        let instance = try TestInstance()
        try flip(
            instance.bundle(),
            root: TrustedRoot(json: instance.trustedRootJSON()),
            artifact: TestInstance.artifact,
            policy: TestInstance.policy
        )
    }

    @Test(
        "No changed byte of a public bundle changes what it vouches for",
        .enabled(if: Conformance.isAvailable, Comment(rawValue: Conformance.absence)),
        arguments: ["sigstore-go/othername", "github/attest-demo/ok-identity"]
    )
    func publicBundle(name: String) throws {
        let item = try #require(Conformance.cases.first { $0.name == name })
        try flip(
            Conformance.bytes(item.bundle),
            root: Conformance.root(item.trustedRoot),
            artifact: item.digestArtifact(),
            policy: Policy(signer: item.signer())
        )
    }

    private struct Parser: Sendable, CustomStringConvertible {
        let description: String
        let sample: @Sendable (TestInstance) throws -> [UInt8]
        let parse: @Sendable ([UInt8]) -> Void
    }

    private static let parsers: [Parser] = [
        Parser(description: "bundle", sample: { try $0.bundle() }) { _ = try? Bundle(json: $0) },
        Parser(description: "attestations", sample: { try $0.bundle() + [10] + $0.bundle() }) {
            _ = try? Attestations.bundles(in: $0)
        },
        Parser(description: "trusted root", sample: { $0.trustedRootJSON() }) { _ = try? TrustedRoot(json: $0) },
        Parser(description: "statement", sample: { _ in TestInstance.statement }) { _ = try? Statement(json: $0) },
        Parser(description: "token", sample: { try $0.timestamps.token(over: [1]) { $0.embedsCertificate = true } }) {
            _ = try? TimestampToken(response: $0)
        },
        Parser(description: "token in BER", sample: { try $0.timestamps.token(over: [1]) { $0.isIndefinite = true } }) {
            _ = try? TimestampToken(response: $0)
        },
        Parser(description: "certificate", sample: { $0.leaf }) { _ = try? SigningCertificate(der: $0) },
        Parser(description: "precertificate", sample: { $0.leaf }) {
            _ = SignedCertificateTimestamp.precertificate(tbs: $0[...])
            _ = SignedCertificateTimestamp.list(extensionValue: $0[...])
        },
        Parser(description: "checkpoint", sample: { Array(try $0.checkpoint(size: 1, root: $0.logID).utf8) }) {
            _ = Checkpoint(String(decoding: $0, as: UTF8.self))
        },
        Parser(
            description: "key",
            sample: { try PublicKey(ed25519: Array($0.log.publicKey.rawRepresentation)).subjectPublicKeyInfo },
            parse: {
                _ = try? PublicKey(subjectPublicKeyInfo: $0)
                _ = try? PublicKey(pkcs1: $0)
                _ = try? PublicKey(pem: $0)
            }
        ),
        Parser(description: "log entry", sample: { Array(try Bundle(json: $0.bundle()).logEntries[0].body) }) {
            _ = try? LogEntryBody(
                LogEntry(
                    index: 0,
                    logID: [],
                    kind: "dsse",
                    version: "0.0.2",
                    integratedTime: 0,
                    promise: nil,
                    proof: nil,
                    body: $0
                )
            )
        },
        Parser(description: "time", sample: { _ in Array("2023-11-14T22:13:20.5+01:00".utf8) }) {
            _ = Instant(rfc3339: String(decoding: $0, as: UTF8.self))
            _ = Instant(generalizedTime: $0[...])
        },
    ]

    @Test("No parser traps on random bytes or on changed input", arguments: parsers.indices)
    func fuzz(which: Int) throws {
        let parser = Self.parsers[which]
        let sample = try parser.sample(TestInstance())
        parser.parse(sample)
        var generator = SeededGenerator(seed: UInt64(which) &+ 2024)
        for _ in 0..<500 { parser.parse(generator.bytes(upTo: 300)) }
        for _ in 0..<1500 { parser.parse(generator.mutate(sample)) }
        for count in stride(from: 0, to: sample.count, by: 1 + sample.count / 300) {
            parser.parse(Array(sample.prefix(count)))
        }
    }

    @Test("No whole verification traps on changed bundles or changed roots")
    func fuzzVerification() throws {
        let instance = try TestInstance()
        let bundle = try instance.bundle()
        let root = try TrustedRoot(json: instance.trustedRootJSON())
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<500 {
            _ = SigstoreVerifier(root: root)
                .verify(json: generator.mutate(bundle), artifact: TestInstance.artifact, policy: TestInstance.policy)
        }
        for _ in 0..<300 {
            guard let changed = try? TrustedRoot(json: generator.mutate(instance.trustedRootJSON())) else { continue }
            _ = SigstoreVerifier(root: changed)
                .verify(json: bundle, artifact: TestInstance.artifact, policy: TestInstance.policy)
        }
    }
}
