import SwarmBackend
import SwarmBackendGitHub
import SwarmContracts
import SwarmHTTP
import SwarmTestSupport
import Testing

@Suite("Dispatching to GitHub")
struct DispatchTests {
    private let order: DispatchOrder
    private let bench: Bench

    init() throws {
        order = try Bench.order()
        bench = try Bench()
    }

    @Test("an answer of 200 names the run, and the inputs are the five public ones")
    func named() throws {
        bench.script.on(Bench.dispatch, .json(200, ["workflow_run_id": 77, "html_url": "https://github.test/77"]))
        let handle = try bench.backend.dispatch(order, mayExist: false)
        #expect(handle == RemoteHandle(id: "77", url: "https://github.test/77"))
        let sent = try #require(bench.script.sent.first)
        #expect(sent.body["return_run_details"] == true)
        #expect(sent.body["ref"] == "main")
        #expect(
            sent.body["inputs"] == [
                "request_id": "req-0123456789abcdef", "expected_commit_sha": .string(order.commit),
                "route_mode": "none", "checkpoint_in": "", "request": "sealed",
            ]
        )
        #expect(sent.fields["x-github-api-version"] == "2022-11-28")
        #expect(sent.fields["authorization"] == "Bearer ghp_secret")
    }

    @Test("after 204 the run is found by the request id in its name, on a later page and after a while")
    func found() throws {
        bench.script.on(Bench.dispatch, .empty(204))
        let next = "https://api.test/repositories/1/page2"
        bench.script.on(
            Bench.search,
            .json(200, Bench.runs(Bench.run("queued", title: "swarm req-another", id: 5))),
            .json(200, Bench.runs(), [("Link", "<\(next)>; rel=\"next\", <\(next)>; rel=\"last\"")])
        )
        bench.script.on("GET \(next)", .json(200, Bench.runs(Bench.run("queued", title: "swarm \(order.requestID)"))))
        #expect(try bench.backend.dispatch(order, mayExist: false).id == "77")
        #expect(bench.script.count("POST", "dispatches") == 1)
        #expect(bench.script.left == 0)
    }

    @Test("an old server's 400 for the unknown field is answered by the same request without it")
    func oldServer() throws {
        bench.script.on(Bench.dispatch, .json(400, ["message": "Invalid request. unknown key"]), .empty(204))
        bench.script.on(Bench.search, .json(200, Bench.runs(Bench.run("queued", title: order.requestID))))
        #expect(try bench.backend.dispatch(order, mayExist: false).id == "77")
        #expect(bench.script.sent[1].body["return_run_details"] == nil)
    }

    @Test("a second 400 is a failure that no retry helps")
    func badRequest() throws {
        bench.script.on(
            Bench.dispatch,
            .json(400, ["message": "no"]),
            .json(400, ["message": "Problems parsing JSON"])
        )
        let problem = failure { _ = try bench.backend.dispatch(order, mayExist: false) }
        #expect(problem?.code == "GH_DISPATCH_FAILED")
        #expect(problem?.retryable == false)
    }

    @Test("after a lost answer the run is looked for, and nothing is sent again", arguments: [true, false])
    func lost(byStatus: Bool) throws {
        bench.script.on(Bench.dispatch, byStatus ? .empty(502) : .lost)
        bench.script.on(
            Bench.search,
            .json(200, Bench.runs()),
            .json(200, Bench.runs(Bench.run("queued", title: order.requestID)))
        )
        #expect(try bench.backend.dispatch(order, mayExist: false).id == "77")
        #expect(bench.script.count("POST", "dispatches") == 1)
    }

    @Test("where no run appears in 45 seconds after a lost answer, it is sent again")
    func lostForGood() throws {
        bench.script.on(Bench.dispatch, .lost, .json(200, ["workflow_run_id": 78]))
        for _ in 0..<7 { bench.script.on(Bench.search, .json(200, Bench.runs())) }
        #expect(try bench.backend.dispatch(order, mayExist: false).id == "78")
        #expect(bench.pacer.seconds.reduce(0, +) >= 45)
        #expect(bench.script.left == 0)
    }

    @Test("a search that fails after a lost answer sends nothing again")
    func searchFails() throws {
        bench.script.on(Bench.dispatch, .lost)
        for _ in 0..<4 { bench.script.on(Bench.search, .empty(500)) }
        let problem = failure { _ = try bench.backend.dispatch(order, mayExist: false) }
        #expect(problem?.code == "GH_DISPATCH_FAILED")
        #expect(problem?.category == .backend)
        #expect(problem?.retryable == true)
        #expect(bench.script.count("POST", "dispatches") == 1)
    }

    @Test(
        "a refusal behind a dispatch that was or may have been taken does not say that nothing was sent",
        arguments: [401, 403, 404, 422],
        [true, false]
    )
    func refusedBehind(status: Int, isTaken: Bool) throws {
        bench.script.on(Bench.dispatch, isTaken ? .empty(204) : .lost)
        bench.script.on(Bench.search, .json(status, ["message": "no"]))
        let problem = failure { _ = try bench.backend.dispatch(order, mayExist: false) }
        #expect(problem?.code == "GH_DISPATCH_FAILED")
        #expect(problem?.retryable == true)
        #expect(bench.script.count("POST", "dispatches") == 1)
    }

    @Test("nor does a refusal of the second attempt, where the first may have been taken")
    func refusedAgain() throws {
        bench.script.on(Bench.dispatch, .empty(502), .json(401, ["message": "Bad credentials"]))
        for _ in 0..<7 { bench.script.on(Bench.search, .json(200, Bench.runs())) }
        let problem = failure { _ = try bench.backend.dispatch(order, mayExist: false) }
        #expect(problem?.retryable == true)
        #expect(problem?.message.contains("Bad credentials") == true)
        #expect(bench.script.left == 0)
    }

    @Test("an order that may have been sent before is looked for first")
    func again() throws {
        bench.script.on(Bench.search, .json(200, Bench.runs(Bench.run("in_progress", title: order.requestID))))
        #expect(try bench.backend.dispatch(order, mayExist: true).id == "77")
        #expect(bench.script.count("POST", "dispatches") == 0)
    }

    @Test("a 204 whose run never appears is unknown, and the same command may be repeated")
    func unknown() throws {
        bench.script.on(Bench.dispatch, .empty(204))
        for _ in 0..<7 { bench.script.on(Bench.search, .json(200, Bench.runs())) }
        let problem = failure { _ = try bench.backend.dispatch(order, mayExist: false) }
        #expect(problem as? GitHubFailure == .dispatchUnknown())
        #expect(problem?.retryable == true)
        #expect(bench.script.count("POST", "dispatches") == 1)
    }

    @Test("a host that cannot be reached got nothing: it is asked again without a search")
    func unreachable() throws {
        bench.script.on(Bench.dispatch, .unreachable, .json(200, ["workflow_run_id": 77]))
        #expect(try bench.backend.dispatch(order, mayExist: false).id == "77")
        #expect(bench.script.sent.count == 2)
    }

    @Test("retry-after of a limit is waited for, exactly", arguments: [429, 403])
    func limited(status: Int) throws {
        bench.script.on(Bench.dispatch, .empty(status, [("Retry-After", "7")]), .json(200, ["workflow_run_id": 77]))
        #expect(try bench.backend.dispatch(order, mayExist: false).id == "77")
        #expect(bench.pacer.seconds == [7])
    }

    @Test("a limit of more than a quarter of an hour is no wait but a failure that says how long")
    func longLimit() throws {
        bench.script.on(Bench.dispatch, .empty(429, [("Retry-After", "3600")]))
        let problem = failure { _ = try bench.backend.dispatch(order, mayExist: false) }
        #expect(problem as? GitHubFailure == .rateLimited(.dispatch, seconds: 3600))
        #expect(problem?.code == "GH_RATE_LIMITED")
        #expect(problem?.retryable == true)
    }

    @Test(
        "what GitHub does not take is a failure with its words",
        arguments: [
            (401, "Bad credentials"), (403, "Resource not accessible by personal access token"), (404, "Not Found"),
            (422, "Workflow does not have 'workflow_dispatch' trigger"),
        ]
    )
    func refused(status: Int, text: String) throws {
        bench.script.on(Bench.dispatch, .json(status, ["message": .string(text)]))
        let problem = failure { _ = try bench.backend.dispatch(order, mayExist: false) }
        #expect(problem?.code == "GH_DISPATCH_FAILED")
        #expect(problem?.category == .backend)
        #expect(problem?.retryable == false)
        #expect(status == 404 || problem?.message.contains(text) == true)
        #expect(problem?.message.contains("ghp_secret") == false)
    }

    @Test("a request that no input can hold is never sent")
    func tooLong() throws {
        let long = DispatchOrder(
            runID: order.runID,
            requestID: "r",
            ref: "main",
            commit: order.commit,
            routeMode: .none,
            checkpoint: "",
            request: String(repeating: "x", count: 65_536),
            createdAt: 0
        )
        #expect(failure { _ = try bench.backend.dispatch(long, mayExist: false) }?.code == "GH_DISPATCH_FAILED")
        #expect(bench.script.sent.isEmpty)
    }
}
