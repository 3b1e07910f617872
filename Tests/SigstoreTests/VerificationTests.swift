import Crypto
import Testing

@testable import Sigstore

@Suite("A bundle of a complete instance")
struct VerificationTests {
    private func code(_ verdict: Verdict) -> FailureCode? { verdict.failure?.code }

    @Test("A good bundle passes all eight checks and yields its evidence")
    func good() throws {
        let instance = try TestInstance()
        let verdict = try instance.verdict(instance.bundle())
        #expect(verdict.failure == nil)
        #expect(verdict.checks.map(\.number) == [1, 2, 3, 4, 5, 6, 7, 8])
        #expect(verdict.checks.allSatisfy { $0.outcome == .passed })
        let evidence = try #require(verdict.evidence)
        #expect(evidence.times == [VerifiedTime(source: .timestampAuthority, instant: Instant(seconds: 1_700_000_005))])
        #expect(evidence.identities == [TestInstance.identity])
        #expect(evidence.claims == [.issuer: TestInstance.issuer])
        #expect(evidence.statement?.predicateType == "https://example.test/predicate")
    }

    @Test("A failed check hides the evidence and leaves the later checks unreached")
    func failedChecks() throws {
        let instance = try TestInstance()
        var policy = TestInstance.policy
        policy.signer = .certificate(IdentityPolicy(identity: TestInstance.identity + "x"))
        let verdict = try instance.verdict(instance.bundle(), policy: policy)
        #expect(code(verdict) == .identityMismatch)
        #expect(verdict.evidence == nil)
        #expect(verdict.checks.map(\.outcome.rawValue).prefix(5) == ["passed", "passed", "passed", "passed", "failed"])
        #expect(verdict.checks.dropFirst(5).allSatisfy { $0.outcome == .notApplicable })
    }

    @Test("A policy that demands nothing of the signer is refused")
    func emptyPolicy() throws {
        let instance = try TestInstance()
        let policy = Policy(signer: .certificate(IdentityPolicy()))
        #expect(code(try instance.verdict(instance.bundle(), policy: policy)) == .policyEmpty)
    }

    @Test("Issuer, claims, workflow and predicate type are compared")
    func demands() throws {
        let instance = try TestInstance()
        let bundle = try instance.bundle()
        func outcome(_ identity: IdentityPolicy, predicate: String? = nil) throws -> FailureCode? {
            code(try instance.verdict(bundle, policy: Policy(signer: .certificate(identity), predicateType: predicate)))
        }
        #expect(try outcome(IdentityPolicy(issuer: TestInstance.issuer)) == nil)
        #expect(try outcome(IdentityPolicy(issuer: "https://issuer.tes")) == .issuerMismatch)
        #expect(try outcome(IdentityPolicy(claims: [.issuer: TestInstance.issuer])) == nil)
        #expect(try outcome(IdentityPolicy(claims: [.runInvocationURI: "x"])) == .claimMismatch)
        #expect(try outcome(IdentityPolicy(signerWorkflow: "example.test/workflow")) == nil)
        #expect(try outcome(IdentityPolicy(signerWorkflow: "example.test/workflo")) == .identityMismatch)
        let issuer = IdentityPolicy(issuer: TestInstance.issuer)
        #expect(try outcome(issuer, predicate: "https://example.test/predicate") == nil)
        #expect(try outcome(issuer, predicate: "https://example.test/other") == .predicateMismatch)
    }

    @Test("A policy of a certificate without an issuer is not met by one that names an issuer")
    func absentIssuer() throws {
        let instance = try TestInstance()
        let identity = IdentityPolicy(identity: TestInstance.identity, issuerIsAbsent: true)
        let verdict = try instance.verdict(instance.bundle(), policy: Policy(signer: .certificate(identity)))
        #expect(verdict.failure?.code == .issuerMismatch)
    }

