import SwarmContracts
import SwarmPlatform
import SwarmTestSupport
import Testing

#if canImport(Glibc)
import Glibc
#endif

@Suite("Many steps from one node")
struct FanoutTests {
    // MARK: - What it does

    @Test("every step starts from the same node and becomes a branch, named for the file's line")
    func success() throws {
        let scratch = try prepared("# two ideas\necho 1 >> f; echo said\n\necho 2 >> f; echo new > g\n")
        let run = try fanout(scratch, "--node", "run:base")
        #expect(run.exitCode == 0, "\(run)")
        let lines = run.text.split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines.first?.hasPrefix("ideas-002  succeeded  node-") == true, "\(run)")
        #expect(lines.last?.hasPrefix("ideas-004  succeeded  node-") == true, "\(run)")
        #expect(!run.messages.contains("said\nideas"), "a step's output is in its log")
        #expect(try scratch.swarm("diff", "run:base", "branch:ideas-002", "--name-status").text == "M\tf\n")
        #expect(try scratch.swarm("diff", "run:base", "branch:ideas-004", "--name-status").text == "M\tf\nA\tg\n")
        #expect(try scratch.swarm("run", "logs", "--run-id", "ideas-002").text == "said\n")
        #expect(try scratch.read("f") == "0\n")
        let graph = try scratch.swarm("graph").text
        #expect(graph.contains("branch:ideas-002") && graph.contains("branch:ideas-004"), "\(graph)")
        #expect(try scratch.swarm("verify", "chain", "branch:ideas-004").exitCode == 0)
        #expect(try scratch.swarm("fsck").exitCode == 0)
        // The parent's own branch stays where it is, and a branch goes on as any other does.
        #expect(try scratch.swarm("show", "branch:main", "--json").json["run"]?["run_id"]?.text == "base")
        let next = try scratch.swarm("run", "resume", "--node", "branch:ideas-002", "--json", "--", "cat", "f")
        #expect(next.json["branches_moved"] == ["ideas-002"], "\(next)")
    }

    @Test("the JSON is one object with a member for each branch, sorted by label")
    func json() throws {
        let scratch = try prepared(
            """
            {"label":"z","command":"echo '{\\"cost_usd\\":0.5,\\"n\\":1}' > $SWARM_METRICS"}
            {"label":"a","argv":["sh","-c","exit 3"]}
            """
        )
        let run = try fanout(scratch, "--json")
        #expect(run.exitCode == 7, "\(run)")
        #expect(run.json["status"]?.text == "failed")
        #expect(run.json["best"] == .null)
        #expect(run.json["cost_usd"] == .number(0.5))
        #expect(run.json["branches"]?.elements?.map { $0["label"]?.text } == ["a", "z"])
        let (a, z) = (branches(run)["a"], branches(run)["z"])
        #expect(a?["status"]?.text == "failed")
        #expect(a?["exit_code"]?.integer == 3)
        #expect(a?["error"]?["code"]?.text == "STEP_FAILED")
        #expect(z?["status"]?.text == "succeeded")
        #expect(z?["run_id"]?.text == "z")
        #expect(z?["exit_code"]?.integer == 0)
        #expect(z?["error"] == .null)
        #expect(z?["score"] == .null)
        #expect(z?["metrics"]?["n"]?.integer == 1)
        #expect(z?["duration_ms"]?.integer != nil)
        let tip = try scratch.swarm("show", "branch:z", "--json").json["node"]?["node_id"]?.text
        #expect(z?["node_id"]?.text == tip)
    }

    @Test("a step that fails stops no other, keeps its node and makes no branch")
    func isolation() throws {
        let scratch = try prepared("echo half > half; exit 9\ntrue\n/no/such/program\nkill -9 $$\ntrue\n")
        let run = try fanout(scratch, "--json", "--jobs", "2")
        #expect(run.exitCode == 7, "\(run)")
        let all = branches(run)
        #expect(all["ideas-001"]?["exit_code"]?.integer == 9)
        #expect(all["ideas-003"]?["exit_code"]?.integer == 127)
        #expect(all["ideas-004"]?["exit_code"]?.integer == 137)
        #expect(all.values.filter { $0["status"]?.text == "succeeded" }.count == 2)
        #expect(try scratch.swarm("show", "run:ideas-001", "--json").json["node"]?["tags"] == ["failed"])
        #expect(try scratch.swarm("show", "branch:ideas-001").exitCode == 2)
        #expect(try scratch.swarm("show", "branch:ideas-002").exitCode == 0)
    }

    @Test("the options of a step hold for every step")
    func options() throws {
        let scratch = try prepared(
            "[ \"$SECRET\" = swordfish ]; echo $SECRET; echo kept > ~/.note\nsleep 600\nexit 1\ncat \(ProcessFile.outside)\n"
        )
        try scratch.write(scratch.folder + "/outside", "seen\n")
        let run = try scratch.swarm(
            [
                "run", "fanout", "--steps", "-", "--json", "--jobs", "4", "--timeout-secs", "20", "--pass-env",
                "SECRET", "--keep", ".note", "--discard-failed", "--allow-read", scratch.folder + "/outside",
                "--route-mode", "none",
            ],
            input: try scratch.read(scratch.folder + "/ideas.txt")
                .replacing(ProcessFile.outside, with: scratch.folder + "/outside"),
            environment: ["SECRET": "swordfish"]
        )
        #expect(run.exitCode == 7, "\(run)")
        let all = branches(run)
        #expect(all["step-001"]?["status"]?.text == "succeeded", "\(run)")
        #expect(all["step-002"]?["error"]?["code"]?.text == "RUN_TIME_LIMIT")
        #expect(all["step-003"]?["node_id"] == .null)
        #expect(all["step-004"]?["status"]?.text == "succeeded", "\(run)")
        #expect(try scratch.swarm("run", "logs", "--run-id", "step-001").text == "[masked]\n")
        let note = try scratch.swarm("run", "resume", "--node", "branch:step-001", "--", "sh", "-c", "cat ~/.note")
        #expect(note.text == "kept\n", "\(note)")
        let policy = try scratch.read(".swarm/runs/step-004/policy.json")
        #expect(policy.contains("\"route_mode\":\"none\""), "\(policy)")
    }

    @Test("from root the project is taken as it is, once")
    func fromRoot() throws {
        let scratch = try prepared("cat f >> g\ncat f >> h\n")
        try scratch.write("f", "edited\n")
        let run = try fanout(scratch, "--node", "root", "--json")
        #expect(run.exitCode == 0, "\(run)")
        #expect(
            try scratch.swarm("log", "--json").text.split(separator: "\n").filter { $0.contains("\"import\"") }.count
                == 2
        )
        #expect(try scratch.swarm("diff", "branch:ideas-001~1", "branch:ideas-002", "--name-status").text == "A\th\n")
        #expect(try scratch.swarm("show", "branch:main", "--json").json["run"]?["run_id"]?.text == "base")
    }

    @Test("a branch that changes nothing has its parent's file times, here and in a bundle")
    func times() throws {
        let scratch = try Scratch()
        try scratch.write("old", "old\n")
        try scratch.shell("touch -d '2001-02-03 04:05:06 UTC' old")
        try scratch.swarm("init")
        try scratch.swarm("run", "launch", "--run-id", "base", "--", "true")
        try scratch.write(scratch.folder + "/s", "true\n")
        #expect(try fanout(scratch, name: "s").exitCode == 0)
        try scratch.swarm("run", "fork", "--node", "branch:s-001", "--label", "fork")
        for reference in ["branch:s-001", "branch:fork"] {
            let out = scratch.folder + "/out-" + reference.suffix(4)
            #expect(try scratch.swarm("checkout", reference, out).exitCode == 0)
            #expect(try scratch.shell("date -u -r \(out)/old +%Y").text == "2001\n")
        }
        let bundle = scratch.folder + "/b.tar"
        #expect(try scratch.swarm("bundle", "export", "branch:s-001", bundle, "--with-times").exitCode == 0)
        let other = try Scratch()
        try other.swarm("init", "--import-key", "-", input: try scratch.swarm("key", "export").text)
        #expect(try other.swarm("bundle", "import", bundle).exitCode == 0)
        #expect(try other.swarm("checkout", "run:s-001", other.folder + "/out").exitCode == 0)
        #expect(try other.shell("date -u -r ../out/old +%Y").text == "2001\n")
    }

    // MARK: - Choosing

    @Test("the select command scores each success on its own content, and the highest is the best")
    func select() throws {
        let scratch = try prepared(
            """
            {"label":"low","command":"echo 1 > score"}
            {"label":"tie","command":"echo 7.5 > score"}
            {"label":"high","command":"echo 7.5 > score; sqlite3 $SWARM_STATE_DB \\"insert into kv values('k',1)\\""}
            {"label":"none","command":"true"}
            {"label":"words","command":"echo none > score"}
            {"label":"bad","command":"echo 99 > score; exit 1"}
            """
        )
        let before = try scratch.swarm("log", "--json").text.split(separator: "\n").count
        let run = try fanout(scratch, "--json", "--select", "echo 3 tests; echo junk > left; cat score", "--jobs", "3")
        #expect(run.exitCode == 7, "\(run)")
        #expect(run.json["best"]?.text == "high")
        let all = branches(run)
        #expect(all["low"]?["score"]?.integer == 1)
        #expect(all["high"]?["score"] == .number(7.5))
        #expect(all["none"]?["score"] == .null)
        #expect(all["none"]?["score_error"]?.text?.contains("exit code") == true)
        #expect(all["words"]?["score"]?.integer == 3, "the last number that was printed")
        #expect(all["bad"]?["score"] == .null)
        // Scoring makes no run and no node, and leaves the branch as it is.
        #expect(try scratch.swarm("log", "--json").text.split(separator: "\n").count == before + 6)
        #expect(try scratch.swarm("diff", "run:base", "branch:high", "--name-status").text == "A\tscore\n")
        #expect(try scratch.shell("ls .swarm/tmp").text == "")
        let text = try scratch.swarm(
            ["run", "fanout", "--steps", "-", "--select", "cat score"],
            input: "{\"label\":\"x\",\"command\":\"echo -2 > score\"}\n"
        )
        #expect(text.text.hasSuffix("best: branch:x, score -2\n"), "\(text)")
    }

    @Test("no more are started once the reported cost has spent the budget")
    func budget() throws {
        let cost = "echo '{\"cost_usd\":0.4}' > $SWARM_METRICS\n"
        let scratch = try prepared(cost + cost + "echo '{\"cost_usd\":0.3}' > $SWARM_METRICS; exit 1\n" + cost + cost)
        let run = try fanout(scratch, "--json", "--jobs", "1", "--budget", "1.05", "--discard-failed")
        #expect(run.exitCode == 7, "\(run)")
        let statuses = run.json["branches"]?.elements?.map { $0["status"]?.text }
        #expect(statuses == ["succeeded", "succeeded", "failed", "skipped", "skipped"], "\(run)")
        #expect(branches(run)["ideas-004"]?["run_id"] == .null)
        #expect(try scratch.swarm("show", "branch:ideas-004").exitCode == 2)
        let fine = try scratch.swarm(
            ["run", "fanout", "--steps", "-", "--jobs", "1", "--budget", "0.1"],
            input: cost + "true\n"
        )
        #expect(fine.exitCode == 0, "\(fine)")
        #expect(fine.text.contains("step-002  skipped"), "\(fine)")
    }

    @Test("a failed attempt has cost what it reported, in the budget, the report and the log")
    func attempts() throws {
        // What tells the attempts apart lies outside the sandbox.
        let scratch = try prepared("true\n")
        let flags = scratch.folder + "/flags"
        try Files.makeFolder(flags)
        let step =
            "if test -e \(flags)/x; then echo '{\"cost_usd\":0.5}' > $SWARM_METRICS; "
            + "else touch \(flags)/x; echo '{\"cost_usd\":5}' > $SWARM_METRICS; exit 1; fi\n"
        let run = try scratch.swarm(
            [
                "run", "fanout", "--steps", "-", "--json", "--jobs", "1", "--budget", "1", "--max-attempts", "2",
                "--allow-write", flags,
            ],
            input: step + "true\n"
        )
        #expect(run.exitCode == 0, "\(run)")
        #expect(run.json["cost_usd"] == .number(5.5), "\(run)")
        let all = branches(run)
        #expect(all["step-001"]?["cost_usd"] == .number(5.5), "\(run)")
        #expect(all["step-001"]?["metrics"]?["cost_usd"] == .number(0.5), "the node's metrics are the last attempt's")
        #expect(all["step-002"]?["status"]?.text == "skipped", "\(run)")
        #expect(try scratch.swarm("log").text.contains("$5.5"))
        #expect(try scratch.read(".swarm/runs/step-001/telemetry.json").contains("\"cost_usd\":5.5"))
    }

    // MARK: - Refusals

    @Test("the same file a second time gets labels of its own")
    func again() throws {
        let scratch = try prepared("true\nexit 1\n")
        #expect(try fanout(scratch).exitCode == 7)
        let again = try fanout(scratch, "--json")
        #expect(branches(again).keys.sorted() == ["ideas.2-001", "ideas.2-002"], "\(again)")
    }

    @Test("a label that is taken is exit 2, and nothing starts; the name of a failed run is not taken")
    func taken() throws {
        let scratch = try prepared(
            "{\"label\":\"new\",\"command\":\"true\"}\n{\"label\":\"old\",\"command\":\"true\"}\n"
        )
        try scratch.swarm("run", "fork", "--node", "run:base", "--label", "old")
        let run = try fanout(scratch, "--json")
        #expect(run.exitCode == 2, "\(run)")
        #expect(run.errorCode == "LABEL_TAKEN")
        #expect(run.json["error"]?["message"]?.text?.contains("ideas.txt, line 2") == true, "\(run)")
        #expect(try scratch.swarm("show", "branch:new").exitCode == 2)
        try scratch.swarm("run", "launch", "--run-id", "mine", "--", "false")
        let free = try scratch.swarm(
            ["run", "fanout", "--steps", "-", "--json"],
            input: "{\"label\":\"mine\",\"command\":\"true\"}\n{\"label\":\"fork.x\",\"command\":\"true\"}\n"
        )
        #expect(free.exitCode == 0, "\(free)")
        #expect(branches(free)["mine"]?["run_id"]?.text == "mine.2")
        #expect(branches(free)["fork.x"]?["run_id"]?.text == "run-fork.x")
    }

    @Test(
        "a bad steps file is exit 2 naming file and line, and nothing starts",
        arguments: [
            ("true\n{\"label\":\"a\"}\n", "STEPS_INVALID", "line 2"),
            ("{\"command\":\"x\",\"no\":1}", "STEPS_INVALID", "line 1"),
            ("\n{\"label\":\"a b\",\"command\":\"x\"}", "STEPS_INVALID", "line 2"),
            ("# nothing\n", "STEPS_EMPTY", "ideas.txt"),
            (
                "{\"label\":\"a\",\"command\":\"x\"}\n{\"label\":\"a\",\"command\":\"x\"}", "STEPS_INVALID", "line 2"
            ),
        ]
    )
    func badFile(steps: String, code: String, place: String) throws {
        let scratch = try prepared(steps)
        let run = try fanout(scratch, "--json")
        #expect(run.exitCode == 2, "\(run)")
        #expect(run.errorCode == code)
        let message = run.json["error"]?["message"]?.text ?? ""
        #expect(message.contains("ideas.txt") && message.contains(place), "\(message)")
        #expect(try scratch.swarm("log", "--json").text.split(separator: "\n").count == 2)
    }

    @Test("what cannot be meant is exit 2 before anything starts")
    func badFlags() throws {
        let scratch = try prepared("true\n")
        let file = scratch.folder + "/ideas.txt"
        for flags in [
            ["--steps", file, "--jobs", "0"], ["--steps", file, "--budget", "0"], ["--steps", file, "--budget", "nan"],
            ["--steps", file, "--select", " "], ["--steps", file + ".no"], ["--steps", scratch.folder], [],
            ["--steps", file, "--node", "branch:no"], ["--steps", file, "--run-id", "x"], ["--steps", file, "-i"],
            ["--steps", file, "--detach"], ["--steps", file, "--sandbox", "some"], ["--steps", "-", "--policy", "-"],
            ["--steps", file, "--allow-read", "/no/such/path"],
        ] {
            let run = try scratch.swarm(["run", "fanout"] + flags)
            #expect(run.exitCode == 2, "\(flags) \(run)")
        }
        #expect(try scratch.swarm("log", "--json").text.split(separator: "\n").count == 2)
        #expect(try scratch.swarm("run", "--help").text.contains("fanout"))
        #expect(try scratch.swarm("run", "fanout", "--help").text.contains("ideas.jsonl"))
    }
}

/// Stands for a path that is known once the test's folder is.
private enum ProcessFile {
    static let outside = "@OUTSIDE@"
}

/// A store with a run `base`, and a steps file.
func prepared(_ steps: String, name: String = "ideas.txt") throws -> Scratch {
    let scratch = try Scratch()
    try scratch.write("f", "0\n")
    try scratch.swarm("init")
    #expect(try scratch.swarm("run", "launch", "--run-id", "base", "--", "true").exitCode == 0)
    try scratch.write(scratch.folder + "/" + name, steps)
    return scratch
}

/// Fans the steps file out.
func fanout(_ scratch: Scratch, _ flags: String..., name: String = "ideas.txt") throws -> ProgramRun {
    try scratch.swarm(["run", "fanout", "--steps", scratch.folder + "/" + name] + flags)
}

/// What the JSON says of each branch, by its label.
func branches(_ run: ProgramRun) -> [String: JSONValue] {
    let branches = run.json["branches"]?.elements ?? []
    return Dictionary(branches.map { ($0["label"]?.text ?? "", $0) }, uniquingKeysWith: { first, _ in first })
}
