import SwarmContracts
import SwarmVerify
import Testing

@Suite("Verification of a chain")
struct ChainVerifierTests {
    @Test("a chain that the engine would make holds, and so does each of its beginnings")
    func holds() throws {
        let links = try ChainFixture().links
        for count in 1...links.count {
            let report = ChainVerifier.verify(Array(links.prefix(count)))
            #expect(report.passed, "\(report.failureCode ?? "")")
            #expect(report.checks.map(\.number) == Array(1...report.checks.count))
            #expect(throws: Never.self) { try report.require() }
        }
    }

    @Test("an empty chain does not hold")
    func empty() throws {
        let failure = try #require(throws: VerificationFailure.self) { try ChainVerifier.verify([]).require() }
        #expect(failure.code == "CHAIN_EMPTY")
        #expect(failure.category.exitCode == 3)
    }

    @Test("a node that is left out, doubled or put elsewhere breaks the chain")
    func order() throws {
        let links = try ChainFixture().links
        for position in links.indices.dropLast() {
            var shorter = links
            shorter.remove(at: position)
            #expect(!ChainVerifier.verify(shorter).passed)
            var swapped = links
            swapped.swapAt(position, position + 1)
            #expect(!ChainVerifier.verify(swapped).passed)
            var doubled = links
            doubled.insert(links[position], at: position)
            #expect(!ChainVerifier.verify(doubled).passed)
        }
    }

    @Test("a document that is missing is named", arguments: ChainLink.Part.allCases)
    func missing(part: ChainLink.Part) throws {
        let codes: [ChainLink.Part: String] = [
            .node: "CHAIN_NODE_INVALID", .descriptor: "CHAIN_DESCRIPTOR_INVALID",
            .sealedRoot: "CHAIN_SEALED_ROOT_MISSING", .certificate: "CHAIN_CERT_MISSING",
            .result: "CHAIN_RESULT_MISSING", .policy: "CHAIN_POLICY_MISSING", .nextTokens: "CHAIN_TOKENS_MISSING",
        ]
        var links = try ChainFixture().links
        links[4] = links[4].replacing(part, by: nil)
        #expect(ChainVerifier.verify(links).failureCode == codes[part])
    }

    @Test("root has neither certificate nor result nor tokens")
    func rootHasNone() throws {
        let links = try ChainFixture().links
        let codes: [(ChainLink.Part, String)] = [
            (.certificate, "CHAIN_CERT_UNEXPECTED"), (.result, "CHAIN_RESULT_UNEXPECTED"),
            (.nextTokens, "CHAIN_TOKENS_UNEXPECTED"),
        ]
        for (part, code) in codes {
            let root = links[0].replacing(part, by: links[1].bytes(of: part))
            #expect(ChainVerifier.verify([root]).failureCode == code)
        }
    }

    struct Edit: Sendable, CustomTestStringConvertible {
        let part: ChainLink.Part
        let path: [String]
        let value: JSONValue?
        let code: String
        let check: String

        init(_ part: ChainLink.Part, _ path: String, _ value: JSONValue?, _ code: String, _ check: String) {
            self.part = part
            self.path = path.split(separator: ".").map(String.init)
            self.value = value
            self.code = code
            self.check = check
        }

        var testDescription: String { "\(part) \(path.joined(separator: "."))" }
    }

    static let otherDigest = JSONValue.string(ChainFixture.digest("other").description)
    static let otherState = JSONValue.string(StateID(commitment: ChainFixture.digest("other")).description)
    static let otherNode = JSONValue.string(NodeID(documentHash: ChainFixture.digest("other")).description)
    static let otherTime = JSONValue.string(LogicalTime.text(step: 99))

