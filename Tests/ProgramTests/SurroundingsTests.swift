import SwarmContracts
import SwarmTestSupport
import Testing

@Suite("Flags, variables and folders that cannot serve")
struct SurroundingsTests {
    @Test(
        "a flag that cannot be kept is exit 2 with the reason, before the workspace is taken in",
        arguments: [
            (["--pass-env", "SWARM_X"], "USAGE", "begin with SWARM_"), (["--pass-env", "A=b"], "USAGE", "not a value"),
            (["--login", "foo"], "USAGE", "claude, codex"), (["--keep", "/etc"], "PATH_INVALID", "below HOME"),
            (["--allow-read", "/nothing"], "PATH_INVALID", "nothing there"),
            (["--sandbox", "none", "--keep", "x"], "USAGE", "account's own home"),
        ]
    )
    func flags(flags: [String], code: String, reason: String) throws {
        let scratch = try Scratch()
        try scratch.write("file", "x\n")
        try scratch.write(scratch.folder + "/steps", "true\n")
        try scratch.swarm("init")
        let before = try scratch.shell("find .swarm | sort").text
        for command in [["launch"], ["fanout", "--node", "root", "--steps", scratch.folder + "/steps"]] {
            let step = command.count == 1 ? ["--", "true"] : []
            let run = try scratch.swarm(["run"] + command + flags + ["--json"] + step)
            #expect(run.exitCode == 2 && run.errorCode == code, "\(run)")
            #expect(run.json["error"]?["message"]?.text?.contains(reason) == true, "\(run)")
        }
        #expect(try scratch.shell("find .swarm | sort").text == before)
    }

    @Test("what was given for a variable's name may be its value, and is not repeated")
    func secretForName() throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        for given in ["TOKEN=hush-0123456789", "hush-0123456789"] {
            let run = try scratch.swarm("run", "launch", "--pass-env", given, "--", "true")
            #expect(run.exitCode == 2 && !run.description.contains("hush"), "\(run)")
        }
    }

    @Test(
        "a policy's own variables and login are held to the same rules",
        arguments: [(#""env":{"pass":["SWARM_STATE_DB"]}"#, "env.pass"), (#""login":"foo""#, "login")]
    )
    func policy(member: String, name: String) throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        let policy = try scratch.swarm("run", "launch", "--dry-run", "--json", "--", "true").json["policy"]
        guard case .object = policy, let policy else {
            Issue.record("no policy in the plan")
            return
        }
        let text = String(decoding: CanonicalJSON.encode(policy), as: UTF8.self)
        try scratch.write(scratch.folder + "/policy.json", "{" + member + "," + text.dropFirst())
        let run = try scratch.swarm(
            "run",
            "launch",
            "--policy",
            scratch.folder + "/policy.json",
            "--json",
            "--",
            "true"
        )
        #expect(run.exitCode == 2 && run.errorCode == "USAGE", "\(run)")
        #expect(run.json["error"]?["message"]?.text?.contains("the policy's " + name) == true, "\(run)")
    }

    @Test("without HOME, or with an empty one, the home is the account's", arguments: ["env -u HOME", "HOME= env"])
    func home(prefix: String) throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        let account = try scratch.shell("getent passwd $(id -u) | cut -d: -f6").text
        let run = try scratch.shell("\(prefix) \(ProgramRun.swarm) run launch -- sh -c 'echo $HOME'")
        #expect(run.exitCode == 0 && run.text == account, "\(run)")
    }

    @Test("an empty SWARM_STORE and SWARM_PROFILE are as none")
    func emptyVariables() throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        try scratch.write("folder/file", "x\n")
        for command in [["log"], ["run", "launch", "--", "true"]] {
            let run = try scratch.swarm(
                command,
                in: scratch.project + "/folder",
                environment: ["SWARM_STORE": "", "SWARM_PROFILE": ""]
            )
            #expect(run.exitCode == 0, "\(run)")
        }
    }

    @Test("a folder that is no store is named as that, not as a store without its key")
    func noStore() throws {
        let scratch = try Scratch()
        for path in [scratch.home, scratch.folder + "/nowhere"] {
            for command in [["log"], ["key", "rotate"]] {
                let run = try scratch.swarm(command + ["--store", path, "--json"])
                #expect(run.exitCode == 2 && run.errorCode == "STORE_NOT_FOUND", "\(run)")
                #expect(run.json["error"]?["message"]?.text?.contains(path) == true, "\(run)")
            }
        }
        try scratch.swarm("init")
        try scratch.shell("rm -r .swarm/keys")
        #expect(try scratch.swarm("log", "--json").errorCode == "KEYS_MISSING")
    }

    @Test("init beside the user's settings says what lies there and harms nothing; an empty folder serves")
    func initInHome() throws {
        let scratch = try Scratch()
        try scratch.write(scratch.home + "/.swarm/config.json", "{}\n")
        let run = try scratch.swarm(["init", "--json"], in: scratch.home)
        #expect(run.exitCode == 2 && run.errorCode == "TARGET_NOT_EMPTY", "\(run)")
        let message = run.json["error"]?["message"]?.text ?? ""
        #expect(message.contains("config.json") && !message.contains("already"), "\(run)")
        #expect(run.json["error"]?["hint"]?.text?.contains("--store") == true)
        #expect(try scratch.shell("ls -A ../home/.swarm; ls -A ../home").text == "config.json\n.swarm\n")
        try scratch.shell("mkdir .swarm")
        #expect(try scratch.swarm("init").exitCode == 0)
        #expect(try scratch.swarm("init", "--json").errorCode == "STORE_EXISTS")
    }
}
