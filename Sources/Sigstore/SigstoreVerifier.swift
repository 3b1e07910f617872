import X509

/// Verifies Sigstore bundles offline: bytes and a trusted root in, a verdict out; no clock, no network, no disk.
///
/// The eight checks follow the Sigstore client specification, "Verification":
/// 1. the bundle is well formed;
/// 2. trusted parties state when the signature existed;
/// 3. the leaf certificate chains to a certificate authority of the root at each of these times;
/// 4. a certificate transparency log vouches for the leaf;
/// 5. the leaf names the expected identity;
/// 6. the transparency log holds the bundle's entry;
/// 7. the entry speaks of this bundle;
/// 8. the signature is over the artifact.
public struct SigstoreVerifier: Sendable {
    private let root: TrustedRoot

    /// A verifier that trusts what `root` lists and nothing else.
    public init(root: TrustedRoot) {
        self.root = root
    }

    /// Verifies the bundle in `json` against the artifact and the policy. Never throws and never traps: what cannot be
    /// judged is a failed verdict.
    public func verify(json: [UInt8], artifact: Artifact, policy: Policy) -> Verdict {
        do {
            return verify(try Bundle(json: json), artifact: artifact, policy: policy)
        } catch {
            return Verification.verdict(failing: error)
        }
    }

    /// Verifies a bundle that was read before, as one of several attestations.
    public func verify(_ bundle: Bundle, artifact: Artifact, policy: Policy) -> Verdict {
        var verification = Verification(root: root, bundle: bundle, artifact: artifact, policy: policy)
        return verification.run()
    }
}

/// One verification on its way through the eight checks.
private struct Verification {
    let root: TrustedRoot
    let bundle: Bundle
    let artifact: Artifact
    let policy: Policy
    private var evidence = Evidence()
    private var certificate: SigningCertificate?
    private var path: CertificatePath?

    init(root: TrustedRoot, bundle: Bundle, artifact: Artifact, policy: Policy) {
        self.root = root
        self.bundle = bundle
        self.artifact = artifact
        self.policy = policy
    }

    /// What a check found: what was compared, or nil where there was nothing to check.
    private typealias Finding = String?

    static func verdict(failing error: SigstoreError) -> Verdict {
        Verdict(checks: checks([], failure: error), failure: error, evidence: nil)
    }

    /// All eight checks: those made, the failed one, and the rest as not applicable.
    private static func checks(_ made: [Check], failure: SigstoreError?) -> [Check] {
        Step.allCases.enumerated().map { position, step in
            if position < made.count { return made[position] }
            guard let failure, position == made.count else {
                return Check(step: step, outcome: .notApplicable, detail: "not reached")
            }
            return Check(step: step, outcome: .failed, detail: failure.message)
        }
    }

    mutating func run() -> Verdict {
        var made: [Check] = []
        do throws(SigstoreError) {
            for step in Step.allCases {
                let finding = try check(step)
                let outcome: Check.Outcome = finding == nil ? .notApplicable : .passed
                made.append(Check(step: step, outcome: outcome, detail: finding ?? "nothing to check"))
            }
        } catch {
            return Verdict(checks: Self.checks(made, failure: error), failure: error, evidence: nil)
        }
        return Verdict(checks: made, failure: nil, evidence: evidence)
    }

    private mutating func check(_ step: Step) throws(SigstoreError) -> Finding {
        switch step {
        case .bundle: try checkBundle()
        case .time: try checkTime()
        case .certificate: try checkCertificate()
        case .certificateTransparency: try checkCertificateTransparency()
        case .identity: try checkIdentity()
        case .logInclusion: try checkLogInclusion()
        case .logBinding: try checkLogBinding()
        case .signature: try checkSignature()
        }
    }

    // 1. The bundle was read; it is signed in the way that the policy asks for.
    private mutating func checkBundle() throws(SigstoreError) -> Finding {
        switch (policy.signer, bundle.signer) {
        case (.certificate(let identity), .certificate(let der)):
            guard !identity.isEmpty else {
                throw SigstoreError(.policyEmpty, "the policy demands nothing of the signer")
            }
            certificate = try SigningCertificate(der: der)
            return "signed with a certificate"
        case (.key, .publicKey):
            return "signed with a managed key"
        case (.certificate, .publicKey):
            throw SigstoreError(.signerKindMismatch, "the bundle has a public key, the policy asks for a certificate")
        case (.key, .certificate):
            throw SigstoreError(.signerKindMismatch, "the bundle has a certificate, the policy asks for a public key")
        }
    }