    /// Edits of the last link, whose certificate nothing but its result names.
    static let edits: [Edit] = [
        Edit(.node, "node_id", otherNode, "CHAIN_NODE_ID_MISMATCH", "node.id"),
        Edit(.node, "tags", ["changed"], "CHAIN_NODE_ID_MISMATCH", "node.id"),
        Edit(.node, "workspace.mode", "other", "CHAIN_NODE_INVALID", "node.shape"),
        Edit(.node, "critical_x", 1, "CHAIN_NODE_CRITICAL_UNKNOWN", "node.shape"),
        Edit(.descriptor, "key_id", nil, "CHAIN_DESCRIPTOR_INVALID", "descriptor.shape"),
        Edit(.descriptor, "critical_x", 1, "CHAIN_DESCRIPTOR_CRITICAL_UNKNOWN", "descriptor.shape"),
        Edit(.descriptor, "root_sha256", otherDigest, "CHAIN_SEALED_ROOT_MISMATCH", "root.sealed"),
        Edit(.descriptor, "state_id", otherState, "CHAIN_STATE_ID_MISMATCH", "state.id"),
        Edit(.descriptor, "state_commitment", otherDigest, "CHAIN_STATE_ID_MISMATCH", "state.id"),
        Edit(.descriptor, "workspace_commitment", otherDigest, "CHAIN_COMMITMENT_MISMATCH", "node.commitments"),
        Edit(.descriptor, "key_id", "other", "CHAIN_REFERENCE_MISMATCH", "node.references"),
        Edit(.certificate, "type", "other", "CHAIN_CERT_INVALID", "certificate.shape"),
        Edit(.certificate, "execution", nil, "CHAIN_CERT_INVALID", "certificate.shape"),
        Edit(.certificate, "policy.critical_x", 1, "CHAIN_CERT_CRITICAL_UNKNOWN", "certificate.shape"),
        Edit(
            .certificate,
            "parent_certificate_sha256",
            otherDigest,
            "CHAIN_CERT_PARENT_MISMATCH",
            "certificate.parent"
        ),
        Edit(.certificate, "parent_certificate_sha256", .null, "CHAIN_CERT_PARENT_MISMATCH", "certificate.parent"),
        Edit(.certificate, "job_id", "other", "CHAIN_JOB_MISMATCH", "certificate.job"),
        Edit(.certificate, "mode", "state-license", "CHAIN_MODE_MISMATCH", "certificate.mode"),
        Edit(
            .certificate,
            "parent_state.bundle_sha256",
            otherDigest,
            "CHAIN_PARENT_STATE_MISMATCH",
            "certificate.parent_state"
        ),
        Edit(
            .certificate,
            "parent_state.state_id",
            otherState,
            "CHAIN_PARENT_STATE_MISMATCH",
            "certificate.parent_state"
        ),
        Edit(.certificate, "parent_state.ratchet_step", 2, "CHAIN_PARENT_STATE_MISMATCH", "certificate.parent_state"),
        Edit(
            .certificate,
            "result.new_state.state_id",
            otherState,
            "CHAIN_NEW_STATE_MISMATCH",
            "certificate.new_state"
        ),
        Edit(
            .certificate,
            "result.new_state.bundle_sha256",
            otherDigest,
            "CHAIN_NEW_STATE_MISMATCH",
            "certificate.new_state"
        ),
        Edit(
            .certificate,
            "result.new_state.bundle_manifest_sha256",
            otherDigest,
            "CHAIN_NEW_STATE_MISMATCH",
            "certificate.new_state"
        ),
        Edit(.certificate, "result.response_locator", "elsewhere", "CHAIN_RESPONSE_MISMATCH", "certificate.response"),
        Edit(.certificate, "timestamp", otherTime, "CHAIN_TIME_MISMATCH", "certificate.time"),
        Edit(.certificate, "runtime.started_at", otherTime, "CHAIN_TIME_MISMATCH", "certificate.time"),
        Edit(.certificate, "runtime.finished_at", otherTime, "CHAIN_TIME_MISMATCH", "certificate.time"),
        Edit(.certificate, "policy.policy_generated_at", otherTime, "CHAIN_TIME_MISMATCH", "certificate.time"),
        Edit(.certificate, "runtime.workflow_ref", "o/r/w@main", "WORKFLOW_REF_UNPINNED", "certificate.pin"),
        Edit(.certificate, "execution.route.mode", "direct", "CHAIN_ROUTE_MISMATCH", "certificate.route"),
        Edit(.certificate, "policy", nil, "CHAIN_POLICY_MISSING", "policy.present"),
        Edit(.certificate, "policy.policy_hash", otherDigest, "CHAIN_POLICY_MISMATCH", "policy.hash"),
        Edit(.certificate, "request_hash", otherDigest, "CHAIN_RESULT_MISMATCH", "result.agrees"),
        Edit(.certificate, "execution.status", "succeeded", "CHAIN_RESULT_MISMATCH", "result.agrees"),
        Edit(.policy, "route_mode", "none", "CHAIN_POLICY_MISMATCH", "policy.hash"),
        Edit(.result, "run_id", "other", "CHAIN_RESULT_MISMATCH", "result.agrees"),
        Edit(.result, "status", "cancelled", "CHAIN_RESULT_MISMATCH", "result.agrees"),
        Edit(.result, "operation", "launch", "CHAIN_RESULT_MISMATCH", "result.agrees"),
        Edit(.result, "node_id", otherNode, "CHAIN_RESULT_MISMATCH", "result.agrees"),
        Edit(.result, "node_id", .null, "CHAIN_RESULT_MISMATCH", "result.agrees"),
        Edit(.result, "parent_node_id", otherNode, "CHAIN_RESULT_MISMATCH", "result.agrees"),
        Edit(.result, "state_id", otherState, "CHAIN_RESULT_MISMATCH", "result.agrees"),
        Edit(.result, "bundle_sha256", otherDigest, "CHAIN_RESULT_MISMATCH", "result.agrees"),
        Edit(.result, "artifact_hash", otherDigest, "CHAIN_RESULT_MISMATCH", "result.agrees"),
        Edit(.result, "restore_mode", "cold_start", "CHAIN_RESULT_INVALID", "result.shape"),
        Edit(.result, "critical_x", 1, "CHAIN_RESULT_CRITICAL_UNKNOWN", "result.shape"),
        Edit(.nextTokens, "state_cap_next", "other", "CHAIN_TOKENS_MISMATCH", "next_tokens.agree"),
        Edit(.nextTokens, "net_cap_next", "other", "CHAIN_TOKENS_MISMATCH", "next_tokens.agree"),
        Edit(.nextTokens, "state_id_next", otherState, "CHAIN_TOKENS_MISMATCH", "next_tokens.agree"),
        Edit(.nextTokens, "ratchet_step", 5, "CHAIN_TOKENS_MISMATCH", "next_tokens.agree"),
        Edit(.nextTokens, "ratchet_step", "4", "CHAIN_TOKENS_INVALID", "next_tokens.shape"),
        Edit(.nextTokens, "critical_x", 1, "CHAIN_TOKENS_CRITICAL_UNKNOWN", "next_tokens.shape"),
    ]

