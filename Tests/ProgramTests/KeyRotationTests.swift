import SwarmContracts
import SwarmPlatform
import SwarmTestSupport
import Testing

@Suite("A key that is rotated")
struct KeyRotationTests {
    private func keyID(_ scratch: Scratch) throws -> String {
        try #require(try scratch.swarm("key", "show", "--json").json["key_id"]?.text)
    }

    private func keyID(_ scratch: Scratch, of reference: String) throws -> String? {
        try scratch.swarm("show", reference, "--json").json["descriptor"]?["key_id"]?.text
    }

    private func run(_ scratch: Scratch, _ name: String, _ line: String, _ more: String...) throws {
        let run = try scratch.swarm(["run", "resume", "--run-id", name] + more + ["--", "sh", "-c", line])
        #expect(run.exitCode == 0, "\(run)")
    }

    /// A store with a node under its first key, and its files.
    private func prepared() throws -> Scratch {
        let scratch = try Scratch()
        try scratch.swarm("init")
        for number in 0..<20 { try scratch.write("data/f\(number)", String(repeating: "line \(number)\n", count: 200)) }
        let run = try scratch.swarm("run", "launch", "--run-id", "old", "--", "sh", "-c", "echo 1 > f")
        #expect(run.exitCode == 0, "\(run)")
        return scratch
    }

    @Test("old nodes open, verify and fork on, new ones are made under the new key, and chains hold over both")
    func nodes() throws {
        let scratch = try prepared()
        let first = try keyID(scratch)
        let rotate = try scratch.swarm("key", "rotate", "--json")
        #expect(rotate.exitCode == 0, "\(rotate)")
        let second = try keyID(scratch)
        #expect(rotate.json["key_id"]?.text == second && second != first)
        #expect(rotate.json["keys"]?.elements?.compactMap(\.text) == [first, second])

        #expect(try scratch.swarm("diff", "run:old").text.contains("+1\n"))
        try run(scratch, "new", "cat f; echo 2 > f; rm data/f3; echo more >> data/f4")
        #expect(try scratch.swarm("run", "fork", "--node", "run:old", "--label", "fork").exitCode == 0)
        try run(scratch, "forked", "echo 3 > f", "--node", "branch:fork")
        #expect(try keyID(scratch, of: "run:old") == first)
        for reference in ["run:new", "branch:fork", "run:forked"] {
            #expect(try keyID(scratch, of: reference) == second, "\(reference)")
        }
        #expect(try scratch.swarm("diff", "run:new", "--name-status").text == "D\tdata/f3\nM\tdata/f4\nM\tf\n")
        for reference in ["run:old", "run:new", "run:forked"] {
            let chain = try scratch.swarm("verify", "chain", reference, "--content", "--require-attestation")
            #expect(chain.exitCode == 0, "\(chain)")
        }
        // A directory that was imported before is imported under the new key too.
        let launch = try scratch.swarm("run", "launch", "--run-id", "again", "--", "cat", "data/f3")
        #expect(launch.exitCode == 0 && launch.text.contains("line 3\n"), "\(launch)")
        #expect(try keyID(scratch, of: "run:again~1") == second)
        try scratch.shell("rm .swarm/index.db*")
        #expect(try scratch.swarm("fsck").exitCode == 0)
        #expect(try scratch.swarm("gc").exitCode == 0)
        #expect(try scratch.swarm("verify", "chain", "run:old", "--content").exitCode == 0)
    }

    @Test("a third party verifies each node with the key of its root, and the token of an older node still holds")
    func signatures() throws {
        let scratch = try prepared()
        let first = try keyID(scratch)
        try scratch.swarm("key", "show", "--public").text.write(to: scratch, "old.pem")
        let recipient = try scratch.swarm("key", "show", "--recipient").text
        let grant = try scratch.swarm("state", "grant", "run:old", "--out", scratch.folder + "/token")
        #expect(grant.exitCode == 0, "\(grant)")
        try scratch.swarm("key", "rotate")
        try run(scratch, "new", "echo 2 > f")

        try scratch.swarm("key", "show", "--public").text.write(to: scratch, "new.pem")
        #expect(try scratch.swarm("key", "show", "--public", "--id", first).text == (try scratch.read("../old.pem")))
        #expect(try scratch.swarm("key", "show", "--recipient", "--id", first).text == recipient)
        let unknown = try scratch.swarm("key", "show", "--id", "key-0000000000000000")
        #expect(unknown.exitCode == 2 && unknown.errorCode == "KEY_WRONG", "\(unknown)")
        func verify(_ reference: String, _ keys: String...) throws -> Int32 {
            let names = keys.flatMap { ["--key", "\(scratch.folder)/\($0).pem"] }
            return try scratch.swarm(
                ["verify", "chain", reference, "--documents", scratch.store, "--require-attestation"] + names
            ).exitCode
        }
        #expect(try verify("run:old", "old") == 0)
        #expect(try verify("run:new", "old", "new") == 0)
        #expect(try verify("run:old", "new") == 3)
        #expect(try verify("run:new", "old") == 3)

        let fork = try scratch.swarm("state", "fork", "--state-cap", scratch.folder + "/token", "--label", "granted")
        #expect(fork.exitCode == 0, "\(fork)")
        #expect(try scratch.swarm("show", "branch:granted").exitCode == 0)
    }

