internal import Sigstore
package import SwarmContracts

/// What a remote run sent back: its documents as they came, beside those in its bundle.
package struct RemoteArtifacts: Sendable {
    package let result: [UInt8]
    package let nextTokens: [UInt8]
    package let certificate: [UInt8]
    package let policy: [UInt8]
    /// The documents of the bundle file.
    package let bundle: ChainLink
    /// Attestations of the certificate; nil where they are not to be judged.
    package let attestation: [UInt8]?

    package init(
        result: [UInt8],
        nextTokens: [UInt8],
        certificate: [UInt8],
        policy: [UInt8],
        bundle: ChainLink,
        attestation: [UInt8]?
    ) {
        self.result = result
        self.nextTokens = nextTokens
        self.certificate = certificate
        self.policy = policy
        self.bundle = bundle
        self.attestation = attestation
    }
}

/// Is what came back the run that was dispatched, and did the pinned workflow sign it?
///
/// The codes are those of the contract; every check has a name of its own.
package enum RemoteRunVerifier {
    /// Judges a run that made a node. `parent` is the operator's own link, not one that came back.
    package static func verify(
        _ artifacts: RemoteArtifacts,
        parent: ChainLink,
        expecting expectation: RemoteExpectation,
        accepted: [AttestationDemand.Acceptance]
    ) -> VerificationReport {
        var list = CheckList()
        schema("result.schema", "ARTIFACT_RESULT_SCHEMA_INVALID", ResultDocument.self, artifacts.result, &list)
        schema(
            "next_tokens.schema",
            "ARTIFACT_NEXT_TOKENS_SCHEMA_INVALID",
            NextTokens.self,
            artifacts.nextTokens,
            &list
        )
        schema("certificate.schema", certificateCode, Certificate.self, artifacts.certificate, &list)
        dispatch(artifacts, expectation, &list)
        let link = ChainLink(
            node: artifacts.bundle.node,
            descriptor: artifacts.bundle.descriptor,
            sealedRoot: artifacts.bundle.sealedRoot,
            certificate: artifacts.certificate,
            result: artifacts.result,
            policy: artifacts.policy,
            nextTokens: artifacts.nextTokens
        )
        var lineage = CheckList()
        LinkJudge(
            link: ReadLink(link),
            parent: .link(ReadLink(parent)),
            prefix: "ARTIFACT",
            demandsTokens: true
        ).run(&lineage)
        for check in lineage.checks { list.take(check, code: code(of: check)) }
        bundle(artifacts, &list)
        attestation(artifacts, accepted, &list)
        return VerificationReport(subject: "remote run", checks: list.checks)
    }

    /// Judges the result of a run that made no node: cancelled before its step began. Nothing attests it, so all that it
    /// can do is end the run.
    package static func verify(
        result: [UInt8],
        policy: [UInt8],
        expecting expectation: RemoteExpectation
    ) -> VerificationReport {
        var list = CheckList()
        schema("result.schema", "ARTIFACT_RESULT_SCHEMA_INVALID", ResultDocument.self, result, &list)
        guard let document = try? ResultDocument(reading: result) else {
            return VerificationReport(subject: "remote run", checks: list.checks)
        }
        list.compare(
            "dispatch.run",
            certificateCode,
            [
                Comparison("result $.run_id", document.runID, expectation.runID),
                Comparison("result $.operation", document.operation.rawValue, expectation.child.operation.rawValue),
                Comparison("result $.parent_node_id", document.parentNodeID, expectation.child.parentNodeID),
                Comparison("sha256 of the policy", Digest256.sha256(of: policy), expectation.policyHash),
            ]
        )
        list.judge(
            "result.status",
            certificateCode,
            document.status != .succeeded && document.nodeID == nil
                ? .holds("\(document.status.rawValue), without a node")
                : .fails("a node without a certificate")
        )
        return VerificationReport(subject: "remote run", checks: list.checks)
    }

    private static let certificateCode = "ARTIFACT_CERT_VERIFY_FAILED"
    private static let bundleCode = "ARTIFACT_BUNDLE_INVALID"

    private static func schema<Value: Document>(
        _ name: String,
        _ code: String,
        _ type: Value.Type,
        _ bytes: [UInt8],
        _ list: inout CheckList
    ) {
        do throws(DocumentFailure) {
            _ = try Value(reading: bytes)
            list.judge(name, code, .holds("every member is as the schema has it"))
        } catch { list.judge(name, code, .fails(Shown.text(error.message))) }
    }

    /// Is it the run that was dispatched, to the last decision?
    private static func dispatch(_ artifacts: RemoteArtifacts, _ sent: RemoteExpectation, _ list: inout CheckList) {
        let certificate = try? Certificate(reading: artifacts.certificate)
        let descriptor = try? artifacts.bundle.descriptor.map { try BundleDescriptor(reading: $0) }
        list.compare("dispatch.run", certificateCode, with: certificate) {
            [Comparison("certificate $.job_id", $0.jobID, sent.runID)]
        }
        list.compare("dispatch.request", certificateCode, with: certificate) {
            [Comparison("certificate $.request_hash", $0.requestHash, sent.requestHash)]
        }
        list.compare("dispatch.pin", certificateCode, with: certificate) {
            [Comparison("certificate $.runtime.workflow_ref", $0.runtime.workflowRef, sent.workflowRef)]
        }
        list.compare(
            "dispatch.policy",
            certificateCode,
            [Comparison("sha256 of the policy", Digest256.sha256(of: artifacts.policy), sent.policyHash)]
        )
        list.compare("dispatch.runner", certificateCode, with: certificate) {
            [
                Comparison(
                    "certificate $.runtime.runner_class",
                    $0.runtime.runnerClass.rawValue,
                    sent.runnerClass.rawValue
                )
            ]
        }
        list.compare("dispatch.worker_key", certificateCode, with: certificate) {
            [
                Comparison(
                    "certificate $.execution.worker_key",
                    ($0.execution.workerKey ?? .epoch).rawValue,
                    sent.workerKey.rawValue
                )
            ]
        }
        list.compare("dispatch.parent", certificateCode, with: certificate) {
            [
                Comparison(
                    "certificate $.parent_state.bundle_sha256",
                    $0.parentState.bundleSHA256,
                    sent.parentBundleSHA256
                )
            ]
        }
        list.compare("dispatch.node", certificateCode, with: descriptor) {
            [
                Comparison("descriptor $.run_id", $0.runID, sent.runID),
                Comparison("descriptor $.key_id", $0.identity.keyID, sent.child.keyID),
                Comparison("descriptor $.operation", $0.identity.operation.rawValue, sent.child.operation.rawValue),
                Comparison("descriptor $.parent_node_id", $0.identity.parentNodeID, sent.child.parentNodeID),
                Comparison("descriptor $.ratchet_step", $0.ratchetStep, sent.child.ratchetStep),
            ]
        }
        list.compare("dispatch.route", certificateCode, with: certificate) {
            [
                Comparison(
                    "certificate $.execution.route.mode",
                    $0.execution.route.mode.rawValue,
                    sent.routeMode.rawValue
                ),
                Comparison(
                    "certificate $.execution.route.direct_fallback",
                    $0.execution.route.directFallback,
                    sent.allowDirectFallback
                ),
            ]
        }
        if let certificate { held(certificate, sent, &list) }
    }

    private static func held(_ certificate: Certificate, _ sent: RemoteExpectation, _ list: inout CheckList) {
        let level = certificate.execution.sandbox.level
        list.judge(
            "dispatch.sandbox",
            certificateCode,
            level == .strict || sent.sandbox == .none || sent.sandboxIsAdvisory
                ? .holds("the step ran under \(level.rawValue)")
                : .fails("the step ran without a sandbox, and the policy wants one")
        )
        let mode = certificate.execution.restoreMode
        list.judge(
            "dispatch.restore",
            "RESTORE_POLICY_VIOLATION",
            mode == .checkpoint || sent.allowColdStart
                ? .holds("the step started from a \(mode.rawValue)")
                : .fails("the step started cold, which was not allowed")
        )
    }

    /// The codes of the contract, where one of them means the same.
    private static func code(of check: Check) -> String {
        if check.name.hasPrefix("certificate.") || check.name.hasPrefix("policy.") { return certificateCode }
        return check.code ?? certificateCode
    }

    /// Whether the bundle holds the very documents that came beside it.
    private static func bundle(_ artifacts: RemoteArtifacts, _ list: inout CheckList) {
        let pairs = [
            ("certificate", artifacts.bundle.certificate, artifacts.certificate),
            ("result", artifacts.bundle.result, artifacts.result),
            ("policy", artifacts.bundle.policy, artifacts.policy),
        ]
        let other = pairs.first { $0.1 != $0.2 }
        list.judge(
            "bundle.documents",
            bundleCode,
            other.map { .fails("its \($0.0) is not the one that came beside it") }
                ?? .holds("certificate, result and policy are the same in both")
        )
    }

    private static func attestation(
        _ artifacts: RemoteArtifacts,
        _ accepted: [AttestationDemand.Acceptance],
        _ list: inout CheckList
    ) {
        guard let bytes = artifacts.attestation else {
            list.judge("attestation", certificateCode, .notApplicable("not judged, as was asked"))
            return
        }
        let report = AttestationVerifier.verify(
            bytes,
            artifact: Artifact(bytes: artifacts.certificate),
            demand: AttestationDemand(accepted: accepted, isRequired: true)
        )
        for check in report.checks { list.take(check, code: certificateCode) }
    }
}

extension CheckList {
    /// Takes over another list's check.
    mutating func take(_ check: Check, code: String) {
        let judgement: Judgement =
            switch check.status {
            case .passed: .holds(check.detail)
            case .failed: .fails(check.detail)
            case .notApplicable: .notApplicable(check.detail)
            }
        judge(check.name, code, judgement)
    }
}
