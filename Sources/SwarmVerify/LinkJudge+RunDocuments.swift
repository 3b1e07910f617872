internal import SwarmContracts

extension LinkJudge {
    /// Is the policy that the certificate names there, and is it that one?
    func policy(_ list: inout CheckList) {
        guard let certificate = link.certificate.value else {
            let reason = isRoot ? "root has no certificate" : "the certificate could not be read"
            list.judge("policy.present", code("POLICY_MISSING"), .notApplicable(reason))
            return
        }
        guard let named = certificate.policy else {
            list.judge("policy.present", code("POLICY_MISSING"), .fails("the certificate names no policy"))
            return
        }
        guard let bytes = link.bytes.policy else {
            list.judge(
                "policy.present",
                code("POLICY_MISSING"),
                .fails("the policy that the certificate names is not there")
            )
            return
        }
        list.judge("policy.present", code("POLICY_MISSING"), .holds("the policy that the certificate names is there"))
        list.compare(
            "policy.hash",
            code("POLICY_MISMATCH"),
            [Comparison("sha256 of the policy", Digest256.sha256(of: bytes), named.policyHash)]
        )
        let defect = PolicyDefect.first(in: bytes)
        list.judge(
            "policy.shape",
            code("POLICY_INVALID"),
            defect.map { .fails($0) } ?? .holds("the policy is as its schema has it")
        )
    }

    /// Does the result say what node, descriptor and certificate say? Where things lie (`bundle_ref`,
    /// `certificate_ref`) is nobody's claim and is not judged.
    func result(_ list: inout CheckList) {
        if isRoot {
            list.judge(
                "result.shape",
                code("RESULT_UNEXPECTED"),
                link.bytes.result == nil ? .notApplicable("root has no result") : .fails("root has a result")
            )
            return
        }
        readable("result.shape", "RESULT", link.result, &list)
        guard let result = link.result.value, let node = link.node.value, let descriptor = link.descriptor.value,
            let certificate = link.certificate.value
        else {
            list.judge(
                "result.agrees",
                code("RESULT_MISMATCH"),
                .notApplicable("a document that it needs could not be read")
            )
            return
        }
        let execution = certificate.execution
        list.compare(
            "result.agrees",
            code("RESULT_MISMATCH"),
            [
                Comparison("$.run_id", result.runID, descriptor.runID),
                Comparison("$.status", result.status.rawValue, execution.status.rawValue),
                Comparison("$.operation", result.operation.rawValue, descriptor.identity.operation.rawValue),
                Comparison("$.node_id", result.nodeID, node.nodeID),
                Comparison("$.parent_node_id", result.parentNodeID, node.parentNodeID),
                Comparison("$.state_id", result.stateID, descriptor.stateID),
                Comparison("$.restore_mode", result.restoreMode.rawValue, execution.restoreMode.rawValue),
                Comparison("$.bundle_sha256", result.bundleSHA256, link.bundleSHA256),
                Comparison("$.artifact_hash", result.artifactHash, link.certificateSHA256),
            ]
        )
    }

    /// Do the next tokens refer to this run's capabilities?
    func tokens(_ list: inout CheckList) {
        if isRoot || (link.bytes.nextTokens == nil && !demandsTokens) {
            let unexpected = isRoot && link.bytes.nextTokens != nil
            list.judge(
                "next_tokens.shape",
                code("TOKENS_UNEXPECTED"),
                unexpected ? .fails("root has next tokens") : .notApplicable("none are demanded here")
            )
            return
        }
        readable("next_tokens.shape", "TOKENS", link.nextTokens, &list)
        let both = link.nextTokens.value.flatMap { tokens in link.descriptor.value.map { (tokens, $0) } }
        list.compare("next_tokens.agree", code("TOKENS_MISMATCH"), with: both) { tokens, descriptor in
            [
                Comparison(
                    "$.state_cap_next",
                    tokens.stateCapNext,
                    NextTokens.reference(.stateCap, of: descriptor.runID)
                ),
                Comparison("$.net_cap_next", tokens.netCapNext, NextTokens.reference(.netCap, of: descriptor.runID)),
                Comparison("$.state_id_next", tokens.stateIDNext, descriptor.stateID),
                Comparison("$.ratchet_step", tokens.ratchetStep, descriptor.ratchetStep),
            ]
        }
    }
}
