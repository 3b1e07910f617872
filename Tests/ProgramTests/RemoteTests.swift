import SwarmContracts
import SwarmPlatform
import SwarmTestSupport
import Testing

#if canImport(Glibc)
import Glibc
#endif

/// Two stores under one key, and a directory that both reach.
struct TwoMachines {
    let first: Scratch
    let second: Scratch

    init() throws {
        first = try Scratch()
        second = try Scratch()
        try first.swarm("init")
        let key = try first.swarm("key", "export").text
        let made = try second.swarm("init", "--import-key", "-", input: key)
        try #require(made.exitCode == 0, "\(made)")
    }

    var remote: String { first.folder + "/remote" }

    @discardableResult
    func push(_ scratch: Scratch, _ more: String...) throws -> ProgramRun {
        try scratch.swarm(["push", "--remote", remote] + more)
    }

    @discardableResult
    func pull(_ scratch: Scratch, _ more: String...) throws -> ProgramRun {
        try scratch.swarm(["pull", "--remote", remote] + more)
    }
}

@Suite("Push and pull")
struct RemoteTests {
    @Test("a remote in the project is warned of, unless a rule leaves it out")
    func remoteInProject() throws {
        let machines = try TwoMachines()
        try machines.first.swarm("run", "launch", "--run-id", "r1", "--", "true")
        let warned = try machines.first.swarm("push", "--remote", "./remote")
        #expect(warned.messages.contains("warning: each import takes the remote"), "\(warned)")
        try machines.first.write(".swarmignore", "/rem*/\n")
        let push = try machines.first.swarm("push", "--remote", "./remote")
        #expect(push.exitCode == 0 && !push.messages.contains("each import"), "\(push)")
        let elsewhere = try machines.push(machines.first)
        #expect(elsewhere.exitCode == 0 && !elsewhere.messages.contains("each import"), "\(elsewhere)")
    }

    @Test("a second machine with the key pulls, verifies, resumes, and the first takes that back")
    func thereAndBack() throws {
        let machines = try TwoMachines()
        try machines.first.write("src/a", "one\n")
        try machines.first.write("run.sh", "echo hello\n")
        try machines.first.swarm("run", "launch", "--run-id", "r1", "--", "sh", "-c", "echo two >> src/a")
        let push = try machines.push(machines.first, "--json")
        #expect(push.exitCode == 0, "\(push)")
        #expect(push.json["new_nodes"]?.integer == 3, "\(push)")
        let pull = try machines.pull(machines.second, "--json")
        #expect(pull.exitCode == 0, "\(pull)")
        #expect(pull.json["branches"]?.elements?.first?["outcome"]?.text == "created", "\(pull)")
        #expect(try machines.second.swarm("verify", "chain", "branch:main").exitCode == 0)
        let check = try machines.second.swarm("fsck")
        #expect(check.exitCode == 0, "\(check)")
        let resume = try machines.second.swarm(
            "run",
            "resume",
            "--run-id",
            "r2",
            "--",
            "sh",
            "-c",
            "cat src/a; echo 3 >> src/a"
        )
        #expect(resume.exitCode == 0, "\(resume)")
        #expect(resume.text.contains("one\ntwo\n"), "\(resume)")
        #expect(try machines.push(machines.second).exitCode == 0)
        let back = try machines.pull(machines.first, "--json")
        #expect(back.json["branches"]?.elements?.first?["outcome"]?.text == "moved", "\(back)")
        #expect(try machines.first.swarm("diff", "run:r2").text.contains("+3\n"))
        let same = try machines.push(machines.first, "--json")
        #expect(same.json["new_chunks"]?.integer == 0 && same.json["new_nodes"]?.integer == 0, "\(same)")
        let rebuilt = try machines.second.swarm("fsck", "--rebuild-index")
        #expect(rebuilt.exitCode == 0, "\(rebuilt)")
        for scratch in [machines.first, machines.second] {
            #expect(try scratch.swarm("show", "branch:main", "--json").json["run"]?["run_id"]?.text == "r2")
        }
    }

    @Test("what a pull or an import took in shows no command, exit code or duration, also in an index made anew")
    func takenIn() throws {
        let machines = try TwoMachines()
        try machines.first.write("f", "0\n")
        try machines.first.swarm("run", "launch", "--run-id", "r1", "--", "sh", "-c", "exit 3")
        try machines.first.swarm("run", "resume", "--node", "run:r1", "--run-id", "r2", "--", "true")
        try machines.first.swarm("run", "fork", "--node", "run:r2", "--label", "plain")
        try machines.first.swarm("run", "resume", "--node", "run:r2", "--run-id", "r3", "--", "true")
        try machines.first.swarm("bundle", "export", "run:r3", "../b.tar")
        try machines.push(machines.first, "branch:plain")
        try machines.pull(machines.second)
        let taken = try machines.second.swarm("bundle", "import", machines.first.folder + "/b.tar")
        #expect(taken.exitCode == 0, "\(taken)")
        for command in [["fsck"], ["fsck", "--rebuild-index"]] {
            #expect(try machines.second.swarm(command).exitCode == 0)
            for run in ["r1", "r2", "fork.plain", "r3"] {
                let shown = try machines.second.swarm("run", "status", "--run-id", run, "--json").json
                for member in ["command", "exit_code", "duration_ms"] {
                    #expect(shown[member] == .null, "\(command) \(run) \(member): \(shown)")
                }
            }
        }
    }

