package import SwarmBackend
internal import SwarmCapability
package import SwarmContracts
package import SwarmHTTP

/// Runs on GitHub's runners, over REST.
package final class GitHubBackend: Backend {
    /// What of a repository is used.
    package struct Setting: Sendable {
        /// The id of the worker's key that this store seals for where a run has none of its own; nil where it has none.
        package var epochKeyID: String?
        /// Whether runs are to have keys of their own.
        package var usesRunKeys = true
        /// The caller's file under `.github/workflows/`, or its id.
        package var workflow = "swarm.yml"
        /// The environment whose secret is the worker's key.
        package var environment = "swarm"
        /// What the caller pins; for the probe.
        package var pin: WorkflowRef?
        /// Largest bundle that is taken, in bytes.
        package var largestBundle: Int64 = 16 << 30
        /// A folder for what is fetched and read at once.
        package var scratch = "/tmp"

        package init() {}
    }

    package let name = "github"
    package var place: String { "\(api.address.api)/\(api.address)" }
    package let api: GitHubAPI
    package let setting: Setting
    private let rule = RetryRule()

    /// Waits between two searches for the run of a dispatch whose answer did not name it, in milliseconds.
    static let searchWaits: [Int64] = [0, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]
    /// The same for an order that was sent by an earlier command.
    private static let findWaits: [Int64] = [0, 2_000, 5_000]
    /// How much older than the order a run may be by GitHub's clock, in seconds.
    private static let clockSkew: Int64 = 600

    package init(_ api: GitHubAPI, _ setting: Setting = Setting()) {
        self.api = api
        self.setting = setting
    }

    /// The same backend for whoever waits by another clock and over other connections; what GitHub told one of its limits
    /// holds for both.
    package func with(pacer: any Pacer, transport: any HTTPTransport) -> GitHubBackend {
        GitHubBackend(api.with(pacer: pacer, transport: transport), setting)
    }

    // MARK: - Dispatch

    /// The inputs of the workflow: nothing else is ever sent.
    package static func inputs(_ order: DispatchOrder) -> JSONValue {
        [
            "request_id": .string(order.requestID), "expected_commit_sha": .string(order.commit),
            "route_mode": .string(order.routeMode.rawValue), "checkpoint_in": .string(order.checkpoint),
            "request": .string(order.request),
        ]
    }

    /// The URL to which an order is sent.
    package var dispatchURL: String { api.address.url("/actions/workflows/\(workflowPath)/dispatches") }

    private var workflowPath: String { GitHubAddress.escaped(setting.workflow) }

    package func dispatch(_ order: DispatchOrder, mayExist: Bool) throws -> RemoteHandle {
        guard order.request.utf8.count <= 65_535 else {
            throw GitHubFailure.failed(
                .dispatch,
                "the sealed request has \(order.request.utf8.count) characters, and an input holds 65535",
                retryable: false
            )
        }
        if mayExist, let found = try find(order) { return found }
        var order = order
        order.ref = try order.ref ?? defaultBranch(.dispatch)
        var mayBeThere = mayExist
        do {
            return try send(order, &mayBeThere)
        } catch let failure as any Failure
            where mayBeThere && !failure.retryable && failure.category != .interrupted
        {
            // A refusal of a later request takes nothing back of what an earlier one may have made.
            throw GitHubFailure.dispatchUnknown(why: failure.message)
        }
    }

    /// Sends the order until a run of it is known. `mayBeThere` is set where an attempt was taken, or may have been.
    private func send(_ order: DispatchOrder, _ mayBeThere: inout Bool) throws -> RemoteHandle {
        var asksDetails = true
        var attempt = 1
        while true {
            switch try post(order, asksDetails: asksDetails, attempt: attempt) {
            case .made(let handle): return handle
            case .accepted:
                mayBeThere = true
                if let found = try search(order, waits: GitHubBackend.searchWaits) { return found }
                throw GitHubFailure.dispatchUnknown()
            case .unknownField where asksDetails:
                asksDetails = false
                continue
            case .unknownField(let text): throw GitHubFailure.failed(.dispatch, text, retryable: false)
            case .again(let wait, let problem):
                guard attempt < api.attempts else { throw problem }
                if wait > 0 { try api.pause(wait, after: problem) }
            case .unclear(let wait, _):
                mayBeThere = true
                if let found = try search(order, waits: GitHubBackend.searchWaits) { return found }
                guard attempt < api.attempts else { throw GitHubFailure.dispatchUnknown() }
                try api.pacer.wait(milliseconds: wait)
            }
            attempt += 1
        }
    }

    package func admit(underWay: Int) throws { try api.gate.admit(underWay: underWay, api.pacer) }

    private enum PostOutcome {
        case made(RemoteHandle)
        /// It was taken, and the answer does not say as which run.
        case accepted
        case unknownField(String)
        /// It was not processed.
        case again(Int64, GitHubFailure)
        /// Nobody knows whether it was processed.
        case unclear(Int64, GitHubFailure)
    }

    private func post(_ order: DispatchOrder, asksDetails: Bool, attempt: Int) throws -> PostOutcome {
        var body: [String: JSONValue] = [
            "ref": JSONValue(order.ref), "inputs": GitHubBackend.inputs(order),
        ]
        if asksDetails { body["return_run_details"] = true }
        let request = try api.request("POST", dispatchURL, body: .object(body))
        let answer: HTTPResponse
        try api.gate.pass(.dispatch, api.pacer)
        do throws(HTTPFailure) {
            answer = try api.transport.send(request, limit: 1 << 20)
        } catch {
            let wait = rule.wait(afterLost: attempt, chance: api.pacer.chance())
            let problem = GitHubFailure.failed(.dispatch, error.message, retryable: true)
            switch error {
            case .unreachable: return .again(wait, problem)
            case .broken, .silent, .tooLarge: return .unclear(wait, problem)
            case .badURL, .cancelled, .file: throw GitHubAPI.failure(.dispatch, error)
            }
        }
        api.note(answer)
        switch rule.decision(answer, attempt: attempt, now: api.pacer.now(), chance: api.pacer.chance()) {
        case .tooLong(let seconds):
            api.gate.close(milliseconds: seconds * 1000, api.pacer)
            throw GitHubFailure.rateLimited(.dispatch, seconds: seconds)
        case .wait(let wait, false):
            api.gate.close(milliseconds: wait, api.pacer)
            return .again(0, .rateLimited(.dispatch, seconds: wait / 1000))
        case .wait(let wait, true):
            return .unclear(wait, .failed(.dispatch, "GitHub answered \(answer.status)", retryable: true))
        case .take: break
        }
        switch answer.status {
        case 200, 201, 202:
            guard let value = try? JSONParser.parse(answer.body, numbers: .all),
                let id = value["workflow_run_id"]?.integer
            else { return .accepted }
            return .made(RemoteHandle(id: String(id), url: value["html_url"]?.text))
        case 204: return .accepted
        case 400: return .unknownField("GitHub answered 400: \(GitHubMessage.text(of: answer.body))")
        case 422:
            throw GitHubFailure.failed(
                .dispatch,
                "GitHub does not take the dispatch of \(setting.workflow): \(GitHubMessage.text(of: answer.body))",
                retryable: false
            )
        default:
            try api.check(.dispatch, answer, what: "workflow \(setting.workflow) in \(api.address)")
            return .accepted
        }
    }

    package func checkout(ref: String?) throws -> RemoteCheckout {
        let ref = try ref ?? defaultBranch(.dispatch)
        let url = api.address.url("/commits/\(GitHubAddress.escaped(ref))")
        let commit = try api.get(.dispatch, url, what: "commit at \(Name.shown(ref)) in \(api.address)")["sha"]?.text
        guard let commit, commit.utf8.count == 40, Hex.decode(commit) != nil else {
            throw GitHubFailure.failed(.dispatch, "GitHub names no commit at \(Name.shown(ref))", retryable: false)
        }
        return RemoteCheckout(ref: ref, commit: commit)
    }

    package func find(_ order: DispatchOrder) throws -> RemoteHandle? {
        try search(order, waits: GitHubBackend.findWaits)
    }

    /// Looks for the run that carries the order's request id in its name, once after each wait.
    private func search(_ order: DispatchOrder, waits: [Int64]) throws -> RemoteHandle? {
        let since = Timestamp.text(order.createdAt - GitHubBackend.clockSkew)
        let url = api.address.url(
            "/actions/workflows/\(workflowPath)/runs?event=workflow_dispatch&created=%3E%3D\(GitHubAddress.escaped(since))"
                + "&per_page=100"
        )
        for wait in waits {
            if wait > 0 { try api.pacer.wait(milliseconds: wait) }
            let runs = try api.list(.dispatch, url, member: "workflow_runs", what: "runs of \(setting.workflow)")
            let found = runs.compactMap(WorkflowRun.init).filter {
                $0.title.contains(order.requestID) || $0.name.contains(order.requestID)
            }
            // Of two, which nothing here makes, the older is the one that everybody finds.
            if let first = found.min(by: { $0.id < $1.id }) { return first.handle }
        }
        return nil
    }

    func defaultBranch(_ task: GitHubTask) throws -> String {
        let repository = try api.get(task, api.address.url(""), what: "repository \(api.address)")
        return repository["default_branch"]?.text ?? "main"
    }

    // MARK: - Watching and cancelling

    package func look(_ handle: RemoteHandle) throws -> RemoteStatus {
        let run = try run(handle, .watch)
        let jobs = try jobs(handle, .watch)
        return RemoteStatus(phase: run.phase, activities: jobs.map(\.activity), url: run.url, waitsFor: run.waitsFor)
    }

    func run(_ handle: RemoteHandle, _ task: GitHubTask) throws -> WorkflowRun {
        let url = api.address.url("/actions/runs/\(try number(handle))")
        let value = try api.get(task, url, what: "run \(handle.id)", conditional: true)
        guard let run = WorkflowRun(value), String(run.id) == handle.id else {
            throw GitHubFailure.failed(task, "GitHub's answer is not run \(handle.id)", retryable: false)
        }
        return run
    }

    func jobs(_ handle: RemoteHandle, _ task: GitHubTask) throws -> [WorkflowJob] {
        let url = api.address.url("/actions/runs/\(try number(handle))/jobs?per_page=100")
        return try api.list(task, url, member: "jobs", what: "jobs of run \(handle.id)", conditional: true)
            .compactMap(WorkflowJob.init)
    }

    func number(_ handle: RemoteHandle) throws -> Int64 {
        guard let number = Int64(handle.id), number > 0 else { throw GitHubFailure.runIDRequired(handle.id) }
        return number
    }

    package func cancel(_ handle: RemoteHandle, force: Bool) throws -> Bool {
        let path = "/actions/runs/\(try number(handle))/\(force ? "force-cancel" : "cancel")"
        let answer = try api.send(.cancel, try api.request("POST", api.address.url(path)))
        if answer.status == 409 { return false }
        try api.check(.cancel, answer, what: "run \(handle.id)")
        return true
    }
}
