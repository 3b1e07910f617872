package import SwarmContracts

/// Are these the attested bytes, from this commit, under this policy, well-formed, not expired?
///
/// The certificate may be another writer's: members that only ours have are not asked for.
package enum CertificateVerifier {
    /// Judges a certificate by its bytes. `time` is in seconds since 1970-01-01T00:00:00Z.
    package static func verify(
        _ bytes: [UInt8],
        expecting artifactHash: Digest256,
        commit: CommitPin,
        policy: [UInt8]?,
        requirePolicy: Bool,
        at time: Int64
    ) -> VerificationReport {
        var list = CheckList()
        let actual = Digest256.sha256(of: bytes)
        list.compare(
            "certificate.bytes",
            "CERT_HASH_MISMATCH",
            [Comparison("sha256 of the bytes", actual, artifactHash)]
        )
        let certificate = checkShape(bytes, &list)
        checkCommit(certificate, commit, &list)
        checkPolicy(certificate, policy, requirePolicy, &list)
        checkReplay(certificate, time, &list)
        return VerificationReport(subject: "certificate", checks: list.checks)
    }

    private static let unread = Judgement.notApplicable("the certificate could not be read")

    /// The replay fields are left to their own check, which has its own code.
    private static func checkShape(_ bytes: [UInt8], _ list: inout CheckList) -> JSONValue? {
        guard let schema = DocumentSchema.named(Certificate.name) else { return nil }
        let value: JSONValue
        do throws(JSONSyntaxError) {
            value = try JSONParser.parse(bytes)
        } catch {
            list.judge(
                "certificate.shape",
                "CERT_SCHEMA_INVALID",
                .fails("not strict JSON: \(error.reason) at byte \(error.offset)")
            )
            list.judge("certificate.critical", "CERT_CRITICAL_UNKNOWN", unread)
            return nil
        }
        let violations = schema.validate(value)
        let defect = violations.first { !$0.critical && !isReplay($0) }
        list.judge(
            "certificate.shape",
            "CERT_SCHEMA_INVALID",
            defect.map { .fails("\($0.path): expected \($0.expected)") }
                ?? .holds("every member is as the schema has it")
        )
        list.judge(
            "certificate.critical",
            "CERT_CRITICAL_UNKNOWN",
            violations.first(where: \.critical).map { .fails("\($0.path) must be understood and is not known here") }
                ?? .holds("no critical_ member at any depth")
        )
        return value
    }

    private static func isReplay(_ violation: SchemaViolation) -> Bool {
        violation.path == "$.replay" || violation.path.hasPrefix("$.replay.")
    }

    private static func checkCommit(_ certificate: JSONValue?, _ commit: CommitPin, _ list: inout CheckList) {
        guard let text = certificate?["runtime"]?["workflow_ref"]?.text else {
            list.judge(
                "certificate.pin",
                "WORKFLOW_REF_UNPINNED",
                certificate == nil ? unread : .fails("no workflow_ref")
            )
            list.judge("certificate.commit", "CERT_COMMIT_MISMATCH", unread)
            return
        }
        do throws(WorkflowRefError) {
            let reference = try WorkflowRef(text)
            list.judge("certificate.pin", "WORKFLOW_REF_UNPINNED", .holds("\(reference) names a full commit"))
            list.compare(
                "certificate.commit",
                "CERT_COMMIT_MISMATCH",
                [Comparison("the commit of workflow_ref", reference.commit, commit.hex)]
            )
        } catch {
            list.judge("certificate.pin", error.code, .fails(error.message))
            list.judge("certificate.commit", "CERT_COMMIT_MISMATCH", .notApplicable("there is no pinned commit"))
        }
    }

    private static func checkPolicy(
        _ certificate: JSONValue?,
        _ policy: [UInt8]?,
        _ required: Bool,
        _ list: inout CheckList
    ) {
        guard let certificate else {
            list.judge("policy.present", "CERT_POLICY_MISSING", unread)
            list.judge("policy.hash", "CERT_POLICY_MISMATCH", unread)
            return
        }
        switch (certificate["policy"], policy) {
        case (nil, nil):
            list.judge(
                "policy.present",
                "CERT_POLICY_MISSING",
                required
                    ? .fails("a policy is required and the certificate names none")
                    : .notApplicable("the certificate names no policy")
            )
        case (nil, .some):
            list.judge(
                "policy.present",
                required ? "CERT_POLICY_MISSING" : "CERT_POLICY_MISMATCH",
                .fails("a policy was given and the certificate names none")
            )
        case (.some, nil):
            list.judge(
                "policy.present",
                "CERT_POLICY_MISSING",
                .fails("the certificate names a policy that was not given")
            )
        case (.some(let named), .some(let policy)):
            list.judge(
                "policy.present",
                "CERT_POLICY_MISSING",
                .holds("the policy that the certificate names was given")
            )
            list.compare(
                "policy.hash",
                "CERT_POLICY_MISMATCH",
                [Comparison("$.policy.policy_hash", named["policy_hash"]?.text, Digest256.sha256(of: policy))]
            )
            let defect = PolicyDefect.first(in: policy)
            list.judge(
                "policy.shape",
                "CERT_POLICY_INVALID",
                defect.map { .fails($0) } ?? .holds("the policy is as its schema has it")
            )
        }
    }

    private static func checkReplay(_ certificate: JSONValue?, _ time: Int64, _ list: inout CheckList) {
        guard let replay = certificate?["replay"] else {
            let reason = certificate == nil ? unread : .notApplicable("the certificate has no replay fields")
            list.judge("certificate.replay", "CERT_REPLAY_INVALID", reason)
            list.judge("certificate.expiry", "CERT_EXPIRED", reason)
            return
        }
        let nonce = replay["nonce"]?.text ?? ""
        let expiry = replay["expires_at_unix"]?.integer ?? 0
        guard !nonce.isEmpty, expiry > 0 else {
            let field =
                nonce.isEmpty ? "nonce: expected a non-empty string" : "expires_at_unix: expected a time above 0"
            list.judge("certificate.replay", "CERT_REPLAY_INVALID", .fails("$.replay.\(field)"))
            list.judge("certificate.expiry", "CERT_EXPIRED", .notApplicable("the replay fields do not hold"))
            return
        }
        list.judge("certificate.replay", "CERT_REPLAY_INVALID", .holds("a nonce, and a time of expiry"))
        list.judge(
            "certificate.expiry",
            "CERT_EXPIRED",
            time > expiry
                ? .fails("it expired at \(expiry), and it is \(time)")
                : .holds("it expires at \(expiry), and it is \(time)")
        )
    }
}

enum PolicyDefect {
    /// What a policy's bytes lack of being a policy that is fully understood; nil where nothing.
    static func first(in bytes: [UInt8]) -> String? {
        do throws(DocumentFailure) {
            _ = try PolicyDocument(reading: bytes)
            return nil
        } catch { return error.message }
    }
}
