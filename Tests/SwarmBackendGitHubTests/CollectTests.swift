import SwarmBackend
import SwarmBackendGitHub
import SwarmContracts
import SwarmHTTP
import SwarmPlatform
import TestTools
import Testing

@Suite("Collecting a run from GitHub")
struct CollectTests {
    private let bench: Bench
    private let folder: TestTools.TemporaryFolder
    private let runPath = "GET /actions/runs/77"
    private let listPath = "GET /actions/runs/77/artifacts?per_page=100"
    private let id: RunID
    private let blob = "https://blob.test/zip"
    private static let documents = ["result.json", "next_tokens.json", "certificate.json", "policy.json"]

    init() throws {
        bench = try Bench()
        folder = try TestTools.TemporaryFolder()
        id = try RunID("first")
    }

    private func artifact(_ id: Int, _ name: String, _ bytes: [UInt8], expired: Bool = false) -> JSONValue {
        [
            "id": JSONValue(id), "name": .string(name), "size_in_bytes": JSONValue(bytes.count),
            "expired": .bool(expired), "expires_at": "2027-02-01T00:00:00Z",
            "digest": .string(Digest256.sha256(of: bytes).description), "workflow_run": ["id": 77],
        ]
    }

    private func list(_ artifacts: JSONValue...) -> Script.Answer {
        .json(200, ["total_count": JSONValue(artifacts.count), "artifacts": .array(artifacts)])
    }

    private func link(_ id: Int) {
        bench.script.on("GET /actions/artifacts/\(id)/zip", .empty(302, [("Location", "\(blob)\(id)")]))
    }

    private func papers(without: String? = nil, extra: [String: String] = ["attestation.sigstore.json": "{}"]) throws
        -> [UInt8]
    {
        var files = Dictionary(uniqueKeysWithValues: CollectTests.documents.map { ($0, "{\"\($0)\":1}") })
        if let without { files[without] = nil }
        return try ZipMaker.zip(files.merging(extra) { $1 })
    }

    private func collect() throws -> RemoteFiles {
        try bench.backend.collect(Bench.handle, run: id, into: folder.path)
    }