    // 2. Every time that a trusted party states.
    private mutating func checkTime() throws(SigstoreError) -> Finding {
        var times: [VerifiedTime] = []
        var reasons: [String] = []
        for response in bundle.timestamps {
            let token = try TimestampToken(response: response)
            // A token that does not verify states no time. It is no reason to refuse: whoever can add one to a bundle
            // can also leave it out.
            do throws(SigstoreError) {
                let instant = try token.verifiedTime(over: bundle.signature, root: root)
                times.append(VerifiedTime(source: .timestampAuthority, instant: instant))
            } catch {
                reasons.append(error.message)
            }
        }
        for entry in bundle.logEntries {
            guard let instant = entry.promisedTime(root) else {
                if entry.promise != nil { reasons.append("the log's promise does not verify") }
                continue
            }
            times.append(VerifiedTime(source: .transparencyLog, instant: instant))
        }
        if let present = policy.present, let late = times.first(where: { $0.instant > present }) {
            throw SigstoreError(.timestampInvalid, "\(late.instant) is after the present, \(present)")
        }
        evidence.times = times
        guard !times.isEmpty else {
            // A key has no validity of its own: a time would be compared with nothing.
            guard certificate != nil else { return nil }
            let reason = reasons.first ?? "neither a timestamp nor a log's promise"
            throw SigstoreError(.noVerifiedTime, reason)
        }
        return times.map { "\($0.instant) (\($0.source.rawValue))" }.joined(separator: ", ")
    }

    // 3. At each time there is an authority, valid then, whose path to the leaf is valid then.
    private mutating func checkCertificate() throws(SigstoreError) -> Finding {
        guard let certificate else { return nil }
        let leaf = certificate.certificate
        let isTrustAnchor = root.certificateAuthorities.contains { $0.certificates.contains { $0.der == leaf.der } }
        guard !isTrustAnchor else {
            throw SigstoreError(.certificateChain, "the leaf is itself a certificate of the trusted root")
        }
        let times = evidence.times.map(\.instant)
        for time in times where !leaf.validity.contains(time) {
            throw SigstoreError(.certificateChain, "the leaf is for \(leaf.validity), not for \(time)")
        }
        // Authorities that were valid at none of the times are left out: their signatures need no checking.
        let candidates = root.certificateAuthorities
            .filter { authority in times.contains(where: authority.validity.contains) }
            .flatMap { authority in
                CertificatePath.all(leaf: leaf, pool: authority.issuers, purpose: .codeSigning)
                    .map { (path: $0, validity: authority.validity) }
            }
        guard var chosen = candidates.first?.path else {
            throw SigstoreError(.certificateChain, "no certificate authority that was valid then issued the leaf")
        }
        for time in times {
            guard let held = candidates.first(where: { $0.validity.contains(time) && $0.path.holds(at: time) }) else {
                throw SigstoreError(.certificateChain, "the leaf's issuers were not valid at \(time)")
            }
            chosen = held.path
        }
        path = chosen
        return "\(chosen.issuers.count) issuers, valid at \(evidence.times.count) times"
    }

    // 4. A certificate transparency log promised to publish the leaf.
    private func checkCertificateTransparency() throws(SigstoreError) -> Finding {
        guard let path, root.listsCertificateLogs else { return nil }
        return try SignedCertificateTimestamp.check(path, logs: root.certificateLogs)
    }

    // 5. The leaf names whom the policy expects.
    private mutating func checkIdentity() throws(SigstoreError) -> Finding {
        guard let certificate, case .certificate(let identity) = policy.signer else { return nil }
        let finding = try certificate.check(identity)
        evidence.identities = certificate.identities
        evidence.claims = certificate.claims
        return finding
    }