    @Test("only what the remote lacks is sent")
    func deduplicated() throws {
        let machines = try TwoMachines()
        for number in 0..<200 { try machines.first.write("f\(number)", String(repeating: "\(number)", count: 5_000)) }
        try machines.first.swarm("run", "launch", "--run-id", "r1", "--", "true")
        let all = try machines.push(machines.first, "--json").json["new_chunks"]?.integer ?? 0
        #expect(all >= 200)
        try machines.first.swarm("run", "resume", "--run-id", "r2", "--", "sh", "-c", "echo x > f7")
        let more = try machines.push(machines.first, "--json").json["new_chunks"]?.integer ?? 0
        #expect((1...8).contains(more), "\(more)")
        for label in ["a", "b", "c"] { try machines.first.swarm("run", "fork", "--node", "@", "--label", label) }
        let forks = try machines.push(machines.first, "--json")
        #expect(forks.json["new_chunks"]?.integer == 0 && forks.json["new_nodes"]?.integer == 3, "\(forks)")
    }

    @Test("a branch that went on here and there is rejected, left alone and clobbered nowhere")
    func diverged() throws {
        let machines = try TwoMachines()
        try machines.first.write("f", "0\n")
        try machines.first.swarm("run", "launch", "--run-id", "r1", "--", "true")
        try machines.push(machines.first)
        try machines.pull(machines.second)
        try machines.first.swarm("run", "resume", "--run-id", "here", "--", "sh", "-c", "echo 1 > f")
        try machines.second.swarm("run", "resume", "--run-id", "there", "--", "sh", "-c", "echo 2 > f")
        #expect(try machines.push(machines.first).exitCode == 0)
        let rejected = try machines.push(machines.second, "--json")
        #expect(rejected.exitCode == 2, "\(rejected)")
        #expect(rejected.errorCode == "REMOTE_BRANCH_REJECTED", "\(rejected)")
        let pull = try machines.pull(machines.second)
        #expect(pull.exitCode == 2 && pull.errorCode == "REMOTE_BRANCH_DIVERGED", "\(pull)")
        // Both are here now, and the branch is where it was.
        #expect(try machines.second.swarm("diff", "run:here").text.contains("+1\n"))
        #expect(try machines.second.swarm("show", "branch:main", "--json").json["run"]?["run_id"]?.text == "there")
        // As a branch of its own it goes.
        try machines.second.swarm("run", "fork", "--node", "run:there", "--label", "mine")
        let own = try machines.push(machines.second, "branch:mine")
        #expect(own.exitCode == 0, "\(own)")
        #expect(try machines.pull(machines.first, "branch:mine").exitCode == 0)
        #expect(try machines.first.swarm("diff", "run:there").text.contains("+2\n"))
    }

    @Test("one run id for two runs: the second machine's stays, the rest comes")
    func sameRunIdentifier() throws {
        let machines = try TwoMachines()
        try machines.first.write("f", "0\n")
        try machines.first.swarm("run", "launch", "--run-id", "r", "--", "true")
        try machines.first.swarm("run", "fork", "--node", "root", "--label", "plain")
        try machines.push(machines.first)
        try machines.second.write("g", "other\n")
        try machines.second.swarm("run", "launch", "--run-id", "r", "--", "true")
        let pull = try machines.pull(machines.second, "--json")
        #expect(pull.exitCode == 2 && pull.errorCode == "REMOTE_RUN_CONFLICT", "\(pull)")
        #expect(try machines.second.swarm("show", "branch:plain").exitCode == 0)
        #expect(try machines.second.swarm("fsck").exitCode == 0)
    }

    @Test("a remote that lies is exit 3, and nothing of it is taken", arguments: ["packs", "nodes", "refs"])
    func lies(shelf: String) throws {
        let machines = try TwoMachines()
        // Most of what its pack holds, so that the middle lies in it and not in what the other side has already.
        try machines.first.shell("head -c 300000 /dev/urandom > f")
        try machines.first.swarm("run", "launch", "--run-id", "r1", "--", "true")
        try machines.push(machines.first)
        // One byte of every object of the shelf: of a pack in the middle, of a node in its certificate, of a branch the first.
        let places = [
            "packs": "$(($(stat -c %s $f) / 2))", "nodes": "$(grep -abo request_hash $f | head -1 | cut -d: -f1)",
            "refs": "0",
        ]
        let place = try #require(places[shelf])
        try machines.first.shell(
            """
            for f in ../remote/\(shelf)/*; do
                n=\(place); [ -n "$n" ] || continue; b=$(od -An -tu1 -j $n -N 1 $f); chmod u+w $f
                printf "\\\\x$(printf %x $((b ^ 1)))" | dd of=$f bs=1 seek=$n conv=notrunc status=none
            done
            """
        )
        let pull = try machines.pull(machines.second, "--json")
        #expect(pull.exitCode == 3, "\(pull)")
        #expect(pull.errorCode == "REMOTE_UNTRUSTED", "\(pull)")
        #expect(try machines.second.swarm("show", "branch:main").exitCode == 2)
        #expect(try machines.second.swarm("fsck").exitCode == 0)
        #expect(try machines.second.shell("ls .swarm/tmp | wc -l").text == "0\n")
    }

