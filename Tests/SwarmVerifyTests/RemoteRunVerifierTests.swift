import SwarmContracts
import SwarmVerify
import Testing

@Suite("What comes back of a run elsewhere")
struct RemoteRunVerifierTests {
    private static let certificateCode = "ARTIFACT_CERT_VERIFY_FAILED"
    private static let otherDigest = JSONValue.string("sha256:" + String(repeating: "0", count: 64))

    /// A run that came back whole, and what was dispatched for it.
    private struct Returned {
        var link: ChainLink
        let parent: ChainLink
        var expectation: JSONValue
        /// The documents in the bundle, where they are others than those beside it.
        var bundle: ChainLink?
        var attestation: [UInt8]?

        init(changed: (inout ChainFixture.Plan) -> Void = { _ in }) throws {
            var launch = ChainFixture.Plan(.launch, .runID(try RunID("a")))
            changed(&launch)
            let links = try ChainFixture.of([
                .init(.initial, .runID(.root)), .init(.import, .runID(.importing(ChainFixture.digest("content")))),
                launch,
            ])
            (parent, link) = (links[1], links[2])
            let descriptor = try BundleDescriptor(reading: link.descriptor ?? [])
            let above = try BundleDescriptor(reading: parent.descriptor ?? [])
            expectation =
                RemoteExpectation(
                    requestID: "r",
                    child: descriptor.identity,
                    parentNodeID: try NodeDocument(reading: parent.node ?? []).nodeID,
                    parentBundleSHA256: above.bundleSHA256,
                    requestHash: ChainFixture.digest("request"),
                    policyHash: Digest256.sha256(of: link.policy ?? []),
                    workflowRef: Certificate.localWorkflowRef(commit: nil),
                    runnerClass: .local,
                    workerKey: .epoch,
                    routeMode: .none,
                    sandbox: .strict,
                    sandboxIsAdvisory: false,
                    allowColdStart: false,
                    allowDirectFallback: false,
                    source: .checkout(commit: String(repeating: "a", count: 40)),
                    bundle: .full,
                    command: "true"
                ).value
        }

        mutating func dispatching(_ path: String, _ new: JSONValue) {
            expectation = expectation.editing(path.split(separator: ".").map(String.init)[...], to: new)
        }

        func report() throws -> VerificationReport {
            RemoteRunVerifier.verify(
                RemoteArtifacts(
                    result: link.result ?? [],
                    nextTokens: link.nextTokens ?? [],
                    certificate: link.certificate ?? [],
                    policy: link.policy ?? [],
                    bundle: bundle ?? link,
                    attestation: attestation
                ),
                parent: parent,
                expecting: try RemoteExpectation(reading: CanonicalJSON.encode(expectation)),
                accepted: []
            )
        }
    }

    @Test("a run that is what was dispatched holds")
    func holds() throws {
        let report = try Returned().report()
        #expect(report.passed, "\(String(describing: report.firstFailure))")
    }

    @Test(
        "a run that is another than was dispatched is refused by the check of what differs",
        arguments: [
            ("child.run_id", "b", "dispatch.run"),
            ("request_hash", RemoteRunVerifierTests.otherDigest, "dispatch.request"),
            ("workflow_ref", .string("o/r/w.yml@" + String(repeating: "b", count: 40)), "dispatch.pin"),
            ("policy_hash", RemoteRunVerifierTests.otherDigest, "dispatch.policy"),
            ("runner_class", "github-hosted", "dispatch.runner"), ("worker_key", "run", "dispatch.worker_key"),
            ("parent_bundle_sha256", RemoteRunVerifierTests.otherDigest, "dispatch.parent"),
            ("child.key_id", "other", "dispatch.node"), ("child.operation", "resume", "dispatch.node"),
            ("child.ratchet_step", 3, "dispatch.node"),
            ("child.parent_node_id", .string("node-" + String(repeating: "0", count: 32)), "dispatch.node"),
            ("route_mode", "direct", "dispatch.route"), ("allow_direct_fallback", true, "dispatch.route"),
        ] as [(String, JSONValue, String)]
    )
    func other(path: String, new: JSONValue, check: String) throws {
        var returned = try Returned()
        returned.dispatching(path, new)
        let report = try returned.report()
        #expect(report.firstFailure?.name == check)
        #expect(report.failureCode == RemoteRunVerifierTests.certificateCode)
        let failure = try #require(throws: VerificationFailure.self) { try report.require() }
        #expect(failure.category.exitCode == 3)
    }

    @Test("what is no document of its kind is refused with the code of that kind")
    func schemas() throws {
        let codes: [(ChainLink.Part, String)] = [
            (.result, "ARTIFACT_RESULT_SCHEMA_INVALID"), (.nextTokens, "ARTIFACT_NEXT_TOKENS_SCHEMA_INVALID"),
            (.certificate, RemoteRunVerifierTests.certificateCode),
        ]
        for (part, code) in codes {
            for bytes in [[], Array("{}".utf8), Array("[1]".utf8)] {
                var returned = try Returned()
                returned.link = returned.link.replacing(part, by: bytes)
                #expect(try returned.report().failureCode == code)
            }
        }
    }