    // 6. A trusted log holds each entry.
    private func checkLogInclusion() throws(SigstoreError) -> Finding {
        guard !bundle.logEntries.isEmpty else {
            guard policy.logEntry == .never || !root.listsTransparencyLogs else {
                throw SigstoreError(.logEntryMissing, "the trusted root lists logs and the bundle has no log entry")
            }
            return nil
        }
        var findings: [String] = []
        for entry in bundle.logEntries {
            findings.append(try entry.verifyInclusion(root, times: evidence.times))
        }
        return findings.joined(separator: "; ")
    }

    // 7. Each entry is of this bundle.
    private func checkLogBinding() throws(SigstoreError) -> Finding {
        guard !bundle.logEntries.isEmpty else { return nil }
        let verifier: LogEntryBody.Verifier
        switch policy.signer {
        case .certificate: verifier = .certificate(certificate?.certificate.der ?? [])
        case .key(let key): verifier = .publicKey(key.subjectPublicKeyInfo)
        }
        var findings: [String] = []
        for entry in bundle.logEntries {
            findings.append(try entry.verifyBinding(bundle, artifact: artifact, verifier: verifier))
        }
        return findings.joined(separator: "; ")
    }

    // 8. The signature is the signer's, over this artifact.
    private mutating func checkSignature() throws(SigstoreError) -> Finding {
        let key: PublicKey
        switch policy.signer {
        case .key(let expected): key = expected
        case .certificate:
            guard let certificate else { throw SigstoreError(.signatureInvalid, "no certificate") }
            key = certificate.key
        }
        switch bundle.content {
        case .message(let message):
            guard policy.predicateType == nil else {
                throw SigstoreError(.predicateMismatch, "a message signature has no predicate type")
            }
            return try message.verify(artifact, key: key)
        case .envelope(let envelope):
            let statement = try envelope.verify(artifact, key: key, predicateType: policy.predicateType)
            evidence.statement = statement
            return "statement of \(statement.subjects.count) subjects, predicate \(statement.predicateType)"
        }
    }
}

extension MessageSignature {
    /// Verifies the signature over the artifact, whose digest must also be the one that the bundle names.
    fileprivate func verify(_ artifact: Artifact, key: PublicKey) throws(SigstoreError) -> String {
        if let digest, let actual = artifact.digest(digest.algorithm), actual != digest.bytes {
            throw SigstoreError(.subjectMismatch, "the bundle names another digest than the artifact's")
        }
        if key.signsWholeMessages {
            guard let content = artifact.content else {
                throw SigstoreError(.signatureInvalid, "an Ed25519 signature needs the artifact's bytes")
            }
            guard key.verifies(signature, over: content, hash: .sha512) else {
                throw SigstoreError(.signatureInvalid, "the signature over the artifact does not verify")
            }
            return "signature over the artifact"
        }
        for hash in key.acceptedHashes {
            guard let digest = artifact.digest(hash) else { continue }
            if key.verifies(signature, overDigest: digest, hash: hash) { return "signature over the \(hash) digest" }
        }
        throw SigstoreError(.signatureInvalid, "the signature over the artifact does not verify")
    }
}

extension Envelope {
    /// Verifies the signature, reads the statement, and finds the artifact among its subjects.
    fileprivate func verify(
        _ artifact: Artifact,
        key: PublicKey,
        predicateType: String?
    ) throws(SigstoreError) -> Statement {
        let message = preAuthenticationEncoding
        let hashes = key.signsWholeMessages ? [.sha512] : key.acceptedHashes
        guard hashes.contains(where: { key.verifies(signature, over: message, hash: $0) }) else {
            throw SigstoreError(.signatureInvalid, "the signature over the envelope does not verify")
        }
        guard sameBytes(payloadType, Self.inTotoPayloadType) else {
            throw SigstoreError(.statementMalformed, "the payload is not an in-toto statement")
        }
        let statement = try Statement(json: payload)
        guard statement.subject(of: artifact) != nil else {
            throw SigstoreError(.subjectMismatch, "the artifact is not among the statement's subjects")
        }
        if let predicateType, !sameBytes(statement.predicateType, predicateType) {
            throw SigstoreError(
                .predicateMismatch,
                "predicate type is \(statement.predicateType), expected \(predicateType)"
            )
        }
        return statement
    }
}
