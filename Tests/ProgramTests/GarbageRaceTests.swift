import SwarmContracts
import SwarmPlatform
import SwarmTestSupport
import TestTools
import Testing

#if canImport(Glibc)
import Glibc
#endif

@Suite("gc beside others")
struct GarbageRaceTests {
    @Test("a run that needs what is dead just then gets it, however gc and the run meet")
    func resurrection() throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        try scratch.swarm("run", "launch", "--run-id", "base", "--", "true")
        for round in 0..<12 {
            // Content that nothing reaches and that is in the index: of a node that is gone.
            let step = "seq \(round) 300000 > numbers; head -c 100000 /dev/zero | tr '\\0' x > x\(round)"
            try scratch.swarm("run", "resume", "--run-id", "dead\(round)", "--node", "run:base", "--", "sh", "-c", step)
            let node =
                try scratch.swarm("run", "status", "--run-id", "dead\(round)", "--json").json["node_id"]?.text ?? "none"
            try scratch.shell("rm -r .swarm/nodes/\(node) .swarm/runs/dead\(round) .swarm/cache/trees/\(node)")
            try scratch.swarm("fsck", "--rebuild-index")
            let programs = try [
                scratch.start("gc", "--cache-limit", "0"),
                scratch.start("run", "resume", "--run-id", "r\(round)", "--node", "run:base", "--", "sh", "-c", step),
                scratch.start("gc"),
            ]
            for program in programs {
                let run = try program.wait()
                #expect(run.exitCode == 0, "\(run)")
            }
            let check = try scratch.swarm("fsck")
            #expect(check.exitCode == 0, "\(check)")
        }
        try scratch.swarm("gc", "--cache-limit", "0")
        for round in 0..<12 {
            try scratch.shell("rm -rf ../out")
            #expect(try scratch.swarm("checkout", "run:r\(round)", scratch.folder + "/out").exitCode == 0)
            #expect(try scratch.shell("seq \(round) 300000 | cmp - ../out/numbers").exitCode == 0)
        }
    }

    @Test("gc that asks whether the folder of a run that just begins is anybody's does not keep the run from it")
    func probed() throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        try scratch.swarm("run", "launch", "--run-id", "base", "--", "true")
        // As gc holds them while it asks.
        let quiet = try FileLock.exclusive(scratch.store + "/.write.lock")
        try Files.makeFolder(scratch.store + "/runs/r")
        let probe = try FileLock.exclusive(scratch.store + "/runs/r/lock")
        let program = try scratch.start("run", "resume", "--run-id", "r", "--node", "run:base", "--", "true")
        let files = "ls -l /proc/\(program.id)/fd 2> /dev/null | grep -q '/[.]write[.]lock$'"
        try waitFor { try scratch.shell(files).exitCode == 0 }
        probe.release()
        quiet.release()
        let run = try program.wait()
        #expect(run.exitCode == 0, "\(run)")
    }

    @Test("gc that waited while the index was made anew judges by the new one")
    func rebuiltBeside() throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        try scratch.swarm("run", "launch", "--run-id", "base", "--", "sh", "-c", "echo x > f")
        let lock = try FileLock.exclusive(scratch.store + "/.gc.lock")
        let collector = try scratch.start("gc")
        // It has opened the index that stands there now.
        usleep(600_000)
        let rebuild = try scratch.start("fsck", "--rebuild-index")
        usleep(600_000)
        let fork = try scratch.start("run", "fork", "--node", "run:base", "--label", "bold")
        usleep(600_000)
        lock.release()
        for program in [collector, rebuild, fork] {
            let run = try program.wait()
            #expect(run.exitCode == 0, "\(run)")
        }
        #expect(try scratch.swarm("gc").exitCode == 0)
        #expect(try scratch.swarm("checkout", "branch:bold", scratch.folder + "/out").exitCode == 0)
        #expect(try scratch.swarm("fsck").exitCode == 0)
    }

    @Test("gc removes what a killed process committed before anybody saw it, and that never comes back to miss it")
    func unseen() throws {
        let scratch = try Scratch()
        try scratch.write("src/f", "1\n")
        try scratch.swarm("init")
        try scratch.swarm("run", "launch", "--run-id", "base", "--", "true")
        let lock = try FileLock.exclusive(scratch.store + "/.gc.lock")
        let collector = try scratch.start("gc")
        // It waits with the index open, so that the log is not read anew.
        try waitFor { try scratch.shell("grep -q -- '-> FLOCK .* \(collector.id) ' /proc/locks").exitCode == 0 }
        let unseen = UnseenCommit(of: scratch.store + "/index.db")
        try scratch.write("src/f", "2\n")
        #expect(try scratch.swarm("run", "fork", "--node", "root", "--label", "cut").exitCode == 0)
        unseen.hide()
        lock.release()
        let run = try collector.wait()
        #expect(run.exitCode == 0, "\(run)")
        #expect(run.text.contains("2 folders of unfinished nodes"), "\(run)")
        let check = try scratch.swarm("fsck")
        #expect(check.exitCode == 0, "\(check)")
        #expect(try scratch.swarm("show", "branch:cut").exitCode == 2)
        #expect(try scratch.swarm("run", "fork", "--node", "root", "--label", "cut").exitCode == 0)
        #expect(try scratch.swarm("checkout", "branch:cut", scratch.folder + "/out").exitCode == 0)
        #expect(try scratch.shell("cat ../out/src/f").text == "2\n")
    }

    @Test("a node that is being taken in, and has no row yet, is waited for", arguments: ["gc", "fsck"])
    func takenIn(command: String) throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        try scratch.swarm("run", "launch", "--run-id", "base", "--", "true")
        try scratch.shell("cp .swarm/index.db* ..")
        try scratch.swarm("run", "resume", "--run-id", "later", "--node", "run:base", "--", "true")
        // What a pull has done just before its commit.
        try scratch.shell("mkdir ../new && cp .swarm/index.db* ../new && cp ../index.db* .swarm/")
        let permit = try FileLock.shared(scratch.store + "/.write.lock")
        let program = try scratch.start(command)
        // The gate that lets nobody begin to write.
        let inode = try scratch.shell("stat -c %i .swarm/.write.gate").text.dropLast()
        let held = "grep -q 'FLOCK .* WRITE \(program.id) .*:\(inode) ' /proc/locks"
        try waitFor { try scratch.shell(held).exitCode == 0 }
        try scratch.write(
            "../commit.py",
            """
            import sqlite3
            index = sqlite3.connect('.swarm/index.db')
            index.execute("ATTACH '../new/index.db' AS new")
            for table in ('packs', 'chunks', 'runs', 'nodes', 'refs'):
                index.execute(f'INSERT OR IGNORE INTO {table} SELECT * FROM new.{table}')
            index.commit()
            """
        )
        let commit = try scratch.shell("python3 ../commit.py")
        #expect(commit.exitCode == 0, "\(commit)")
        permit.release()
        let run = try program.wait()
        #expect(run.exitCode == 0, "\(run)")
        #expect(try scratch.swarm("show", "run:later").exitCode == 0)
        #expect(try scratch.swarm("fsck").exitCode == 0)
    }

    @Test(
        "kill -9 of gc, runs, imports, forks and fan-outs beside each other, 60 rounds: what reported success is whole"
    )
    func killed() throws {
        let scratch = try Scratch()
        for number in 0..<40 { try scratch.write("src/f\(number)", String(repeating: "\(number)\n", count: 50)) }
        try scratch.write("steps", "echo a > src/f1\necho b > src/f2\n")
        try scratch.swarm("init")
        try scratch.swarm("run", "launch", "--run-id", "base", "--", "true")
        let seed = UInt64(Clock.now())
        var chance = Chance(seed)
        var succeeded: [String] = []
        for round in 0..<60 {
            try scratch.write("src/f\(round % 40)", "round \(round)\n")
            let programs = try [
                (
                    "run:l\(round)",
                    scratch.start("run", "launch", "--run-id", "l\(round)", "--", "sh", "-c", "echo \(round) > new")
                ),
                (nil, scratch.start("gc", "--cache-limit", "0", "--forget-interrupted", "0s")),
                ("branch:k\(round)", scratch.start("run", "fork", "--node", "root", "--label", "k\(round)")),
                (nil, scratch.start("gc")),
                (nil, scratch.start("run", "fanout", "--node", "run:base", "--steps", "steps", "--jobs", "2")),
            ]
            for (reference, program) in programs.shuffled(using: &chance) {
                usleep(UInt32(chance.below(60_000)))
                if chance.once(in: 2) { program.signal(SIGKILL) }
                if try program.wait().exitCode == 0, let reference { succeeded.append(reference) }
            }
        }
        let collected = try scratch.swarm("gc", "--cache-limit", "0")
        #expect(collected.exitCode == 0, "seed \(seed): \(collected)")
        let check = try scratch.swarm("fsck")
        #expect(check.exitCode == 0, "seed \(seed): \(check)")
        #expect(!succeeded.isEmpty, "seed \(seed)")
        for reference in succeeded {
            try scratch.shell("rm -rf ../out")
            let out = try scratch.swarm("checkout", reference, scratch.folder + "/out")
            #expect(out.exitCode == 0, "seed \(seed), \(reference): \(out)")
        }
        #expect(try scratch.swarm("fsck", "--rebuild-index").exitCode == 0, "seed \(seed)")
        for reference in succeeded {
            #expect(try scratch.swarm("show", reference).exitCode == 0, "seed \(seed), \(reference)")
        }
        #expect(try scratch.shell("ls .swarm/tmp | wc -l").text == "0\n")
    }

    @Test("a pull that needs what is dead just then gets it, and runs and two collectors beside it lose nothing")
    func pulled() throws {
        let machines = try TwoMachines()
        try machines.first.swarm("run", "launch", "--run-id", "base", "--", "true")
        try machines.first.swarm("run", "resume", "--run-id", "tip", "--node", "run:base", "--", "true")
        try machines.push(machines.first)
        try machines.pull(machines.second)
        let seed = UInt64(Clock.now())
        var chance = Chance(seed)
        let second = machines.second
        for round in 0..<6 {
            let step = "seq \(round) 300000 > numbers; head -c 100000 /dev/zero | tr '\\0' x > x\(round)"
            let made = try machines.first.swarm(
                ["run", "resume", "--run-id", "p\(round)", "--node", "branch:main", "--", "sh", "-c", step]
            )
            #expect(made.exitCode == 0, "\(made)")
            try machines.push(machines.first)
            // The same content lies dead in the second store: of a node that is gone.
            let id = "dead\(round)"
            try second.swarm(["run", "resume", "--run-id", id, "--node", "run:base", "--", "sh", "-c", step])
            let node = try second.swarm("run", "status", "--run-id", id, "--json").json["node_id"]?.text ?? "none"
            try second.shell("rm -r .swarm/nodes/\(node) .swarm/runs/\(id) .swarm/cache/trees/\(node)")
            #expect(try second.swarm("fsck", "--rebuild-index").exitCode == 0)
            if round % 2 == 1 {
                let killed = try second.start("pull", "--remote", machines.remote)
                usleep(UInt32(chance.below(80_000)))
                killed.signal(SIGKILL)
                _ = try killed.wait()
                // Cut off between a node and its row: until a pull has gone on, gc takes the index for an older one.
                if try second.swarm("gc", "--dry-run").errorCode == "INDEX_BEHIND" { try machines.pull(second) }
            }
            let programs = try [
                second.start("gc", "--cache-limit", "0"),
                second.start("pull", "--remote", machines.remote),
                second.start("run", "resume", "--run-id", "r\(round)", "--node", "run:base", "--", "sh", "-c", step),
                second.start("gc"),
            ]
            for program in programs {
                let run = try program.wait()
                #expect(run.exitCode == 0, "seed \(seed), round \(round): \(run)")
            }
            let check = try second.swarm("fsck")
            #expect(check.exitCode == 0, "seed \(seed), round \(round): \(check)")
        }
        try second.swarm("gc", "--cache-limit", "0")
        for reference in (0..<6).flatMap({ ["run:p\($0)", "run:r\($0)"] }) {
            try second.shell("rm -rf ../out")
            let out = try second.swarm("checkout", reference, second.folder + "/out")
            #expect(out.exitCode == 0, "seed \(seed), \(reference): \(out)")
            #expect(try second.shell("seq \(reference.last ?? "0") 300000 | cmp - ../out/numbers").exitCode == 0)
        }
    }
}