    @Test("a cold start counts only where it was allowed")
    func coldStart() throws {
        var returned = try Returned { plan in
            plan.changeCertificate = { certificate in
                let value = certificate.value.editing(["execution", "restore_mode"], to: "cold_start")
                return (try? Certificate(reading: CanonicalJSON.encode(value))) ?? certificate
            }
            plan.changeResult = { result in
                let value = result.value.editing(["restore_mode"], to: "cold_start").editing(
                    ["restore_fallback_reason"],
                    to: "a chunk is missing"
                )
                return (try? ResultDocument(reading: CanonicalJSON.encode(value))) ?? result
            }
        }
        let report = try returned.report()
        #expect(report.firstFailure?.name == "dispatch.restore")
        #expect(report.failureCode == "RESTORE_POLICY_VIOLATION")
        let failure = try #require(throws: VerificationFailure.self) { try report.require() }
        #expect(failure.category.exitCode == 3)
        returned.dispatching("allow_cold_start", true)
        #expect(try returned.report().passed)
    }

    @Test("a step without a sandbox counts only where that was asked for, or the runner could give none")
    func sandbox() throws {
        var returned = try Returned { plan in
            plan.changeCertificate = { certificate in
                let value = certificate.value.editing(["execution", "sandbox", "level"], to: "none")
                return (try? Certificate(reading: CanonicalJSON.encode(value))) ?? certificate
            }
        }
        #expect(try returned.report().firstFailure?.name == "dispatch.sandbox")
        returned.dispatching("sandbox_is_advisory", true)
        #expect(try returned.report().passed)
        returned.dispatching("sandbox_is_advisory", false)
        returned.dispatching("sandbox", "none")
        #expect(try returned.report().passed)
    }

    @Test("the bundle must hold the documents that came beside it")
    func bundle() throws {
        let other = try Returned { $0.response = ChainFixture.digest("another response") }
        for part in [ChainLink.Part.certificate, .result, .policy] {
            var returned = try Returned()
            returned.bundle = returned.link.replacing(
                part,
                by: part == .policy ? [0x7b, 0x7d] : other.link.bytes(of: part)
            )
            let report = try returned.report()
            #expect(report.firstFailure?.name == "bundle.documents")
            #expect(report.failureCode == "ARTIFACT_BUNDLE_INVALID")
        }
    }

    @Test("an attestation that is there must hold")
    func attestation() throws {
        var returned = try Returned()
        for bytes in [[], Array("{}".utf8)] {
            returned.attestation = bytes
            #expect(try returned.report().failureCode == RemoteRunVerifierTests.certificateCode)
        }
    }

    @Test("another run's papers, whole in themselves, are refused")
    func forged() throws {
        var returned = try Returned()
        returned.link = try Returned { $0.name = .runID((try? RunID("b")) ?? .root) }.link
        #expect(try returned.report().firstFailure?.name == "dispatch.run")
    }

    @Test(
        "a changed byte in any document is refused",
        arguments: [ChainLink.Part.certificate, .nextTokens, .policy, .descriptor, .sealedRoot, .node]
    )
    func everyByte(part: ChainLink.Part) throws {
        let returned = try Returned()
        let bytes = try #require(returned.link.bytes(of: part))
        for index in stride(from: 0, to: bytes.count, by: 7) {
            var broken = bytes
            broken[index] ^= [0x01, 0x02, 0x20, 0x80][index / 7 % 4]
            var changed = returned
            changed.link = returned.link.replacing(part, by: broken)
            #expect(try !changed.report().passed, "byte \(index)")
        }
    }

    @Test("the result of a run without a node can end it, and make none")
    func withoutNode() throws {
        let returned = try Returned()
        let expectation = try RemoteExpectation(reading: CanonicalJSON.encode(returned.expectation))
        let policy = try #require(returned.link.policy)
        let parent = try NodeDocument(reading: returned.parent.node ?? []).nodeID
        func report(_ status: RunStatus, _ name: String, policy: [UInt8]) throws -> VerificationReport {
            let result = ResultDocument(
                runID: try RunID(name),
                status: status,
                operation: .launch,
                nodeID: nil,
                parentNodeID: parent,
                stateID: nil,
                restoreMode: .checkpoint,
                bundleRef: nil,
                bundleSHA256: nil,
                certificateRef: nil,
                artifactHash: nil
            )
            return RemoteRunVerifier.verify(result: result.canonicalBytes, policy: policy, expecting: expectation)
        }
        #expect(try report(.cancelled, "a", policy: policy).passed)
        #expect(try report(.cancelled, "b", policy: policy).firstFailure?.name == "dispatch.run")
        #expect(try report(.cancelled, "a", policy: policy + [0x20]).firstFailure?.name == "dispatch.run")
        let whole = RemoteRunVerifier.verify(
            result: returned.link.result ?? [],
            policy: policy,
            expecting: expectation
        )
        #expect(whole.firstFailure?.name == "result.status")
    }
}
