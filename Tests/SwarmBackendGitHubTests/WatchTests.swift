import SwarmBackend
import SwarmBackendGitHub
import SwarmContracts
import SwarmHTTP
import Testing

@Suite("Watching, reading logs of, and cancelling a run on GitHub")
struct WatchTests {
    private let bench: Bench
    private let runPath = "GET /actions/runs/77"
    private let jobsPath = "GET /actions/runs/77/jobs?per_page=100"

    init() throws { bench = try Bench() }

    private func jobs(_ status: String, _ conclusion: String? = nil) -> JSONValue {
        [
            "total_count": 1,
            "jobs": [
                [
                    "id": 5, "name": "run", "status": .string(status), "conclusion": JSONValue(conclusion),
                    "steps": [
                        ["name": "fetch", "status": "completed", "conclusion": "success", "number": 1],
                        ["name": "step", "status": "in_progress", "number": 2],
                    ],
                ]
            ],
        ]
    }

    @Test("what has not changed is asked for by its tag, and read from memory")
    func conditional() throws {
        bench.script.on(runPath, .json(200, Bench.run("in_progress"), [("ETag", "\"a\"")]), .empty(304))
        bench.script.on(jobsPath, .json(200, jobs("in_progress"), [("ETag", "\"b\"")]), .empty(304))
        let first = try bench.backend.look(Bench.handle)
        let second = try bench.backend.look(Bench.handle)
        #expect(first == second)
        #expect(first.phase == .running)
        #expect(first.activities == [RemoteActivity(job: "run", step: "step", state: "running", number: 2, count: 2)])
        #expect(bench.script.sent[2].fields["if-none-match"] == "\"a\"")
        #expect(bench.script.sent[3].fields["if-none-match"] == "\"b\"")
    }

    @Test(
        "each way to end has its word",
        arguments: [
            ("success", RemoteConclusion.success), ("failure", .failure), ("cancelled", .cancelled),
            ("timed_out", .timedOut), ("startup_failure", .other("startup_failure")),
        ]
    )
    func conclusions(word: String, conclusion: RemoteConclusion) throws {
        bench.script.on(runPath, .json(200, Bench.run("completed", word)))
        bench.script.on(jobsPath, .json(200, jobs("completed", word)))
        #expect(try bench.backend.look(Bench.handle).phase == .finished(conclusion))
        #expect(conclusion.word == word)
    }

    @Test("500s and broken connections are waited out; where they stay, the failure may be retried")
    func trouble() throws {
        bench.script.on(runPath, .empty(500), .lost, .empty(503), .json(200, Bench.run("queued")))
        bench.script.on(jobsPath, .json(200, ["jobs": []]))
        #expect(try bench.backend.look(Bench.handle).phase == .queued)
        for _ in 0..<4 { bench.script.on(runPath, .empty(500)) }
        let problem = failure { _ = try bench.backend.look(Bench.handle) }
        #expect(problem?.code == "GH_WATCH_FAILED")
        #expect(problem?.category == .backend)
        #expect(problem?.retryable == true)
    }

    @Test("a page on another host is not followed: the token stays here")
    func foreignPage() throws {
        bench.script.on(runPath, .json(200, Bench.run("queued")))
        bench.script.on(jobsPath, .json(200, ["jobs": []], [("Link", "<https://evil.test/x>; rel=\"next\"")]))
        #expect(failure { _ = try bench.backend.look(Bench.handle) }?.retryable == false)
        #expect(bench.script.count("GET", "evil") == 0)
    }

    @Test("a log that grows is given once, whole lines alone until its job has ended")
    func growing() throws {
        let log = "GET /actions/jobs/5/logs"
        let blob = "https://blob.test/log"
        for _ in 0..<2 {
            bench.script.on(runPath, .json(200, Bench.run("in_progress")))
            bench.script.on(jobsPath, .json(200, jobs("in_progress")))
            bench.script.on(log, .empty(302, [("Location", blob)]))
        }
        bench.script.on(runPath, .json(200, Bench.run("completed", "success")))
        bench.script.on(jobsPath, .json(200, jobs("completed", "success")))
        bench.script.on(log, .empty(302, [("Location", blob)]))
        bench.script.on("GET \(blob)", .bytes(Array("one\ntw".utf8)), .bytes(Array("one\ntwo\n".utf8)))
        bench.script.on("GET \(blob)", .bytes(Array("one\ntwo\nthree".utf8)))
        var cursor = LogCursor()
        var lines: [[String]] = []
        while cursor.isOpen {
            lines.append([])
            try bench.backend.log(Bench.handle, &cursor) {
                lines[lines.count - 1].append(String(decoding: $1, as: UTF8.self))
            }
        }
        #expect(lines == [["one"], ["two"], ["three"]])
        let blobs = bench.script.sent.filter { $0.url == blob }
        #expect(blobs.allSatisfy { $0.fields["authorization"] == nil })
    }

    @Test("a running job without a log is no failure")
    func noLog() throws {
        bench.script.on(runPath, .json(200, Bench.run("in_progress")))
        bench.script.on(jobsPath, .json(200, jobs("in_progress")))
        bench.script.on("GET /actions/jobs/5/logs", .json(404, ["message": "Not Found"]))
        var cursor = LogCursor()
        try bench.backend.log(Bench.handle, &cursor) { _, _ in Issue.record("a line of nothing") }
        #expect(cursor.isOpen)
    }

    @Test("cancelling is told whether there was anything to cancel")
    func cancel() throws {
        let path = "POST /actions/runs/77/cancel"
        bench.script.on(path, .empty(502), .json(202, [:]), .json(409, ["message": "Cannot cancel"]))
        #expect(try bench.backend.cancel(Bench.handle, force: false))
        #expect(try !bench.backend.cancel(Bench.handle, force: false))
        bench.script.on("POST /actions/runs/77/force-cancel", .json(404, ["message": "Not Found"]))
        let problem = failure { _ = try bench.backend.cancel(Bench.handle, force: true) }
        #expect(problem?.code == "GH_CANCEL_FAILED")
        #expect(problem?.retryable == false)
    }

    @Test("a handle that is no number never reaches a URL", arguments: ["", "0", "-1", "7/../8", "x"])
    func handles(id: String) {
        let problem = failure { _ = try bench.backend.look(RemoteHandle(id: id, url: nil)) }
        #expect(problem?.code == "GH_RUN_ID_REQUIRED")
        #expect(bench.script.sent.isEmpty)
    }
}
