import SwarmContracts
import SwarmPlatform
import SwarmTestSupport
import Testing

@Suite("What the command line is taken for, and what is said where it is wrong")
struct CommandLineTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
        try scratch.swarm("init")
    }

    @Test(
        "a word that is no command is named, with the command that was meant",
        arguments: [
            (["launch"], "'launch'; did you mean `swarm run launch`?"),
            (["run", "lauch", "--", "true"], "'run lauch'; did you mean `swarm run launch`?"),
            (["lgo", "--json"], "'lgo'; did you mean `swarm log`?"),
            (["--store", "x", "launc"], "'launc'; did you mean `swarm run launch`?"),
            (["logs"], "'logs'; did you mean `swarm run logs` or `swarm backend github logs`?"),
            (["run", "-q", "diff"], "'run diff'; did you mean `swarm diff`?"), (["unlike"], "'unlike'"),
            (
                ["backend", "local", "exec\u{1b}ute"],
                "'backend local exec?ute'; did you mean `swarm backend local execute`?"
            ),
        ]
    )
    func unknownCommand(words: [String], sentence: String) throws {
        let run = try scratch.swarm(words)
        #expect(run.exitCode == 2, "\(run)")
        #expect((run.text + run.messages).contains("there is no command \(sentence)"), "\(run)")
        #expect(run.errorCode == "USAGE")
    }

    @Test(
        "global options stand before, between and behind the words of a command",
        arguments: [
            ["--json", "run", "status"], ["run", "--json", "status"], ["run", "status", "--json"],
            ["-vvv", "run", "-q", "--json", "status"], ["run", "--store", ".swarm", "--json", "status"],
        ]
    )
    func globalOptions(words: [String]) throws {
        try scratch.swarm("run", "launch", "--run-id", "r", "--", "true")
        let run = try scratch.swarm(words + ["--run-id", "r"])
        #expect(run.exitCode == 0, "\(run)")
        #expect(run.json["run_id"]?.text == "r")
        // Behind -- everything is the step's.
        let step = try scratch.swarm("run", "--no-color", "launch", "--", "echo", "--json")
        #expect(step.text == "--json\n", "\(step)")
    }

    @Test("a short option takes its value without a space, and a new store says that it has no runs")
    func log() throws {
        let empty = try scratch.swarm("log")
        #expect(empty.exitCode == 0 && empty.text.isEmpty)
        #expect(empty.messages.contains("no runs yet; `swarm run launch -- CMD`"), "\(empty)")
        for quiet in ["-q", "--json"] { #expect(try scratch.swarm("log", quiet).messages.isEmpty) }
        for id in ["a", "b"] { try scratch.swarm("run", "launch", "--run-id", id, "--", "true") }
        let one = try scratch.swarm("log", "-n1")
        #expect(one.exitCode == 0 && one.text.contains("run:b") && !one.text.contains("run:a"), "\(one)")
        #expect(one.messages.isEmpty)
    }

    @Test(
        "every error of the command line ends with its code",
        arguments: [["log", "--limit", "0"], ["log", "--nope"], ["diff"], ["run", "launch", "make"], ["nope"]]
    )
    func codes(words: [String]) throws {
        let run = try scratch.swarm(words)
        #expect(run.exitCode == 2)
        let first = try #require(run.messages.split(separator: "\n").first)
        #expect(first.hasPrefix("error: ") && first.hasSuffix(" [USAGE]"), "\(run)")
    }

    @Test("standard output that cannot be written to is an error with a code, and nothing goes where it should not")
    func outputs() throws {
        let full = try scratch.shell("\(ProgramRun.swarm) config show > /dev/full; echo $?")
        #expect(full.text == "1\n")
        #expect(full.messages.hasPrefix("error: could not write to standard output: "), "\(full)")
        #expect(full.errorCode == "DISK_FULL" || full.messages.contains("[DISK_FULL]"))
        let closed = try scratch.shell("\(ProgramRun.swarm) config show --json >&-; echo $?")
        #expect(closed.text == "1\n")
        #expect(closed.messages == "error: could not write to standard output: Bad file descriptor [SYSTEM_ERROR]\n")
        // A run opens files of the store for writing: none may get the number of what is closed.
        try scratch.shell("\(ProgramRun.swarm) run launch --run-id out -- echo landed >&-")
        try scratch.shell("\(ProgramRun.swarm) run launch --run-id err -- sh -c 'echo landed >&2' 2>&-")
        #expect(try scratch.swarm("fsck").exitCode == 0)
        let found = try scratch.shell("grep -rl landed .swarm --include=lock --include='*.lock'; true")
        #expect(found.text.isEmpty, "\(found)")
    }

    @Test("a command that names its backend runs there, whatever the setting says, and refuses another")
    func backends() throws {
        let github = ["SWARM_RUN_BACKEND": "github", "GITHUB_REPOSITORY": "o/r", "GITHUB_TOKEN": "t"]
        let here = try scratch.swarm(
            ["backend", "local", "execute", "--run-id", "here", "--", "true"],
            environment: github
        )
        #expect(here.exitCode == 0, "\(here)")
        #expect(try scratch.swarm("run", "status", "--run-id", "here", "--json").json["backend"]?.text == "local")
        for words in [["local", "execute", "--backend", "github"], ["github", "dispatch", "--backend", "local"]] {
            let run = try scratch.swarm(["backend"] + words + ["--json", "--", "true"], environment: github)
            #expect(run.exitCode == 2 && run.errorCode == "USAGE", "\(run)")
            #expect(run.json["error"]?["message"]?.text?.hasPrefix("--backend ") == true)
        }
        // What would be done is what `run launch` would do: here it misses the pinned workflow.
        for words in [["plan", "show"], ["run", "launch", "--dry-run"]] {
            let run = try scratch.swarm(words + ["--json", "--", "true"], environment: github)
            #expect(run.errorCode == "WORKFLOW_REF_REQUIRED", "\(run)")
        }
        #expect(try scratch.swarm("plan", "show", "--json", "--", "true").json["operation"]?.text == "launch")
        #expect(try scratch.swarm("log", "--json").text.split(separator: "\n").count == 2)
    }

    @Test("--out that cannot serve is refused before the step runs; a copy that fails hides no run")
    func out() throws {
        try scratch.write("file", "x")
        for out in ["file", "file/below"] {
            let run = try scratch.swarm("run", "launch", "--out", out, "--json", "--", "touch", "ran")
            #expect(run.exitCode == 2 && run.errorCode == "PATH_INVALID", "\(run)")
            #expect(run.json["error"]?["message"]?.text?.hasPrefix("--out ") == true, "\(run)")
        }
        #expect(try scratch.swarm("log", "--json").text.isEmpty)
        try Files.makeFolder(scratch.folder + "/out/certificate.json")
        let late = try scratch.swarm(
            "run",
            "launch",
            "--out",
            "../out",
            "--run-id",
            "late",
            "--json",
            "--",
            "true"
        )
        #expect(late.exitCode == 1, "\(late)")
        #expect(late.json["run_id"]?.text == "late" && late.json["status"]?.text == "succeeded", "\(late)")
        #expect(late.messages.contains("warning: --out: "), "\(late)")
        let made = try scratch.swarm("run", "launch", "--out", "../new/deep", "--", "true")
        #expect(made.exitCode == 0 && scratch.has("../new/deep/certificate.json"), "\(made)")
    }

    @Test("init with a workflow prints one object, and leaves no store where another file stands in its place")
    func initWithWorkflow() throws {
        let pin = "o/r/.github/workflows/swarm-run.yml@" + String(repeating: "a", count: 40)
        let words = ["init", "--json", "--backend", "github", "--workflow-ref", pin]
        let folder = scratch.folder + "/fresh"
        try scratch.write(folder + "/.github/workflows/swarm.yml", "mine")
        let refused = try scratch.swarm(words, in: folder)
        #expect(refused.exitCode == 2 && refused.errorCode == "WORKFLOW_EXISTS", "\(refused)")
        #expect(Files.kind(folder + "/.swarm") == nil)
        try Files.remove(folder + "/.github/workflows/swarm.yml")
        let made = try scratch.swarm(words, in: folder)
        #expect(made.exitCode == 0 && made.text.split(separator: "\n").count == 1, "\(made)")
        #expect(made.json["status"]?.text == "initialized")
        for member in ["store", "node_id", "key_id", "file", "workflow_ref"] {
            #expect(made.json[member]?.text != nil, "\(member) \(made)")
        }
        #expect(try scratch.swarm(words, in: folder).json["status"]?.text == "written")
    }

    @Test("a label's limit and signs, and a run id that is swarm's own, are named as they are")
    func names() throws {
        func hint(_ words: [String]) throws -> (String, String) {
            let error = try scratch.swarm(words + ["--json"]).json["error"]
            return (error?["message"]?.text ?? "", error?["hint"]?.text ?? "")
        }
        for count in [124, 130] {
            let long = try hint(["run", "fork", "--node", "root", "--label", String(repeating: "a", count: count)])
            #expect(long.0.contains("longer than 123 bytes") && long.1.contains("1 to 123"), "\(long)")
        }
        let sign = try hint(["run", "fork", "--node", "root", "--label", "é"])
        #expect(sign.0 == "'é' is not a branch label: it holds 'é'")
        let control = try hint(["run", "fork", "--node", "root", "--label", "a\u{202e}b"])
        #expect(control.0 == "'a?b' is not a branch label: it holds U+202E")
        #expect(try hint(["run", "status", "--run-id", "a b"]).1.contains("1 to 128"))
    }

    @Test("the help lists every schema that is taken")
    func schemas() throws {
        let help = try scratch.swarm("schema", "validate", "--help").text
        let words = Set(help.split { !$0.isLetter && $0 != "_" }.map(String.init))
        for schema in DocumentSchema.all { #expect(words.contains(schema.name), "\(schema.name)") }
    }

    @Test("a setting is set and unset, in a profile where one is named")
    func settings() throws {
        let set = try scratch.swarm("config", "set", "--profile", "ci", "run.route_mode", "none", "--json")
        #expect(set.exitCode == 0 && set.json["profile"]?.text == "ci", "\(set)")
        func shown(_ more: String...) throws -> JSONValue? {
            try scratch.swarm(["config", "show", "--json"] + more).json["run.route_mode"]?["value"]
        }
        #expect(try shown() == .null)
        #expect(try shown("--profile", "ci") == .string("none"))
        try scratch.swarm("config", "set", "run.route_mode", "direct")
        #expect(try shown() == .string("direct"))
        let inProfile = try scratch.swarm(
            ["config", "unset", "run.route_mode", "--json"],
            environment: ["SWARM_PROFILE": "ci"]
        )
        #expect(inProfile.json["was_set"] == .bool(true), "\(inProfile)")
        #expect(try shown() == .string("direct"))
        #expect(try scratch.swarm("config", "show", "--profile", "ci").exitCode == 2)
        #expect(try scratch.swarm("config", "unset", "run.route_mode", "--json").json["was_set"] == .bool(true))
        #expect(try scratch.swarm("config", "unset", "run.route_mode", "--json").json["was_set"] == .bool(false))
        #expect(try scratch.read(".swarm/config.json") == "{}\n")
        let unknown = try scratch.swarm("config", "unset", "run.rout", "--json")
        #expect(unknown.exitCode == 2 && unknown.errorCode == "CONFIG_KEY_UNKNOWN")
        let value = try scratch.swarm("config", "set", "run.route_mode", "x", "--json")
        #expect(value.errorCode == "CONFIG_VALUE_INVALID" && value.json["error"]?["hint"] == .null, "\(value)")
        try scratch.write(".swarm/config.json", "{\"profiles\":3}")
        let broken = try scratch.swarm("config", "set", "--profile", "ci", "run.route_mode", "none", "--json")
        #expect(broken.exitCode == 2 && broken.errorCode == "CONFIG_MALFORMED", "\(broken)")
    }
}
