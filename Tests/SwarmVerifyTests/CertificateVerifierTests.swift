import FoundationEssentials
import SwarmContracts
import SwarmVerify
import Testing

@Suite("Verification of a certificate")
struct CertificateVerifierTests {
    static let commit = "0123456789abcdef0123456789abcdef01234567"
    static let policy = PolicyDocument.default.canonicalBytes
    static let now: Int64 = 1_800_000_000

    /// A certificate of another writer: readable ids and hashes, none of our own members.
    static let foreign: JSONValue = [
        "type": "loom-agent-run-v1", "job_id": "run-1", "request_hash": "sha256:request", "mode": "prompt-run",
        "parent_state": ["state_id": "state-root", "bundle_sha256": "sha256:parent", "ratchet_step": 1],
        "result": [
            "response_sha256": "sha256:response", "response_locator": "local://runs/run-1/result.json",
            "new_state": [
                "state_id": "state-child", "bundle_sha256": "sha256:child", "bundle_manifest_sha256": "sha256:manifest",
            ],
        ],
        "runtime": [
            "workflow_ref": .string("owner/repo/.github/workflows/run.yml@\(commit)"), "runner_class": "github-hosted",
            "started_at": "2026-02-28T12:00:10Z", "finished_at": "2026-02-28T12:00:20Z",
        ],
        "timestamp": "2026-02-28T12:00:20Z",
        "policy": [
            "schema_version": "agent_swarm-policy-v1",
            "policy_hash": .string(Digest256.sha256(of: policy).description), "policy_ref": "local://policy.json",
            "policy_generated_at": "2026-02-28T12:00:00Z",
        ],
        "replay": ["nonce": "once", "expires_at_unix": 1_893_456_000],
    ]

    func verify(
        _ value: JSONValue,
        expecting: Digest256? = nil,
        commit: String = commit,
        policy: [UInt8]? = policy,
        requirePolicy: Bool = false,
        at time: Int64 = now
    ) throws -> VerificationReport {
        // Not canonical on purpose: what is hashed are the bytes.
        let bytes = Array(PrettyJSON.text(value).utf8)
        return CertificateVerifier.verify(
            bytes,
            expecting: expecting ?? Digest256.sha256(of: bytes),
            commit: try CommitPin(commit),
            policy: policy,
            requirePolicy: requirePolicy,
            at: time
        )
    }

