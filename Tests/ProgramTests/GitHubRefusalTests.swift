import SwarmContracts
import SwarmPlatform
import SwarmTestSupport
import Testing

@Suite("What is refused of runs on GitHub, before anything is sent")
struct GitHubRefusalTests {
    private let scratch: Scratch
    private static let pin = "o/r/.github/workflows/swarm-run.yml@" + String(repeating: "a", count: 40)
    /// Nobody listens there, so that a request would be seen as exit 4.
    private static let nobody = [
        "GITHUB_API_URL": "http://127.0.0.1:9", "GITHUB_REPOSITORY": "o/r", "GITHUB_TOKEN": "t",
    ]

    init() throws {
        scratch = try Scratch()
        try scratch.swarm("init")
    }

    private func refused(
        _ arguments: [String],
        _ code: String,
        _ exitCode: Int32,
        environment: [String: String] = nobody
    ) throws {
        let run = try scratch.swarm(arguments + ["--json"], environment: environment)
        #expect(run.exitCode == exitCode, "\(run)")
        #expect(run.errorCode == code, "\(run)")
    }

    @Test("a dispatch without a pin, with a branch for a pin, or with no path before it")
    func pins() throws {
        let dispatch = ["backend", "github", "dispatch", "--agent-step", "true"]
        try refused(dispatch, "WORKFLOW_REF_REQUIRED", 2)
        try refused(dispatch + ["--workflow-ref", "o/r/x.yml@main"], "WORKFLOW_REF_UNPINNED", 2)
        let bare = "x@" + String(repeating: "a", count: 40)
        try refused(dispatch + ["--workflow-ref", bare], "WORKFLOW_REF_INVALID", 2)
        try refused(["init", "--backend", "github"], "WORKFLOW_REF_REQUIRED", 2)
    }

    @Test("a dispatch to a repository for which no worker's key was made")
    func noKey() throws {
        let launch = ["run", "launch", "--backend", "github", "--workflow-ref", GitHubRefusalTests.pin]
        try refused(launch + ["--agent-step", "true"], "WORKER_KEY_MISSING", 2)
    }

    @Test("commands about a run that was never dispatched", arguments: ["watch", "logs", "collect", "cancel"])
    func noLedger(verb: String) throws {
        try refused(["backend", "github", verb, "--run-id", "nope"], "RUN_LEDGER_MISSING", 2)
    }

    @Test("no token, no repository, and a base URL that is none")
    func wiring() throws {
        let setup = ["backend", "github", "setup"]
        let path = ["PATH": "/nowhere"]
        try refused(setup, "GH_TOKEN_MISSING", 2, environment: path.merging(["GITHUB_REPOSITORY": "o/r"]) { $1 })
        try refused(setup, "GH_ADDRESS_INVALID", 2, environment: ["GITHUB_TOKEN": "t"])
        try refused(
            setup,
            "GH_ADDRESS_INVALID",
            2,
            environment: ["GITHUB_TOKEN": "t", "GITHUB_REPOSITORY": "o/r", "GITHUB_API_URL": "x"]
        )
        try refused(setup + ["--max-attempts", "1"], "GH_SETUP_FAILED", 4)
    }

    @Test("a command whose time is up says so and may be repeated")
    func timeout() throws {
        let run = try scratch.swarm(
            ["backend", "github", "setup", "--timeout-secs", "1", "--max-attempts", "9", "--json"],
            environment: GitHubRefusalTests.nobody
        )
        #expect(run.errorCode == "GH_COMMAND_TIMEOUT", "\(run)")
        #expect(run.exitCode == 4)
        #expect(run.json["error"]?["retryable"] == true)
    }

    @Test("a time limit that no clock could tell is a wrong use of the flag", arguments: ["0", "99999999999"])
    func timeLimits(seconds: String) throws {
        try scratch.swarm("run", "launch", "--run-id", "r", "--", "true")
        for words in [
            ["run", "watch", "--run-id", "r"], ["backend", "github", "setup"],
            ["run", "launch", "--agent-step", "true"],
            ["state", "query", "@", "SELECT 1"],
        ] {
            try refused(words + ["--timeout-secs", seconds], "USAGE", 2)
        }
    }

    @Test("gitlab is not there yet, and a step here takes none of the options of a backend")
    func elsewhere() throws {
        try refused(["run", "launch", "--backend", "gitlab", "--agent-step", "true"], "BACKEND_UNAVAILABLE", 2)
        try refused(["run", "launch", "--wait", "--agent-step", "true"], "USAGE", 2)
    }

    @Test("init writes the shipped workflow with the pin, again with another pin, and never over another file")
    func initialise() throws {
        let written = try scratch.swarm("init", "--backend", "github", "--workflow-ref", GitHubRefusalTests.pin)
        #expect(written.exitCode == 0, "\(written)")
        let text = try scratch.read(".github/workflows/swarm.yml")
        let repository = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let template = try scratch.read("/\(repository)/templates/github/swarm.yml")
        func rest(_ text: String) -> [Substring] {
            text.split(separator: "\n", omittingEmptySubsequences: false).filter { !$0.hasPrefix("    uses: ") }
        }
        #expect(rest(text) == rest(template))
        #expect(text.contains("    uses: \(GitHubRefusalTests.pin)\n"))
        let other = GitHubRefusalTests.pin.dropLast() + "b"
        #expect(try scratch.swarm("init", "--backend", "github", "--workflow-ref", String(other)).exitCode == 0)
        #expect(try scratch.read(".github/workflows/swarm.yml").contains(other))
        try scratch.write(".github/workflows/swarm.yml", "on: push\n")
        try refused(
            ["init", "--backend", "github", "--workflow-ref", GitHubRefusalTests.pin],
            "WORKFLOW_EXISTS",
            2
        )
    }

    @Test("watching a run of this machine ends with its exit code")
    func watchLocal() throws {
        try scratch.swarm("run", "launch", "--run-id", "good", "--sandbox", "none", "--agent-step", "true")
        let good = try scratch.swarm("run", "watch", "--run-id", "good", "--json")
        #expect(good.exitCode == 0, "\(good)")
        #expect(good.json["status"] == "succeeded")
        #expect(good.json["remote"] == .null)
        try scratch.swarm("run", "launch", "--run-id", "bad", "--sandbox", "none", "--agent-step", "exit 3")
        #expect(try scratch.swarm("run", "watch", "--run-id", "bad").exitCode == 7)
    }

    @Test("it ends as the launch did where its time was up, and as a failure where it was interrupted")
    func watchEnded() throws {
        let launch = ["run", "launch", "--run-id", "slow", "--timeout-secs", "1", "--sandbox", "none"]
        let launched = try scratch.swarm(launch + ["--", "sleep", "60"])
        #expect(launched.exitCode == 6, "\(launched)")
        #expect(try scratch.swarm("run", "watch", "--run-id", "slow").exitCode == launched.exitCode)
        try scratch.launchAndKill("dead", "echo go; sleep 600")
        let dead = try scratch.swarm("run", "watch", "--run-id", "dead")
        #expect(dead.exitCode == 7, "\(dead)")
        #expect(dead.messages.contains("swarm run recover --run-id dead"), "\(dead)")
        let shown = try scratch.swarm("run", "watch", "--run-id", "dead", "--json")
        #expect(shown.exitCode == 7 && shown.json["status"] == "interrupted", "\(shown)")
        try scratch.swarm("run", "recover", "--run-id", "dead")
        #expect(try scratch.swarm("run", "watch", "--run-id", "dead").exitCode == 7)
    }
}
