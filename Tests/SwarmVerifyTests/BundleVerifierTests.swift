import FoundationEssentials
import SwarmContracts
import SwarmVerify
import Testing

@Suite("Verification of a bundle")
struct BundleVerifierTests {
    static let chunks = ["a1", "b2", "c3"].map { ChunkPresence(name: $0, state: .present) }

    @Test("each node of a chain holds alone, without its next tokens")
    func holds() throws {
        for link in try ChainFixture().links {
            let report = BundleVerifier.verify(
                link.replacing(.nextTokens, by: nil),
                content: .opened(BundleVerifierTests.chunks, strangers: [])
            )
            #expect(report.passed, "\(report.failureCode ?? "")")
            #expect(report.checks.allSatisfy { $0.subject == nil })
        }
    }

    @Test("a chunk that is missing, damaged or there twice is named")
    func chunks() throws {
        let link = try ChainFixture().links[1]
        let cases: [(ChunkPresence, String)] = [
            (ChunkPresence(name: "d4", state: .missing), "BUNDLE_CHUNK_MISSING"),
            (ChunkPresence(name: "d4", state: .damaged), "BUNDLE_CHUNK_DAMAGED"),
            (ChunkPresence(name: "a1", state: .present), "BUNDLE_CHUNK_REPEATED"),
        ]
        for (chunk, code) in cases {
            let failure = try #require(
                BundleVerifier.verify(link, content: .opened(BundleVerifierTests.chunks + [chunk], strangers: []))
                    .firstFailure
            )
            #expect(failure.code == code)
            #expect(failure.detail.contains(chunk.name))
        }
    }

    @Test(
        "content that does not open, is other content, or belongs to no file of the node is refused",
        arguments: [
            (BundleContent.closed, "BUNDLE_ROOT_CLOSED"), (.other, "BUNDLE_ROOT_COMMITMENT_MISMATCH"),
            (.opened([], strangers: ["e5"]), "BUNDLE_CHUNK_UNKNOWN"),
            (.locked(chunks: ["a1", "a1"]), "BUNDLE_CHUNK_REPEATED"),
        ]
    )
    func content(content: BundleContent, code: String) throws {
        let report = BundleVerifier.verify(try ChainFixture().links[1], content: content)
        #expect(report.failureCode == code)
    }

    @Test("without a key nothing is said of what was not opened")
    func locked() throws {
        let report = BundleVerifier.verify(try ChainFixture().links[1], content: .locked(chunks: ["a1"]))
        #expect(report.passed)
        let unasked = ["root.opens", "root.commitments", "chunks.present", "chunks.whole", "chunks.known"]
        for name in unasked {
            #expect(report.checks.first { $0.name == name }?.status == .notApplicable, "\(name)")
        }
    }

    @Test("a document of the bundle that is missing or does not agree is refused")
    func documents() throws {
        let link = try ChainFixture().links[2]
        let missing: [(ChainLink.Part, String)] = [
            (.certificate, "BUNDLE_CERT_MISSING"), (.result, "BUNDLE_RESULT_MISSING"),
            (.policy, "BUNDLE_POLICY_MISSING"), (.sealedRoot, "BUNDLE_SEALED_ROOT_MISSING"),
        ]
        for (part, code) in missing {
            #expect(
                BundleVerifier.verify(link.replacing(part, by: nil), content: .locked(chunks: [])).failureCode == code
            )
        }
        let other = try ChainFixture().links[4]
        for part in ChainLink.Part.allCases where part != .policy {
            let mixed = link.replacing(part, by: other.bytes(of: part))
            #expect(
                BundleVerifier.verify(mixed, content: .locked(chunks: [])).failureCode?.hasPrefix("BUNDLE_") == true,
                "\(part)"
            )
        }
    }

    @Test("the parent's step and a missing parent are judged without the parent")
    func lineage() throws {
        let link = try ChainFixture().links[2]
        let step = try link.editing(.certificate, ["parent_state", "ratchet_step"], to: 0)
        #expect(BundleVerifier.verify(step, content: .locked(chunks: [])).failureCode == "BUNDLE_PARENT_STATE_MISMATCH")
        var orphan = ChainFixture.Plan(.initial, .runID(.root))
        orphan.parentNodeID = NodeID(documentHash: ChainFixture.digest("other"))
        let links = try ChainFixture.of([orphan])
        #expect(BundleVerifier.verify(links[0], content: .locked(chunks: [])).failureCode == "BUNDLE_OPERATION_INVALID")
    }
}

@Suite("Reports")
struct ReportTests {
    @Test("a report as data holds every check and the first failure's code")
    func value() throws {
        let link = try ChainFixture().links[0].replacing(.sealedRoot, by: [1])
        let report = ChainVerifier.verify([link])
        #expect(report.value["verdict"] == "failed")
        #expect(report.value["first_failure"] == "CHAIN_SEALED_ROOT_MISMATCH")
        let checks = try #require(report.value["checks"]?.elements)
        #expect(checks.count == report.checks.count)
        #expect(checks.first?["number"] == 1)
        #expect(checks.first?["code"] == .null)
        #expect(Set(checks.compactMap { $0["status"]?.text }) == ["passed", "failed", "not_applicable"])
        let failure = try #require(throws: VerificationFailure.self) { try report.require() }
        #expect(failure.message.contains("root.sealed"))
    }

    @Test("reports are put together in order, and an empty one has not passed")
    func appended() throws {
        let good = ChainVerifier.verify([try ChainFixture().links[0]])
        var both = good
        both.append(contentsOf: ChainVerifier.verify([]))
        #expect(both.checks.map(\.number) == Array(1...good.checks.count + 1))
        #expect(both.failureCode == "CHAIN_EMPTY")
        #expect(!VerificationReport(subject: "nothing", checks: []).passed)
    }

    @Test("what a hostile document holds is shown without control characters")
    func shown() throws {
        var links = try ChainFixture().links
        let text = "\u{1b}[2J" + String(repeating: "x", count: 5000) + "\u{202e}"
        links[4] = try links[4].editing(.certificate, ["result", "response_locator"], to: .string(text))
        let detail = try #require(ChainVerifier.verify(links).firstFailure?.detail)
        #expect(detail.utf8.allSatisfy { (0x20...0x7e).contains($0) })
        #expect(detail.utf8.count < 1000)
    }
}

@Suite("What docs/ says of verification")
struct VerificationDocsTests {
    @Test("docs/exit-codes.md has every check that a chain makes, and its code", arguments: ChainVerifierTests.edits)
    func codes(edit: ChainVerifierTests.Edit) throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let bytes = try Data(contentsOf: root.appending(path: "docs/exit-codes.md"))
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        #expect(lines.contains { $0.contains("`\(edit.check)`") && $0.contains("`\(edit.code)`") })
    }
}