    @Test("a certificate that is what was expected holds")
    func holds() throws {
        let report = try verify(CertificateVerifierTests.foreign, requirePolicy: true)
        #expect(report.passed)
        #expect(report.checks.allSatisfy { $0.status == .passed })
        #expect(
            report.checks.map(\.name) == [
                "certificate.bytes", "certificate.shape", "certificate.critical", "certificate.pin",
                "certificate.commit", "policy.present", "policy.hash", "policy.shape", "certificate.replay",
                "certificate.expiry",
            ]
        )
    }

    @Test("without policy and replay fields there is less to compare")
    func bare() throws {
        var bare = CertificateVerifierTests.foreign.editing(["policy"], to: nil)
        bare = bare.editing(["replay"], to: nil)
        let report = try verify(bare, policy: nil)
        #expect(report.passed)
        #expect(report.checks.filter { $0.status == .notApplicable }.count == 3)
        #expect(try verify(bare, policy: nil, requirePolicy: true).failureCode == "CERT_POLICY_MISSING")
        #expect(try verify(bare).failureCode == "CERT_POLICY_MISMATCH")
    }

    @Test("bytes of another hash, commit or policy are refused")
    func mismatches() throws {
        let foreign = CertificateVerifierTests.foreign
        #expect(try verify(foreign, expecting: ChainFixture.digest("other")).failureCode == "CERT_HASH_MISMATCH")
        let other = String(repeating: "f", count: 40)
        #expect(try verify(foreign, commit: other).failureCode == "CERT_COMMIT_MISMATCH")
        #expect(try verify(foreign, policy: nil).failureCode == "CERT_POLICY_MISSING")
        #expect(
            try verify(foreign, policy: CertificateVerifierTests.policy + [0x0a]).failureCode == "CERT_POLICY_MISMATCH"
        )
    }

    @Test("a policy that nobody can read is refused though its hash fits")
    func brokenPolicy() throws {
        let policy = Array("{}".utf8)
        let named = CertificateVerifierTests.foreign.editing(
            ["policy", "policy_hash"],
            to: .string(Digest256.sha256(of: policy).description)
        )
        #expect(try verify(named, policy: policy).failureCode == "CERT_POLICY_INVALID")
    }

    struct Edit: Sendable, CustomTestStringConvertible {
        let path: [String]
        let value: JSONValue?
        let code: String

        init(_ path: String, _ value: JSONValue?, _ code: String) {
            self.path = path.split(separator: ".").map(String.init)
            self.value = value
            self.code = code
        }

        var testDescription: String { path.joined(separator: ".") }
    }

    @Test(
        "a certificate with one broken member is refused by that member's code",
        arguments: [
            Edit("type", "loom-agent-run-v2", "CERT_SCHEMA_INVALID"), Edit("job_id", nil, "CERT_SCHEMA_INVALID"),
            Edit("result.new_state.bundle_sha256", "md5:x", "CERT_SCHEMA_INVALID"),
            Edit("critical_extension", [:], "CERT_CRITICAL_UNKNOWN"),
            Edit("result.new_state.critical_extension", nil, "CERT_CRITICAL_UNKNOWN"),
            Edit("replay.critical_extension", 1, "CERT_CRITICAL_UNKNOWN"),
            Edit("runtime.workflow_ref", "owner/repo/w.yml@main", "WORKFLOW_REF_UNPINNED"),
            Edit("runtime.workflow_ref", "owner/repo/w.yml", "WORKFLOW_REF_UNPINNED"),
            Edit("runtime.workflow_ref", "owner/repo/w.yml@0123456", "WORKFLOW_REF_UNPINNED"),
            Edit("runtime.workflow_ref", .string("@\(commit)"), "WORKFLOW_REF_INVALID"),
            Edit("policy.policy_hash", "sha256:stand-in", "CERT_POLICY_MISMATCH"),
            Edit("replay", "x", "CERT_REPLAY_INVALID"), Edit("replay.nonce", nil, "CERT_REPLAY_INVALID"),
            Edit("replay.nonce", "", "CERT_REPLAY_INVALID"), Edit("replay.nonce", 7, "CERT_REPLAY_INVALID"),
            Edit("replay.expires_at_unix", nil, "CERT_REPLAY_INVALID"),
            Edit("replay.expires_at_unix", 0, "CERT_REPLAY_INVALID"),
            Edit("replay.expires_at_unix", -1, "CERT_REPLAY_INVALID"),
            Edit("replay.expires_at_unix", "1893456000", "CERT_REPLAY_INVALID"),
        ]
    )
    func edits(edit: Edit) throws {
        // A critical member counts whatever its value is: nil here stands for null.
        let value = edit.code == "CERT_CRITICAL_UNKNOWN" ? edit.value ?? .null : edit.value
        let broken = CertificateVerifierTests.foreign.editing(edit.path[...], to: value)
        #expect(try verify(broken).failureCode == edit.code)
    }

    @Test("a certificate holds up to its last second")
    func expiry() throws {
        #expect(try verify(CertificateVerifierTests.foreign, at: 1_893_456_000).passed)
        #expect(try verify(CertificateVerifierTests.foreign, at: 1_893_456_001).failureCode == "CERT_EXPIRED")
    }

    @Test(
        "what is no certificate at all fails and never crashes",
        arguments: ["", "[]", "null", "{", "{}", "\u{feff}{}"]
    )
    func nothing(text: String) throws {
        let bytes = Array(text.utf8)
        let report = CertificateVerifier.verify(
            bytes,
            expecting: Digest256.sha256(of: bytes),
            commit: try CommitPin(CertificateVerifierTests.commit),
            policy: nil,
            requirePolicy: true,
            at: 0
        )
        #expect(report.failureCode == "CERT_SCHEMA_INVALID")
    }

    @Test("what a person typed wrongly is invalid input and no verdict")
    func typed() throws {
        for text in [
            "", "sha256:", "sha256:abc", String(repeating: "a", count: 64),
            "sha256:" + String(repeating: "A", count: 64),
        ] {
            let failure = try #require(throws: VerifyInputFailure.self) { try Digest256(typed: text) }
            #expect(failure.code == "ARTIFACT_HASH_INVALID")
            #expect(failure.category.exitCode == 2)
        }
        for text in ["", "main", "0123456", String(repeating: "g", count: 40), CertificateVerifierTests.commit + "0"] {
            let failure = try #require(throws: VerifyInputFailure.self) { try CommitPin(text) }
            #expect(failure.code == "COMMIT_INVALID")
            #expect(failure.category.exitCode == 2)
        }
    }

    static let fixtures = ProcessInfo.processInfo.environment["TEST_SHARED_DIR"].map { $0 + "/conformance/contracts" }

    @Test("the published certificates are judged as their names say", .enabled(if: fixtures != nil))
    func publishedCertificates() throws {
        let folder = try #require(CertificateVerifierTests.fixtures)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasPrefix("certificate.") }
        #expect(names.count >= 5)
        for name in names {
            let bytes = try [UInt8](Data(contentsOf: URL(filePath: folder).appending(path: name)))
            let report = CertificateVerifier.verify(
                bytes,
                expecting: Digest256.sha256(of: bytes),
                commit: try CommitPin(CertificateVerifierTests.commit),
                policy: nil,
                requirePolicy: false,
                at: CertificateVerifierTests.now
            )
            #expect(report.passed == name.hasSuffix(".valid.json"), "\(name): \(report.failureCode ?? "")")
        }
    }

    @Test("no byte of a certificate may change")
    func mutations() throws {
        let bytes = CanonicalJSON.encode(CertificateVerifierTests.foreign)
        let digest = Digest256.sha256(of: bytes)
        let pin = try CommitPin(CertificateVerifierTests.commit)
        for index in bytes.indices {
            var broken = bytes
            broken[index] ^= 1 << UInt8(index % 8)
            let report = CertificateVerifier.verify(
                broken,
                expecting: digest,
                commit: pin,
                policy: CertificateVerifierTests.policy,
                requirePolicy: true,
                at: CertificateVerifierTests.now
            )
            #expect(!report.passed)
        }
    }
}
