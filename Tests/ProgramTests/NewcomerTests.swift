import SwarmContracts
import SwarmPlatform
import SwarmTestSupport
import Testing

@Suite("What a newcomer meets")
struct NewcomerTests {
    @Test("a step without -- is told where it goes", arguments: [["launch", "make", "test"], ["resume", "make"]])
    func missingTerminator(words: [String]) throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        let run = try scratch.swarm(["run"] + words)
        #expect(run.exitCode == 2)
        #expect(run.messages.contains("hint: put the step behind --"), "\(run)")
        #expect(try scratch.swarm(["run"] + words + ["--json"]).json["error"]?["hint"]?.text?.contains("--") == true)
    }

    @Test("a login that is not there, and a variable that is not set, are said once")
    func warnings() throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        let run = try scratch.swarm("run", "launch", "--login", "claude", "--pass-env", "NOPE_X", "--", "true")
        #expect(run.exitCode == 0, "\(run)")
        #expect(run.messages.split(separator: "\n").filter { $0.contains("NOPE_X") }.count == 1, "\(run)")
        #expect(run.messages.split(separator: "\n").filter { $0.contains("--login claude") }.count == 1, "\(run)")
        try scratch.write(scratch.home + "/.claude/.credentials.json", "{}")
        let with = try scratch.swarm("run", "launch", "--login", "claude", "--", "true")
        #expect(!with.messages.contains("login"), "\(with)")
    }

    @Test(
        "a workflow that is not pinned is refused",
        arguments: [
            ("owner/repo/x.yml@main", "WORKFLOW_REF_UNPINNED"), ("owner/repo/x.yml", "WORKFLOW_REF_UNPINNED"),
            ("x@0123456789abcdef0123456789abcdef01234567", "WORKFLOW_REF_INVALID"),
        ]
    )
    func workflow(reference: String, code: String) throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        let run = try scratch.swarm("run", "launch", "--workflow-ref", reference, "--json", "--", "true")
        #expect(run.exitCode == 2)
        #expect(run.errorCode == code, "\(run)")
        #expect(try scratch.shell("ls .swarm/runs").text == "")
    }

    @Test("a policy can forbid the direct fall-back; where it does not, the certificate says that it was allowed")
    func directFallback() throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        let free = try scratch.swarm("run", "launch", "--run-id", "r", "--allow-direct-fallback", "--", "true")
        #expect(free.exitCode == 0, "\(free)")
        let route = try scratch.swarm("show", "run:r", "--json").json["certificate"]?["execution"]?["route"]
        #expect(route?["direct_fallback"] == .bool(true))
        let policy = try scratch.read(".swarm/runs/r/policy.json")
        #expect(policy.contains("\"network\":{}"))
        let strict = policy.split(separator: "\"network\":{}").joined(
            separator: "\"network\":{\"allow_direct_fallback\":false}"
        )
        try scratch.write(scratch.folder + "/policy.json", strict)
        let run = try scratch.swarm(
            ["run", "launch", "--policy", "../policy.json", "--allow-direct-fallback", "--json", "--", "true"]
        )
        #expect(run.exitCode == 6, "\(run)")
        #expect(run.errorCode == "POLICY_VIOLATION")
        #expect(try scratch.swarm("run", "launch", "--policy", "../policy.json", "--", "true").exitCode == 0)
    }

    @Test("what a step writes reaches no terminal as a control sequence: rows are escaped")
    func controlCharacters() throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        let sql = "insert into kv values ('a' || char(10) || 'b', char(27) || '[31mred' || char(7))"
        let run = try scratch.swarm("run", "launch", "--", "sqlite3-by-swarm")
        #expect(run.exitCode == 7)
        try scratch.write(
            "insert.py",
            "import os, sqlite3\nc = sqlite3.connect(os.environ['SWARM_STATE_DB'])\nc.execute(\"\"\"\(sql)\"\"\")\nc.commit()\n"
        )
        let step = try scratch.swarm(
            "run",
            "launch",
            "--",
            "python3",
            "insert.py",
            environment: ["PATH": "/usr/bin:/bin"]
        )
        #expect(step.exitCode == 0, "\(step)")
        let query = try scratch.swarm("state", "query", "@", "select key, value from kv")
        #expect(query.text == "key   value\na\\nb  \\u{1b}[31mred\\u{7}\n", "\(query)")
        let rows = try scratch.swarm("diff", "@", "--state")
        #expect(rows.text.contains("key=a\\nb value=\\u{1b}[31mred\\u{7}"), "\(rows)")
    }

    @Test("a command of several lines is one line wherever it is listed")
    func commandLines() throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        try scratch.swarm("run", "launch", "--run-id", "r", "--", "sh", "-c", "echo one\necho two")
        #expect(try scratch.swarm("log").text.split(separator: "\n").count == 2)
        for command in [["log"], ["show", "@"], ["run", "status", "--run-id", "r"]] {
            let run = try scratch.swarm(command)
            #expect(run.text.contains("sh -c 'echo one\\necho two'"), "\(run)")
        }
    }

    @Test("the names in a unified diff are quoted whole, as git does")
    func quotedNames() throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        try scratch.swarm("run", "launch", "--", "bash", "-c", "echo x > $'new\\nline'; echo y > 'a b'")
        let diff = try scratch.swarm("diff", "@")
        #expect(diff.text.contains("+++ \"b/new\\nline\""), "\(diff)")
        #expect(diff.text.contains("+++ b/a b"), "\(diff)")
    }

    @Test("a commit is listed, its files are shown, and git's objects are only counted")
    func commits() throws {
        let scratch = try Scratch()
        try scratch.shell(
            "git init -q . && git config user.email a@b.c && git config user.name a && echo 1 > f && git add f && git commit -qm one"
        )
        try scratch.swarm("init")
        let run = try scratch.swarm(
            "run",
            "launch",
            "--run-id",
            "r",
            "--",
            "sh",
            "-c",
            "echo 2 > f; git commit -qam 'two of them'"
        )
        #expect(run.exitCode == 0, "\(run)")
        let diff = try scratch.swarm("diff", "@")
        #expect(diff.text.hasPrefix("commit "), "\(diff)")
        #expect(diff.text.contains("two of them") && diff.text.contains("+2"), "\(diff)")
        #expect(!diff.text.contains(".git/objects"), "\(diff)")
        #expect(diff.messages.contains("bookkeeping"), "\(diff)")
        #expect(try scratch.swarm("diff", "@", "--name-status").text.contains(".git/objects"))
        #expect(try scratch.swarm("apply", "--git").exitCode == 0)
        #expect(
            try scratch.shell("git log --format=%s refs/swarm/r; git log --format=%s").text == "two of them\none\none\n"
        )
    }

    @Test("a directory that is not there is exit 2 for apply")
    func applyNowhere() throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        try scratch.swarm("run", "launch", "--", "sh", "-c", "echo x > new")
        let run = try scratch.swarm("apply", "@", scratch.folder + "/nowhere", "--json")
        #expect(run.exitCode == 2, "\(run)")
        #expect(run.errorCode == "PATH_INVALID")
    }

    @Test("a working tree of git says what will not work, and runs all the same")
    func gitWorktree() throws {
        let scratch = try Scratch()
        try scratch.shell(
            "git init -q ../main && cd ../main && git config user.email a@b.c && git config user.name a && echo 1 > f && git add f && git commit -qm one && git worktree add -q ../tree"
        )
        let tree = scratch.folder + "/tree"
        #expect(try scratch.swarm(["init"], in: tree).exitCode == 0)
        let run = try scratch.swarm(["run", "launch", "--", "sh", "-c", "cat f; echo 2 > f"], in: tree)
        #expect(run.exitCode == 0 && run.text == "1\n", "\(run)")
        #expect(run.messages.contains(".git points to"), "\(run)")
        #expect(try scratch.swarm(["apply"], in: tree).exitCode == 0)
        #expect(try scratch.shell("cat ../tree/f; git -C ../tree status --short -- f").text == "2\n M f\n")
    }

    @Test("long work says what it is at")
    func progress() throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        // The input ends with the first line.
        let run = try scratch.shell(
            """
            { for i in $(seq 600); do grep -qs '^reading the bundle: ' ../said && break; sleep 0.1; done; } |
                \(ProgramRun.swarm) bundle import - 2> ../said
            sleep 4 | \(ProgramRun.swarm) bundle import -q -
            """
        )
        let said = try scratch.read(scratch.folder + "/said")
        let lines = said.split(separator: "\n").filter { $0.hasPrefix("reading the bundle: ") }
        let seconds = lines.compactMap { Int($0.dropFirst("reading the bundle: ".count).prefix { $0 != " " }) }
        #expect(seconds.count == lines.count && seconds.first ?? 0 >= 2, "\(said)")
        #expect(zip(seconds, seconds.dropFirst()).allSatisfy { $1 - $0 >= 5 }, "\(said)")
        #expect(!run.messages.contains("reading the bundle: "), "\(run)")
    }

    @Test("doctor says what a report needs: the kernel and bubblewrap's version")
    func machine() throws {
        let scratch = try Scratch()
        let run = try scratch.swarm("doctor")
        let kernel = try scratch.shell("uname -srm").text
        #expect(run.text.contains("ok    kernel: " + kernel), "\(run)")
        #expect(run.text.contains("bubblewrap: "), "\(run)")
    }

    @Test("doctor names a settings file that does not hold")
    func settings() throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        try scratch.write(".swarm/config.json", "{")
        let run = try scratch.swarm("doctor")
        #expect(run.exitCode == 1)
        #expect(run.text.contains("BAD   settings: ") && run.text.contains(".swarm/config.json"), "\(run)")
    }

    @Test(
        "colour is for a terminal, and NO_COLOR, TERM=dumb, --no-color and a setting turn it off",
        arguments: [
            ("true", "graph", true), ("export NO_COLOR=1", "graph", false), ("export TERM=dumb", "graph", false),
            ("true", "graph --no-color", false), ("export SWARM_OUTPUT_COLOR=never", "graph", false),
            ("\(ProgramRun.swarm) config set output.color never", "graph", false), ("true", "graph | cat", false),
            ("true", "show nothing", true), ("export NO_COLOR=1", "show nothing", false),
        ]
    )
    func colour(before: String, command: String, coloured: Bool) throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        try scratch.write("../see", "export TERM=xterm; \(before); \(ProgramRun.swarm) \(command)\n")
        let run = try scratch.shell("script -qc 'bash ../see' /dev/null < /dev/null")
        #expect(run.text.contains("root"), "\(run)")
        #expect(run.text.contains("\u{1b}[") == coloured, "\(run)")
    }
}