    @Test("each check fails by its own code where what it looks at is broken", arguments: edits)
    func edit(edit: Edit) throws {
        var links = try ChainFixture().links
        links[4] = try links[4].editing(edit.part, edit.path, to: edit.value)
        let report = ChainVerifier.verify(links)
        #expect(report.failureCode == edit.code)
        #expect(report.firstFailure?.name == edit.check)
        #expect(report.firstFailure?.subject?.hasPrefix("node 4") == true)
    }

    @Test("an edit of an earlier certificate breaks the next one's link to it")
    func hashChain() throws {
        var links = try ChainFixture().links
        links[2] = try links[2].editing(
            .certificate,
            ["request_hash"],
            to: .string(ChainFixture.digest("other").description)
        )
        links[2] = try links[2].editing(
            .result,
            ["artifact_hash"],
            to: .string(Digest256.sha256(of: try #require(links[2].certificate)).description)
        )
        let failure = try #require(ChainVerifier.verify(links).firstFailure)
        #expect(failure.code == "CHAIN_CERT_PARENT_MISMATCH")
        #expect(failure.subject?.hasPrefix("node 3") == true)
    }

    @Test("the sealed root may be given by its digest")
    func digestOfRoot() throws {
        let root = try ChainFixture().links[0]
        let digest = Digest256.sha256(of: ChainFixture.sealed(0))
        for (digest, holds) in [(digest, true), (ChainFixture.digest("other"), false)] {
            let link = ChainLink(node: root.node, descriptor: root.descriptor, sealedRoot: .digest(digest))
            #expect(ChainVerifier.verify([link]).passed == holds)
        }
    }

    @Test("bytes that say the same and are not canonical are refused", arguments: ChainLink.Part.allCases)
    func notCanonical(part: ChainLink.Part) throws {
        var links = try ChainFixture().links
        links[4] = links[4].replacing(part, by: try #require(links[4].bytes(of: part)) + [0x0a])
        #expect(!ChainVerifier.verify(links).passed)
    }
}