    @Test("what was sealed for the older recipient line opens, and what is sealed for the new one")
    func recipients() throws {
        let (scratch, other) = (try prepared(), try Scratch())
        try other.swarm("init")
        try other.swarm("key", "show", "--recipient").text.write(to: other, "first.line")
        try other.swarm("key", "rotate")
        try other.swarm("key", "show", "--recipient").text.write(to: other, "second.line")
        #expect(try scratch.swarm("bundle", "export", "run:old", scratch.folder + "/old.tar").exitCode == 0)
        for name in ["first", "second"] {
            let token = "\(scratch.folder)/\(name).token"
            let line = "\(other.folder)/\(name).line"
            #expect(try scratch.swarm("state", "grant", "run:old", "--to", line, "--out", token).exitCode == 0)
            let fork = try other.swarm(
                "state",
                "fork",
                "--state-cap",
                token,
                "--bundle",
                scratch.folder + "/old.tar",
                "--label",
                name
            )
            #expect(fork.exitCode == 0, "\(fork)")
        }
    }

    @Test("export has a line for each key; with all of them another machine pulls everything and goes on")
    func secondMachine() throws {
        let machines = try TwoMachines()
        try machines.first.write("f", "0\n")
        try machines.first.swarm("run", "launch", "--run-id", "old", "--", "sh", "-c", "echo 1 > f")
        #expect(try machines.push(machines.first).exitCode == 0)
        try machines.first.swarm("key", "rotate")
        try run(machines.first, "new", "echo 2 > f")
        #expect(try machines.push(machines.first).exitCode == 0)
        let recovery = try machines.first.swarm("key", "export").text
        #expect(recovery.split(separator: "\n").count == 2)

        // A machine that has the older key alone is told, and takes nothing.
        let early = try machines.pull(machines.second, "--json")
        #expect(early.exitCode == 2 && early.errorCode == "KEY_WRONG", "\(early)")
        let imported = try machines.second.swarm("key", "import", "-", "--json", input: recovery)
        #expect(imported.exitCode == 0, "\(imported)")
        #expect(try keyID(machines.second) == (try keyID(machines.first)))
        #expect(try machines.second.swarm("key", "export").text == recovery)
        // A fresh one begins with the same root node.
        let third = try Scratch()
        #expect(try third.swarm("init", "--import-key", "-", input: recovery).exitCode == 0)
        for scratch in [machines.second, third] {
            let pull = try machines.pull(scratch)
            #expect(pull.exitCode == 0, "\(pull)")
            #expect(try scratch.swarm("verify", "chain", "branch:main", "--content").exitCode == 0)
            #expect(try scratch.swarm("fsck").exitCode == 0)
            #expect(
                try scratch.swarm("show", "root", "--json").json["node"]?["node_id"]
                    == (try machines.first.swarm("show", "root", "--json").json["node"]?["node_id"])
            )
        }
        try run(machines.second, "there", "cat f; echo 3 > f", "--node", "branch:main")
        #expect(try machines.push(machines.second).exitCode == 0)
        #expect(try machines.pull(machines.first).exitCode == 0)
        #expect(try machines.first.swarm("diff", "run:there").text.contains("+3\n"))
    }

    @Test(
        "the lines restore a lost key file whole; one of them alone restores its nodes and names the key that is missing"
    )
    func restored() throws {
        let scratch = try prepared()
        let first = try keyID(scratch)
        let early = try scratch.swarm("key", "export").text
        try scratch.swarm("key", "rotate")
        let second = try keyID(scratch)
        try run(scratch, "new", "echo 2 > f")
        let recovery = try scratch.swarm("key", "export").text

        // An older copy changes nothing in a ring that has more.
        #expect(try scratch.swarm("key", "import", "-", input: early).exitCode == 0)
        #expect(try scratch.swarm("key", "export").text == recovery)

        try scratch.shell("rm .swarm/keys/root.json")
        let partly = try scratch.swarm("key", "import", "-", "--json", input: early)
        #expect(partly.exitCode == 0, "\(partly)")
        #expect(partly.json["missing_keys"]?.elements?.compactMap(\.text) == [second])
        #expect(try scratch.swarm("diff", "run:old").exitCode == 0)
        #expect(try scratch.swarm("diff", "run:new", "--json").errorCode == "KEY_WRONG")
        let whole = try scratch.swarm("key", "import", "-", "--json", input: recovery)
        #expect(whole.json["missing_keys"]?.elements == [] && whole.json["key_id"]?.text == second, "\(whole)")
        #expect(whole.json["keys"]?.elements?.compactMap(\.text) == [first, second])
        #expect(try scratch.swarm("diff", "run:new").text.contains("+2\n"))
    }

    @Test("a wrapped key file stays wrapped under its passphrase, and a wrong one changes nothing")
    func wrapped() throws {
        let scratch = try Scratch()
        try scratch.write("../passphrase", "correct horse\n")
        try scratch.write("../wrong", "wrong horse\n")
        let (right, wrong) = (scratch.folder + "/passphrase", scratch.folder + "/wrong")
        #expect(try scratch.swarm("init", "--passphrase-file", right).exitCode == 0)
        let before = try scratch.read(".swarm/keys/root.json")
        for (environment, code) in [
            ([:], "KEY_PASSPHRASE_REQUIRED"), (["SWARM_PASSPHRASE_FILE": wrong], "KEY_PASSPHRASE_WRONG"),
        ] {
            let refused = try scratch.swarm("key", "rotate", "--json", environment: environment)
            #expect(refused.exitCode == 2 && refused.errorCode == code, "\(refused)")
        }
        #expect(try scratch.read(".swarm/keys/root.json") == before)
        let open = ["SWARM_PASSPHRASE_FILE": right]
        #expect(try scratch.swarm("key", "rotate", environment: open).exitCode == 0)
        let shown = try scratch.swarm("key", "show", "--json", environment: open).json
        #expect(shown["wrapped"] == .bool(true) && shown["keys"]?.elements?.count == 2)
        let recovery = try scratch.swarm("key", "export", environment: open).text
        // Importing what is there already asks for the passphrase, and keeps it.
        let again = try scratch.swarm("key", "import", "-", input: recovery, environment: open)
        #expect(again.exitCode == 0, "\(again)")
        #expect(try scratch.swarm("key", "export", environment: open).text == recovery)
        // Without it nothing is taken for lost, unless that is said.
        let written = try scratch.read(".swarm/keys/root.json")
        for (environment, code) in [
            ([:], "KEY_PASSPHRASE_REQUIRED"), (["SWARM_PASSPHRASE_FILE": wrong], "KEY_PASSPHRASE_WRONG"),
        ] {
            let refused = try scratch.swarm("key", "import", "-", "--json", input: recovery, environment: environment)
            #expect(refused.exitCode == 2 && refused.errorCode == code, "\(refused)")
        }
        #expect(try scratch.read(".swarm/keys/root.json") == written)
        // A new passphrase in place of the one that is known, and of the one that is lost.
        let change = try scratch.swarm(
            "key",
            "import",
            "-",
            "--passphrase-file",
            wrong,
            input: recovery,
            environment: open
        )
        #expect(change.exitCode == 0, "\(change)")
        #expect(try scratch.swarm("key", "export", environment: open).errorCode == "KEY_PASSPHRASE_WRONG")
        let replaced = try scratch.swarm("key", "import", "-", "--replace", "--passphrase-file", right, input: recovery)
        #expect(replaced.exitCode == 0, "\(replaced)")
        #expect(try scratch.swarm("key", "export", environment: open).text == recovery)
        #expect(try scratch.swarm("key", "export").errorCode == "KEY_PASSPHRASE_REQUIRED")
    }

    @Test("rotations at once lose no key, and a run under way keeps the one that it began with")
    func concurrent() throws {
        let scratch = try prepared()
        let first = try keyID(scratch)
        let step = try scratch.start(
            "run",
            "resume",
            "--run-id",
            "slow",
            "--",
            "sh",
            "-c",
            "echo go; sleep 2; echo 5 > f"
        )
        let killed = try scratch.start(
            "run",
            "resume",
            "--run-id",
            "killed",
            "--",
            "sh",
            "-c",
            "echo half > half; echo go; sleep 600"
        )
        for name in ["slow", "killed"] {
            try waitFor { try scratch.swarm("run", "logs", "--run-id", name).text.contains("go\n") }
        }
        let rotations = try (0..<6).map { _ in try scratch.start("key", "rotate") }
        #expect(try rotations.map { try $0.wait().exitCode } == [0, 0, 0, 0, 0, 0])
        #expect(try scratch.swarm("key", "export").text.split(separator: "\n").count == 7)
        _ = try step.wait()
        #expect(try keyID(scratch, of: "run:slow") == first)
        killed.signal(9)
        _ = try killed.wait()
        try waitFor {
            try scratch.swarm("run", "status", "--run-id", "killed", "--json").json["status"]?.text == "interrupted"
        }
        let recover = try scratch.swarm("run", "recover", "--run-id", "killed")
        #expect(recover.exitCode == 0, "\(recover)")
        #expect(try keyID(scratch, of: "run:killed") == first)
        #expect(try scratch.swarm("diff", "run:killed", "--name-status").text == "A\thalf\n")
        #expect(try scratch.swarm("verify", "chain", "run:killed", "--content", "--require-attestation").exitCode == 0)
        #expect(try scratch.swarm("fsck").exitCode == 0)
    }
}

extension String {
    fileprivate func write(to scratch: Scratch, _ name: String) throws { try scratch.write("../" + name, self) }
}
