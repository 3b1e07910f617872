import SwarmContracts
import SwarmTestSupport
import Testing

@Suite("The first minutes with the program")
struct FirstMinutesTests {
    @Test("init and launch need no flag, and leave the project as it is")
    func defaults() throws {
        let scratch = try Scratch()
        try scratch.write("a.txt", "one\n")
        #expect(try scratch.swarm("init").exitCode == 0)
        let run = try scratch.swarm("run", "launch", "--", "sh", "-c", "echo two >> a.txt; echo new > b.txt; echo said")
        #expect(run.exitCode == 0, "\(run)")
        #expect(run.text == "said\n")
        #expect(try scratch.read("a.txt") == "one\n")
        #expect(!scratch.has("b.txt"))
        let diff = try scratch.swarm("diff", "@", "--name-status")
        #expect(diff.text == "M\ta.txt\nA\tb.txt\n", "\(diff)")
    }

    @Test("resume goes on from the newest success, files and state together")
    func resume() throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        try scratch.swarm("run", "launch", "--", "sh", "-c", "echo 1 > count")
        let run = try scratch.swarm("run", "resume", "--", "sh", "-c", "echo 2 >> count; cat count")
        #expect(run.text == "1\n2\n", "\(run)")
        let events = try scratch.swarm("state", "query", "@", "select event_type from events order by seq", "--json")
        #expect(
            events.text.contains("import") && events.text.contains("launch") && events.text.contains("resume"),
            "\(events)"
        )
    }

    @Test("forks of forks resume, and branches move with their runs")
    func forks() throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        try scratch.swarm("run", "launch", "--", "sh", "-c", "echo 0 > depth")
        var label = ""
        for depth in 1...4 {
            let parent = label.isEmpty ? "@" : "branch:\(label)"
            label = "d\(depth)"
            #expect(try scratch.swarm("run", "fork", "--node", parent, "--label", label).exitCode == 0)
        }
        let run = try scratch.swarm(
            "run",
            "resume",
            "--node",
            "branch:d4",
            "--json",
            "--",
            "sh",
            "-c",
            "echo 5 >> depth"
        )
        #expect(run.exitCode == 0, "\(run)")
        let tip = try scratch.swarm("show", "branch:d4", "--json")
        #expect(tip.json["node"]?["node_id"]?.text == run.json["node_id"]?.text)
        #expect(try scratch.swarm("verify", "chain", "branch:d4").exitCode == 0)
    }

    @Test("a failed step is exit 7, keeps its tree as a tagged node and moves no branch")
    func failure() throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        try scratch.swarm("run", "launch", "--", "sh", "-c", "echo good > f")
        let before = try scratch.swarm("show", "branch:main", "--json").json["node"]?["node_id"]?.text
        let run = try scratch.swarm("run", "resume", "--run-id", "bad", "--", "sh", "-c", "echo hours > work; exit 3")
        #expect(run.exitCode == 7, "\(run)")
        #expect(try scratch.swarm("show", "branch:main", "--json").json["node"]?["node_id"]?.text == before)
        let node = try scratch.swarm("show", "run:bad", "--json").json["node"]
        #expect(node?["tags"] == ["failed"])
        #expect(try scratch.swarm("checkout", "run:bad", scratch.folder + "/out").exitCode == 0)
        #expect(try scratch.read(scratch.folder + "/out/work") == "hours\n")
    }

    @Test("a checkout is a new directory: its time is now, and what is in it has the time that it had")
    func times() throws {
        let scratch = try Scratch()
        try scratch.write("folder/f", "text")
        try scratch.shell("touch -d @1000000000 folder/f folder")
        try scratch.swarm("init")
        try scratch.swarm("run", "launch", "--run-id", "r", "--", "true")
        try scratch.shell("touch ../before; mkdir ../empty; touch -d @1000000000 ../empty")
        for name in ["out", "empty"] {
            #expect(try scratch.swarm("checkout", "run:r", scratch.folder + "/" + name).exitCode == 0)
            #expect(try scratch.shell("test ! ../\(name) -ot ../before").exitCode == 0)
            #expect(try scratch.shell("cd ../\(name) && stat -c %Y folder folder/f").text == "1000000000\n1000000000\n")
        }
    }

    @Test("an import leaves out what .swarmignore names, and nothing for a .gitignore")
    func ignored() throws {
        let scratch = try Scratch()
        try scratch.write(".swarmignore", "secret\n*.log\n!kept.log\n")
        try scratch.write(".gitignore", "built\n")
        for name in ["secret", "built", "a.log", "folder/b.log", "folder/kept.log"] { try scratch.write(name, "x") }
        try scratch.swarm("init")
        let run = try scratch.swarm("run", "launch", "--", "find", ".", "-type", "f")
        #expect(
            run.text.split(separator: "\n").sorted()
                == ["./.gitignore", "./.swarmignore", "./built", "./folder/kept.log"],
            "\(run)"
        )
    }

    @Test(
        "a .swarmignore that cannot be read is refused, and nothing is taken in",
        arguments: ["link", "folder", "large"]
    )
    func ignoreUnreadable(kind: String) throws {
        let scratch = try Scratch()
        let make = [
            "link": "echo secret > ../rules; ln -s ../rules .swarmignore", "folder": "mkdir .swarmignore",
            "large": "yes secret | head -c 1100000 > .swarmignore",
        ]
        try scratch.write("secret", "x")
        try scratch.shell(make[kind] ?? "")
        try scratch.swarm("init")
        let run = try scratch.swarm("run", "launch", "--", "true")
        #expect(run.exitCode == 2 && run.errorCode == "PATH_INVALID" && run.messages.contains(".swarmignore"), "\(run)")
        #expect(try scratch.swarm("graph").text.split(separator: "\n").count == 1)
    }

    @Test("modes come back as they were, whatever the mask of the process", arguments: ["000", "022", "077", "777"])
    func mask(_ mask: String) throws {
        let scratch = try Scratch()
        try scratch.write("plain", "text")
        try scratch.write("folder/program", "#!/bin/sh")
        try scratch.shell("chmod 755 folder folder/program; chmod 644 plain")
        try scratch.swarm("init")
        try scratch.swarm("run", "fork", "--node", "root", "--label", "a")
        let run = try scratch.shell("umask \(mask); \(ProgramRun.swarm) checkout branch:a ../out")
        #expect(run.exitCode == 0, "\(run)")
        #expect(
            try scratch.shell("cd ../out && stat -c '%a %n' plain folder folder/program").text
                == "644 plain\n755 folder\n755 folder/program\n"
        )
    }

    @Test("the same keys and inputs give the same bytes at other places and times")
    func determinism() throws {
        let first = try Scratch()
        let second = try Scratch()
        try first.swarm("init")
        let key = try first.swarm("key", "export").text
        try second.write(second.folder + "/key", key)
        #expect(try second.swarm("init", "--import-key", second.folder + "/key").exitCode == 0)
        // One store has lived before; the other is fresh.
        try first.write("x", "earlier\n")
        try first.swarm("run", "launch", "--", "true")
        for scratch in [first, second] {
            try scratch.write("x", "same\n")
            let run = try scratch.swarm("run", "launch", "--run-id", "r", "--", "sh", "-c", "echo y > y; echo out")
            #expect(run.exitCode == 0, "\(run)")
            #expect(try scratch.swarm("bundle", "export", "run:r", scratch.folder + "/b.tar").exitCode == 0)
        }
        for name in ["certificate.json", "result.json", "next_tokens.json", "policy.json"] {
            #expect(try first.read(".swarm/runs/r/\(name)") == second.read(".swarm/runs/r/\(name)"), "\(name)")
        }
        let same = try first.shell("cmp \(first.folder)/b.tar \(second.folder)/b.tar")
        #expect(same.exitCode == 0, "\(same)")
    }

    @Test("--version answers, and a wrong flag is exit 2")
    func usage() throws {
        let scratch = try Scratch()
        #expect(try scratch.swarm("--version").text.hasPrefix("swarm "))
        #expect(try scratch.swarm("--nonsense").exitCode == 2)
        #expect(try scratch.swarm("run", "launch", "--sandbox", "loose", "--", "true").exitCode == 2)
        let help = try scratch.swarm("--help")
        #expect(help.exitCode == 0 && help.text.contains("git for agent runs"))
    }

    @Test("global options may stand before the command, and what is behind -- is the step's")
    func leadingOptions() throws {
        let scratch = try Scratch()
        try scratch.swarm("--quiet", "init")
        let run = try scratch.swarm("--json", "run", "launch", "--", "echo", "--json")
        #expect(run.json["status"]?.text == "succeeded", "\(run)")
        #expect(try scratch.swarm("--store", ".swarm", "--json", "log").exitCode == 0)
        #expect(try scratch.swarm("--json").exitCode == 2)
    }

    @Test("without a store every command says how to make one")
    func noStore() throws {
        let scratch = try Scratch()
        let run = try scratch.swarm("log", "--json")
        #expect(run.exitCode == 2)
        #expect(run.errorCode == "STORE_NOT_FOUND")
    }
}
