import SwarmCapability
import SwarmContracts
import SwarmPlatform
import SwarmTestSupport
import Synchronization
import TestTools
import Testing

#if canImport(Glibc)
import Glibc
#endif

/// As much of GitHub as a dispatch needs, where answers get lost and never come.
private final class LossyGitHub: Sendable {
    struct State {
        /// How many dispatches came; none is ever answered.
        var posts = 0
        var searches = 0
        var keys: Set<String> = []
        /// What a search is answered with.
        var searchStatus = 200
        /// The run that a dispatch makes, where it makes one.
        var run: String?
        var makesRuns = false
        var cancels = 0
        /// Whether the commit of a branch is never answered.
        var isSilent = false
        var silences = 0
    }

    let state = Mutex(State())

    func answer(_ request: SmallServer.Request) -> SmallServer.Answer {
        let key = Base64.encode([UInt8](repeating: 9, count: 32), .standard)
        return state.withLock { state in
            let name = String(request.path.split(separator: "/").last ?? "")
            switch (request.method, request.path.contains("/actions/secrets/")) {
            case ("GET", true): return json(200, ["key_id": "1", "key": .string(key)])
            case ("PUT", true):
                state.keys.insert(name)
                return json(201, [:])
            case ("DELETE", true):
                state.keys.remove(name)
                return json(204, nil)
            case ("POST", _) where name == "dispatches":
                state.posts += 1
                let body = (try? JSONParser.parse(request.body, numbers: .all)) ?? .null
                if state.makesRuns { state.run = body["inputs"]?["request_id"]?.text }
                return .reset
            case ("POST", _) where name == "cancel":
                state.cancels += 1
                return json(202, [:])
            case ("GET", _) where name == "runs":
                state.searches += 1
                guard state.searchStatus == 200 else { return json(state.searchStatus, ["message": "no"]) }
                let runs = state.run.map { run -> [JSONValue] in
                    [["id": 7, "display_title": .string(run), "status": "queued"]]
                }
                return json(200, ["total_count": 0, "workflow_runs": .array(runs ?? [])])
            case ("GET", _) where name == "main":
                if state.isSilent {
                    state.silences += 1
                    return .silence
                }
                return json(200, ["sha": .string(String(repeating: "c", count: 40))])
            default: return json(200, ["default_branch": "main", "secrets": []])
            }
        }
    }

    private func json(_ status: Int, _ value: JSONValue?) -> SmallServer.Answer {
        .reply(status: status, body: value.map { CanonicalJSON.encode($0) } ?? [])
    }
}

@Suite("Runs on GitHub that are stopped at a bad moment")
struct GitHubInterruptionTests {
    private let scratch: Scratch
    private let far = LossyGitHub()
    private let server: SmallServer
    private let environment: [String: String]
    private static let pin = "o/r/.github/workflows/swarm-run.yml@" + String(repeating: "a", count: 40)

    init() throws {
        scratch = try Scratch()
        let far = far
        server = try SmallServer { far.answer($0) }
        environment = ["GITHUB_API_URL": server.url, "GITHUB_REPOSITORY": "o/r", "GITHUB_TOKEN": "t"]
        try scratch.swarm("init")
        let ready = try scratch.swarm("backend", "github", "setup", environment: environment)
        try #require(ready.exitCode == 0, "\(ready)")
    }

    private func launch() throws -> StartedProgram {
        try scratch.start(
            "run",
            "launch",
            "--backend",
            "github",
            "--workflow-ref",
            GitHubInterruptionTests.pin,
            "--run-id",
            "r",
            "--",
            "true",
            environment: environment
        )
    }

    private func wait(for started: StartedProgram, until holds: (LossyGitHub.State) -> Bool) throws {
        for _ in 0..<2400 {
            if far.state.withLock({ holds($0) }) { return }
            usleep(50_000)
        }
        started.signal(SIGKILL)
        throw NeverCame(ended: try started.wait())
    }

    private struct NeverCame: Error { let ended: ProgramRun }

    /// A dispatch whose answer is lost, stopped while its run is looked for.
    private func brokenOff() throws {
        let started = try launch()
        try wait(for: started) { $0.searches > 0 }
        started.signal(SIGINT)
        let run = try started.wait()
        #expect(run.exitCode == 130, "\(run)")
        #expect(run.errorCode == "WATCH_INTERRUPTED", "\(run)")
    }

    private func swarm(_ words: String...) throws -> ProgramRun { try scratch.swarm(words, environment: environment) }

    @Test("a dispatch that was broken off and is not there is withdrawn by run cancel: nothing sends it any more")
    func withdrawn() throws {
        defer { server.stop() }
        try brokenOff()
        #expect(far.state.withLock { $0.keys.count { $0.hasPrefix("SWARM_RUN_KEY_") } } == 1)
        let cancelled = try swarm("run", "cancel", "--run-id", "r", "--json")
        #expect(cancelled.exitCode == 0, "\(cancelled)")
        #expect(cancelled.json["status"] == "cancelled", "\(cancelled)")
        #expect(far.state.withLock { $0.keys.count { $0.hasPrefix("SWARM_RUN_KEY_") } } == 0)
        #expect(try swarm("run", "watch", "--run-id", "r").exitCode == 130)
        let collected = try swarm("backend", "github", "collect", "--run-id", "r", "--json")
        #expect(collected.errorCode == "DISPATCH_WITHDRAWN", "\(collected)")
        #expect(try launch().wait().errorCode == "RUN_ID_TAKEN")
        #expect(far.state.withLock { $0.posts } == 1)
        #expect(try scratch.swarm("fsck").exitCode == 0)
    }

    @Test("one that is there after all is asked to end")
    func found() throws {
        defer { server.stop() }
        far.state.withLock {
            $0.searchStatus = 500; $0.makesRuns = true
        }
        try brokenOff()
        far.state.withLock { $0.searchStatus = 200 }
        let cancelled = try swarm("run", "cancel", "--run-id", "r")
        #expect(cancelled.exitCode == 0, "\(cancelled)")
        #expect(cancelled.messages.contains("r was asked to end"), "\(cancelled)")
        #expect(far.state.withLock { $0.cancels } == 1)
    }

    @Test("one of which nobody can say whether it is there is exit 4, and stays as it is")
    func uncertain() throws {
        defer { server.stop() }
        try brokenOff()
        far.state.withLock { $0.searchStatus = 401 }
        let cancelled = try swarm("run", "cancel", "--run-id", "r", "--json")
        #expect(cancelled.exitCode == 4, "\(cancelled)")
        #expect(cancelled.errorCode == "CANCEL_UNCERTAIN", "\(cancelled)")
        #expect(try swarm("run", "status", "--run-id", "r", "--json").json["status"] == "dispatching")
    }

    @Test("a request that is never answered ends with Ctrl-C or SIGTERM, and at once", arguments: [SIGINT, SIGTERM])
    func silent(signal: Int32) throws {
        defer { server.stop() }
        far.state.withLock { $0.isSilent = true }
        let started = try launch()
        try wait(for: started) { $0.silences > 0 }
        let before = Clock.monotonic()
        started.signal(signal)
        let run = try started.wait()
        #expect(run.exitCode == 130, "\(run)")
        #expect(run.errorCode == "WATCH_INTERRUPTED", "\(run)")
        #expect(Clock.monotonic() - before < 40_000_000_000)
    }
}
