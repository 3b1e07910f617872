import SwarmContracts
import SwarmPlatform
import SwarmTestSupport
import Testing

@Suite("The key file")
struct KeyFileTests {
    @Test("another store's key is exit 2, and the recovery string puts the right one back for new nodes too")
    func otherStore() throws {
        let (scratch, other) = (try Scratch(), try Scratch())
        try scratch.swarm("init")
        try other.swarm("init")
        try scratch.swarm("run", "launch", "--run-id", "one", "--", "sh", "-c", "echo 1 > f")
        let recovery = try scratch.swarm("key", "export").text
        let before = try scratch.swarm("key", "show", "--json").json["key_id"]
        try scratch.shell("cp \(other.store)/keys/root.json .swarm/keys/root.json")
        for command in [
            ["run", "launch", "--", "true"], ["run", "resume", "--", "true"], ["diff", "@"],
            ["run", "fork", "--label", "b"],
        ] {
            let run = try scratch.swarm(
                command.first == "run"
                    ? [command[0], command[1], "--json"] + command.dropFirst(2) : command + ["--json"]
            )
            #expect(run.exitCode == 2, "\(command) \(run)")
            #expect(run.errorCode == "KEY_WRONG", "\(command) \(run)")
        }
        #expect(try scratch.swarm("verify", "chain").exitCode == 3)
        let wrong = try other.swarm("key", "export").text
        #expect(try scratch.swarm("key", "import", "-", input: wrong).exitCode == 2)
        #expect(try scratch.swarm("key", "import", "-", input: recovery).exitCode == 0)
        #expect(try scratch.swarm("key", "show", "--json").json["key_id"] == before)
        #expect(try scratch.swarm("key", "export").text == recovery)
        #expect(
            try scratch.swarm("run", "resume", "--run-id", "two", "--", "sh", "-c", "cat f; echo 2 > f").text == "1\n"
        )
        #expect(try scratch.swarm("show", "run:two", "--json").json["descriptor"]?["key_id"] == before)
        #expect(try scratch.swarm("verify", "chain", "--require-attestation").exitCode == 0)
        #expect(try scratch.swarm("fsck").exitCode == 0)
        // Nothing secret is thrown away.
        #expect(
            try scratch.shell(
                "cmp \(other.store)/keys/root.json .swarm/keys/root.json.replaced && stat -c %a .swarm/keys/root.json.replaced"
            ).text == "600\n"
        )
    }

    @Test("a key file that was replaced stays, however often it is done again")
    func replacedTwice() throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        try scratch.swarm("run", "launch", "--run-id", "a", "--", "true")
        try scratch.swarm("key", "export", "--out", "old")
        try scratch.swarm("key", "rotate")
        try scratch.swarm("run", "launch", "--run-id", "b", "--", "true")
        let both = try scratch.read(".swarm/keys/root.json")
        for _ in 0..<3 { #expect(try scratch.swarm("key", "import", "old", "--replace").exitCode == 0) }
        #expect(try scratch.swarm("show", "run:b", "--response").exitCode != 0)
        #expect(try scratch.read(".swarm/keys/root.json.replaced") == both)
        try scratch.shell("cp .swarm/keys/root.json.replaced .swarm/keys/root.json")
        #expect(try scratch.swarm("show", "run:b", "--response").exitCode == 0)
    }

    @Test("a missing or damaged key file is named, and the recovery string restores it, without the index too")
    func restored() throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        try scratch.swarm("run", "launch", "--run-id", "one", "--", "sh", "-c", "echo 1 > f")
        let recovery = try scratch.swarm("key", "export").text
        for (damage, code) in [("rm -r .swarm/keys", Int32(1)), ("truncate -s 20 .swarm/keys/root.json", 2)] {
            try scratch.shell(damage + "; rm -f .swarm/index.db*")
            let run = try scratch.swarm("run", "resume", "--json", "--", "true")
            #expect(run.exitCode == code, "\(damage) \(run)")
            #expect(run.json["error"]?["message"]?.text?.contains("keys/root.json") == true, "\(run)")
            #expect(try scratch.swarm("key", "import", "-", input: recovery).exitCode == 0)
            #expect(try scratch.swarm("run", "resume", "--node", "run:one", "--", "cat", "f").text == "1\n")
        }
        #expect(try scratch.swarm("fsck").exitCode == 0)
    }

    @Test("who has the wrong key, or no terminal for the passphrase, is told the way on")
    func wayOn() throws {
        let (first, second) = (try Scratch(), try Scratch())
        try first.swarm("init")
        try first.swarm("run", "launch", "--run-id", "one", "--", "true")
        let remote = first.folder + "/remote"
        #expect(try first.swarm("push", "--remote", remote).exitCode == 0)
        #expect(try first.swarm("bundle", "export", "@", "../one.tar").exitCode == 0)
        let recovery = try first.swarm("key", "export").text
        try second.swarm("init")
        for command in [
            ["pull", "--remote", remote], ["key", "import", "-"], ["key", "import", "--replace", "-"],
            ["bundle", "import", first.folder + "/one.tar"],
        ] {
            let run = try second.swarm(command + ["--json"], input: recovery)
            #expect(run.exitCode == 2 && run.errorCode == "KEY_WRONG", "\(command) \(run)")
            #expect(run.json["error"]?["hint"]?.text?.contains("`swarm init --import-key FILE`") == true, "\(run)")
        }
        // The way that the hint names.
        try second.shell("rm -r .swarm")
        #expect(try second.swarm("init", "--import-key", "-", input: recovery).exitCode == 0)
        #expect(try second.swarm("pull", "--remote", remote).exitCode == 0)

        let wrapped = try Scratch()
        try wrapped.write("../word", "word")
        let asked = try wrapped.shell("setsid -w \(ProgramRun.swarm) init --passphrase < /dev/null")
        #expect(asked.exitCode == 2 && asked.messages.contains("--passphrase-file FILE"), "\(asked)")
        try wrapped.swarm("init", "--passphrase-file", "../word")
        let closed = try wrapped.swarm("log", "--json")
        #expect(closed.errorCode == "KEY_PASSPHRASE_REQUIRED")
        #expect(closed.json["error"]?["hint"]?.text?.contains("SWARM_PASSPHRASE_FILE") == true, "\(closed)")
        #expect(try wrapped.swarm(["log"], environment: ["SWARM_PASSPHRASE_FILE": "../word"]).exitCode == 0)
    }
}