    @Test("Another artifact is not among the subjects, by bytes and by digest")
    func subjects() throws {
        let instance = try TestInstance()
        let bundle = try instance.bundle()
        let other = Artifact(bytes: [1])
        #expect(code(try instance.verdict(bundle, artifact: other)) == .subjectMismatch)
        let digest = HashAlgorithm.sha256.digest(of: Array("artifact".utf8))
        #expect(try instance.verdict(bundle, artifact: Artifact(digest: digest, algorithm: .sha256)).isVerified)
        let long = HashAlgorithm.sha512.digest(of: Array("artifact".utf8))
        #expect(
            code(try instance.verdict(bundle, artifact: Artifact(digest: long, algorithm: .sha512))) == .subjectMismatch
        )
    }

    @Test("Windows are inclusive at both ends, one second outside fails")
    func windows() throws {
        let instance = try TestInstance()
        let bundle = try instance.bundle()
        func outcome(_ edit: (inout TestInstance.Windows) -> Void) throws -> FailureCode? {
            var windows = TestInstance.Windows()
            edit(&windows)
            return code(try instance.verdict(bundle, root: instance.trustedRootJSON(windows)))
        }
        let exact = "{\"start\":\"2023-11-14T22:13:25Z\",\"end\":\"2023-11-14T22:13:25Z\"}"
        let before = "{\"start\":\"2020-01-01T00:00:00Z\",\"end\":\"2023-11-14T22:13:24.999Z\"}"
        let after = "{\"start\":\"2023-11-14T22:13:26Z\"}"
        #expect(try outcome { $0.authority = exact } == nil)
        #expect(try outcome { $0.log = exact } == nil)
        #expect(try outcome { $0.timestamps = exact } == nil)
        for window in [before, after] {
            #expect(try outcome { $0.authority = window } == .certificateChain)
            #expect(try outcome { $0.log = window } == .logEntryInvalid)
            #expect(try outcome { $0.timestamps = window } == .noVerifiedTime)
            #expect(try outcome { $0.certificateLog = after } == .sctInvalid)
        }
    }

    @Test("A window without a start makes the trusted root malformed", arguments: ["{}", "{\"start\":null}", "null"])
    func missingStart(window: String) throws {
        let instance = try TestInstance()
        let edits: [(inout TestInstance.Windows) -> Void] = [
            { $0.authority = window }, { $0.certificateLog = window }, { $0.log = window }, { $0.timestamps = window },
        ]
        for edit in edits {
            var windows = TestInstance.Windows()
            edit(&windows)
            let error = #expect(throws: SigstoreError.self) {
                try TrustedRoot(json: instance.trustedRootJSON(windows))
            }
            #expect(error?.code == .trustedRootMalformed)
        }
    }

    @Test("A verified time behind the caller's present is refused")
    func present() throws {
        let instance = try TestInstance()
        var policy = TestInstance.policy
        policy.present = Instant(seconds: 1_700_000_005)
        #expect(try instance.verdict(instance.bundle(), policy: policy).isVerified)
        policy.present = Instant(seconds: 1_700_000_004)
        #expect(code(try instance.verdict(instance.bundle(), policy: policy)) == .timestampInvalid)
    }

    @Test("Every verified time must lie in the leaf's validity")
    func everyTime() throws {
        let instance = try TestInstance()
        let bundle = try instance.bundle {
            $0.tokens.append(try instance.timestamps.token(over: $0.signature, at: "20231114230000Z"))
        }
        #expect(code(try instance.verdict(bundle)) == .certificateChain)
    }

    @Test("A token of an unknown authority neither helps nor harms")
    func foreignToken() throws {
        let instance = try TestInstance()
        let foreign = try TestTimestampAuthority()
        let both = try instance.bundle { $0.tokens.append(try foreign.token(over: $0.signature)) }
        #expect(try instance.verdict(both).isVerified)
        let only = try instance.bundle { $0.tokens = [try foreign.token(over: $0.signature)] }
        #expect(code(try instance.verdict(only)) == .noVerifiedTime)
    }

    @Test("The issuer's key comes from the verified chain where two authorities share a name")
    func sharedName() throws {
        let instance = try TestInstance()
        let decoy = try TestAuthority(name: "fulcio")
        let root = instance.trustedRootJSON(authoritiesBefore: [decoy])
        #expect(try instance.verdict(instance.bundle(), root: root).isVerified)
    }

    @Test("A leaf of another authority of the same name does not chain")
    func foreignLeaf() throws {
        let instance = try TestInstance()
        let foreign = try TestInstance(authority: TestAuthority(name: "fulcio"))
        #expect(code(try instance.verdict(instance.bundle { $0.leaf = foreign.leaf })) == .certificateChain)
    }

    @Test("A certificate authority in the leaf's place is rejected")
    func authorityAsLeaf() throws {
        let instance = try TestInstance()
        let bundle = try instance.bundle { $0.leaf = instance.authority.der }
        #expect(code(try instance.verdict(bundle)) == .certificateUnsuitable)
    }

    @Test("A missing log entry is refused unless the policy asks for none")
    func missingEntry() throws {
        let instance = try TestInstance()
        let bundle = try instance.bundle { $0.withLogEntry = false }
        #expect(code(try instance.verdict(bundle)) == .logEntryMissing)
        var policy = TestInstance.policy
        policy.logEntry = .never
        #expect(try instance.verdict(bundle, policy: policy).isVerified)
    }

    @Test("An entry of another signature, certificate, payload or kind does not bind")
    func binding() throws {
        let instance = try TestInstance()
        let other = try TestInstance(authority: instance.authority)
        func outcome(_ edit: (inout TestInstance.Parts) -> Void) throws -> FailureCode? {
            code(try instance.verdict(instance.bundle(edit: edit)))
        }
        let leaf = instance.base64(instance.leaf)
        #expect(try outcome { $0.body.replace(leaf, with: other.base64(other.leaf)) } == .logEntryMismatch)
        let digest = instance.base64(HashAlgorithm.sha256.digest(of: TestInstance.statement))
        let wrong = instance.base64(HashAlgorithm.sha256.digest(of: []))
        #expect(try outcome { $0.body.replace(digest, with: wrong) } == .logEntryMismatch)
        #expect(try outcome { $0.body.replace("\"dsse\"", with: "\"hashedrekord\"") } == .logEntryInvalid)
        #expect(try outcome { $0.body.replace("0.0.2", with: "0.0.3") } == .logEntryInvalid)
        #expect(
            try outcome { parts in
                let signature = instance.base64(parts.signature)
                parts.body.replace("\"content\":\"\(signature)\"", with: "\"content\":\"AAAA\"")
            } == .logEntryMismatch
        )
    }

    @Test("A changed payload or signature fails")
    func changed() throws {
        let instance = try TestInstance()
        let payload = try instance.bundle { $0.payload[0] = 0x20 }
        #expect(code(try instance.verdict(payload)) == .logEntryMismatch)
        let signature = try instance.bundle { $0.signature[8] ^= 1 }
        #expect(code(try instance.verdict(signature)) == .noVerifiedTime)
    }

    @Test("An unknown media type is unsupported")
    func mediaType() throws {
        let instance = try TestInstance()
        let bundle = try instance.bundle { $0.mediaType = "application/vnd.dev.sigstore.bundle.v0.4+json" }
        #expect(code(try instance.verdict(bundle)) == .bundleUnsupported)
    }

    @Test("A root whose only log is of an unknown kind still demands an entry")
    func unknownLogKind() throws {
        let instance = try TestInstance()
        var root = String(decoding: instance.trustedRootJSON(), as: UTF8.self)
        root.replace("PKIX_ED25519", with: "PKIX_ML_DSA_65")
        let bundle = try instance.bundle { $0.withLogEntry = false }
        #expect(code(try instance.verdict(bundle, root: Array(root.utf8))) == .logEntryMissing)
        #expect(code(try instance.verdict(instance.bundle(), root: Array(root.utf8))) == .logEntryInvalid)
    }
}