    @Test("what is missing there is exit 4, another key exit 2, no remote exit 2")
    func refusals() throws {
        let machines = try TwoMachines()
        try machines.first.write("f", "text\n")
        #expect(try machines.first.swarm("push").errorCode == "REMOTE_NOT_SET")
        #expect(try machines.push(machines.first).errorCode == "NOTHING_TO_PUSH")
        try machines.first.swarm("run", "launch", "--run-id", "r1", "--", "true")
        try machines.push(machines.first)
        let stranger = try Scratch()
        try stranger.swarm("init")
        let other = try machines.pull(stranger)
        #expect(other.exitCode == 2 && other.errorCode == "KEY_WRONG", "\(other)")
        let unknown = try machines.pull(machines.second, "branch:nope")
        #expect(unknown.exitCode == 2 && unknown.errorCode == "REMOTE_REF_UNKNOWN", "\(unknown)")
        #expect(unknown.messages.contains("branch:main"))
        try machines.first.shell("rm ../remote/packs/*")
        let missing = try machines.pull(machines.second)
        #expect(missing.exitCode == 4 && missing.errorCode == "REMOTE_INCOMPLETE", "\(missing)")
        let nowhere = try machines.second.swarm("pull", "--remote", "/no/such/place")
        #expect(nowhere.exitCode == 4 && nowhere.errorCode == "REMOTE_MISSING", "\(nowhere)")
        #expect(try machines.second.swarm("pull", "--remote", "ftp://x/y").errorCode == "REMOTE_INVALID")
        #expect(try machines.second.swarm("config", "set", "remote.url", "s3://").exitCode == 2)
    }

    @Test(
        "neither the project nor the store, neither other files nor a file become a remote",
        arguments: ["./", ".swarm/", ".swarm/remote", "../", "./f", "src/.."]
    )
    func noRemote(place: String) throws {
        let scratch = try Scratch()
        try scratch.write("f", "text\n")
        try scratch.write("src/g", "text\n")
        try scratch.swarm("init")
        try scratch.swarm("run", "launch", "--run-id", "r1", "--", "true")
        let listing = "find . .. -maxdepth 1 | sort; ls .swarm"
        let before = try scratch.shell(listing).text
        for verb in ["push", "pull"] {
            let run = try scratch.swarm(verb, "--remote", place, "--json")
            #expect(run.exitCode == 2 && run.errorCode == "REMOTE_INVALID", "\(run)")
            #expect(try scratch.shell(listing).text == before)
        }
    }

    @Test("a remote without a branch gives nothing, and says so")
    func emptyRemote() throws {
        let machines = try TwoMachines()
        try Files.makeFolder(machines.remote)
        let pull = try machines.pull(machines.second)
        #expect(pull.exitCode == 0 && pull.messages.contains("there is no branch at"), "\(pull)")
        #expect(try Files.isEmpty(machines.remote))
        try machines.first.swarm("run", "launch", "--run-id", "r1", "--", "true")
        #expect(try machines.push(machines.first).exitCode == 0)
        let full = try machines.pull(machines.second)
        #expect(full.exitCode == 0 && !full.messages.contains("there is no branch at"), "\(full)")
    }

    @Test("a remote has a name in the settings")
    func named() throws {
        let machines = try TwoMachines()
        try machines.first.write("f", "text\n")
        try machines.first.swarm("run", "launch", "--run-id", "r1", "--", "true")
        try machines.first.swarm("config", "set", "remote.url", "../remote")
        try machines.first.swarm("config", "set", "remote.backup.url", machines.first.folder + "/backup")
        #expect(try machines.first.swarm("config", "show").text.contains("remote.backup.url"))
        #expect(try machines.first.swarm("push").exitCode == 0)
        #expect(try machines.first.swarm("push", "--remote", "backup").exitCode == 0)
        #expect(try machines.first.swarm("push", "--remote", "nobody").errorCode == "REMOTE_INVALID")
        #expect(try machines.first.shell("ls ../remote/nodes | wc -l; ls ../backup/nodes | wc -l").text == "3\n3\n")
    }

    @Test("nothing at the remote shows content, a command, an output or a key")
    func secrets() throws {
        let machines = try TwoMachines()
        try machines.first.write("f", "the content is quite secret\n")
        try machines.first.swarm("run", "launch", "--run-id", "r1", "--", "sh", "-c", "echo secret output")
        try machines.push(machines.first)
        let found = try machines.first.shell("grep -raclE 'quite secret|secret output|echo ' ../remote | cat")
        #expect(found.text == "", "\(found)")
        #expect(try machines.first.shell("ls ../remote").text == "lock\nnodes\npacks\npublished\nrefs\ntmp\n")
    }
}