    @Test("documents and bundle come out as files, held to the digests of the API")
    func whole() throws {
        let papers = try papers()
        let bundle = try ZipMaker.zip(["bundle.tar": String(repeating: "tar", count: 50_000)])
        bench.script.on(runPath, .json(200, Bench.run("completed", "success")))
        bench.script.on(listPath, list(artifact(1, "swarm-first", papers), artifact(2, "state-bundle-first", bundle)))
        link(1)
        link(2)
        bench.script.on("GET \(blob)1", .bytes(papers))
        bench.script.on("GET \(blob)2", .bytes(bundle))
        let files = try collect()
        #expect(files.bundleLocator == "gh-artifact://77/state-bundle-first")
        #expect(files.digests["swarm-first"] == Digest256.sha256(of: papers))
        #expect(files.expiresAt == 1_801_440_000)
        #expect(try Files.read(folder.path + "/bundle.tar").count == 150_000)
        #expect(
            try Set(Files.names(in: folder.path))
                == Set(CollectTests.documents + ["bundle.tar", "attestation.sigstore.json"])
        )
        let blobs = bench.script.sent.filter { $0.url.hasPrefix(blob) }
        #expect(blobs.count == 2 && blobs.allSatisfy { $0.fields["authorization"] == nil })
        #expect(bench.script.left == 0)
    }

    @Test("a download that breaks in the middle begins again at the API, whose links live a minute")
    func reset() throws {
        let papers = try papers(without: "certificate.json")
        bench.script.on(runPath, .json(200, Bench.run("completed", "failure")))
        bench.script.on(listPath, list(artifact(1, "swarm-first", papers)))
        link(1)
        link(1)
        link(1)
        bench.script.on(
            "GET \(blob)1",
            .broken(after: Array(papers.prefix(40))),
            .empty(403),
            .bytes(papers)
        )
        let files = try collect()
        #expect(files.attestations.isEmpty)
        #expect(Files.kind(folder.path + "/result.json") == .regular)
        #expect(bench.script.left == 0)
    }

    @Test("where it breaks every time, the failure may be retried")
    func resetForGood() throws {
        let papers = try papers()
        bench.script.on(runPath, .json(200, Bench.run("completed", "success")))
        bench.script.on(listPath, list(artifact(1, "swarm-first", papers)))
        for _ in 0..<4 {
            link(1)
            bench.script.on("GET \(blob)1", .broken(after: [1]))
        }
        let problem = failure { _ = try collect() }
        #expect(problem?.code == "GH_COLLECT_FAILED")
        #expect(problem?.category == .backend)
        #expect(problem?.retryable == true)
    }

    @Test("other bytes than the API's digest are a verification failure")
    func wrongDigest() throws {
        let papers = try papers()
        bench.script.on(runPath, .json(200, Bench.run("completed", "success")))
        bench.script.on(listPath, list(artifact(1, "swarm-first", papers + [0])))
        link(1)
        bench.script.on("GET \(blob)1", .bytes(papers))
        let problem = failure { _ = try collect() }
        #expect(problem?.code == "ARTIFACT_DIGEST_MISMATCH")
        #expect(problem?.category == .verification)
        #expect(problem?.retryable == false)
    }

    @Test("an artifact that has expired is named as that, by its flag or by 410", arguments: [true, false])
    func expired(byFlag: Bool) throws {
        let papers = try papers()
        bench.script.on(runPath, .json(200, Bench.run("completed", "success")))
        bench.script.on(listPath, list(artifact(1, "swarm-first", papers, expired: byFlag)))
        if !byFlag {
            bench.script.on("GET /actions/artifacts/1/zip", .json(410, ["message": "Artifact has expired"]))
        }
        let problem = failure { _ = try collect() }
        #expect(problem?.code == "ARTIFACT_EXPIRED")
        #expect(problem?.category == .backend)
        #expect(problem?.retryable == false)
    }

    @Test(
        "a document that is missing is named",
        arguments: zip(documents, ["RESULT", "NEXT_TOKENS", "CERTIFICATE", "POLICY"])
    )
    func missing(document: String, word: String) throws {
        let papers = try papers(without: document)
        bench.script.on(runPath, .json(200, Bench.run("completed", "success")))
        bench.script.on(listPath, list(artifact(1, "swarm-first", papers)))
        link(1)
        bench.script.on("GET \(blob)1", .bytes(papers))
        let problem = failure { _ = try collect() }
        #expect(problem?.code == "ARTIFACT_MISSING_\(word)")
        #expect(problem?.category == .backend)
    }

    @Test(
        "a run that left nothing says how it ended",
        arguments: [
            ("cancelled", "GH_RUN_CANCELLED"), ("timed_out", "GH_RUN_TIMED_OUT"), ("failure", "GH_RUN_FAILED"),
            ("startup_failure", "GH_RUN_FAILED"), ("success", "ARTIFACT_MISSING_RESULT"),
        ]
    )
    func nothing(conclusion: String, code: String) throws {
        bench.script.on(runPath, .json(200, Bench.run("completed", conclusion)))
        bench.script.on(listPath, list())
        let problem = failure { _ = try collect() }
        #expect(problem?.code == code)
        #expect(problem?.category == .backend)
        #expect(problem?.retryable == false)
    }

    @Test("a run that goes on is not collected")
    func unfinished() throws {
        bench.script.on(runPath, .json(200, Bench.run("in_progress")))
        let problem = failure { _ = try collect() }
        #expect(problem?.code == "GH_RUN_NOT_FINISHED")
        #expect(problem?.retryable == true)
    }

    @Test("an attestation that is not in the artifact comes from the API, plain or as a snappy block without the token")
    func attestation() throws {
        let papers = try papers(extra: [:])
        let subject = Digest256.sha256(of: Array("{\"certificate.json\":1}".utf8))
        bench.script.on(runPath, .json(200, Bench.run("completed", "failure")))
        bench.script.on(listPath, list(artifact(1, "swarm-first", papers)))
        link(1)
        bench.script.on("GET \(blob)1", .bytes(papers))
        bench.script.on(
            "GET /attestations/\(subject)?per_page=30",
            .json(
                200,
                ["attestations": [["bundle": ["a": 1]], ["bundle": nil, "bundle_url": "https://blob.test/snappy"]]]
            )
        )
        // {"b":"bbbbbbbb"}: a literal, a copy of one byte, a literal.
        let block: [UInt8] =
            [16, 6 << 2] + Array("{\"b\":\"b".utf8) + [(7 - 4) << 2 | 1, 1, 1 << 2] + Array("\"}".utf8)
        bench.script.on("GET https://blob.test/snappy", .bytes(block))
        let files = try collect()
        #expect(
            files.attestations.map { String(decoding: $0, as: UTF8.self) } == ["{\"a\":1}", "{\"b\":\"bbbbbbbb\"}"]
        )
        #expect(bench.script.sent.last?.fields["authorization"] == nil)
    }
}
