import SwarmContracts
import SwarmPlatform
import SwarmTestSupport
import TestTools
import Testing

#if canImport(Glibc)
import Glibc
#endif

@Suite("fsck")
struct StoreCheckTests {
    @Test("damage that nodes share is one problem that names every node that needs it, and no other node")
    func shared() throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        try scratch.swarm("run", "launch", "--run-id", "before", "--", "sh", "-c", "echo first > first")
        let step = "mkdir d; head -c 300000 /dev/urandom > d/big; head -c 200000 /dev/urandom > d/other"
        try scratch.swarm("run", "resume", "--run-id", "big", "--node", "run:before", "--", "sh", "-c", step)
        try scratch.swarm("run", "resume", "--run-id", "child", "--node", "run:big", "--", "sh", "-c", "echo x > x")
        try scratch.swarm("run", "fork", "--node", "run:child", "--label", "idea")
        try scratch.swarm("run", "resume", "--run-id", "without", "--node", "run:big", "--", "rm", "-r", "d")
        let pack = try scratch.shell("ls -S .swarm/packs/*/*.pack | head -1").text.dropLast()
        for offset in [100_000, 400_000] {
            try scratch.shell("printf XYZW | dd of=\(pack) bs=1 seek=\(offset) conv=notrunc 2>/dev/null")
        }
        let check = try scratch.swarm("fsck", "--json")
        #expect(check.exitCode == 3 && check.json["status"]?.text == "damaged", "\(check)")
        let problems = check.json["problems"]?.elements ?? []
        #expect(problems.count == 1, "\(check)")
        #expect(problems.first?["file"]?.text?.hasSuffix(String(pack)) == true, "\(check)")
        let detail = problems.first?["detail"]?.text ?? ""
        #expect(detail.contains("d/big") && detail.hasSuffix("; 1 more files and folders need what is damaged there"))
        let needing = try ["run:big", "run:child", "branch:idea"].map { reference in
            JSONValue.string(try scratch.swarm("show", reference, "--json").json["node"]?["node_id"]?.text ?? reference)
        }
        #expect(problems.first?["nodes"] == .array(needing), "\(check)")
        // Whoever looks at one node alone is told the same.
        #expect(try scratch.swarm("checkout", "branch:idea", scratch.folder + "/out").exitCode == 5)
        #expect(try scratch.swarm("checkout", "run:without", scratch.folder + "/whole").exitCode == 0)
    }

    @Test("a rebuilt index is the old one, row by row")
    func rebuilt() throws {
        let scratch = try Scratch()
        try scratch.write("f", "one\n")
        try makeHistory(scratch)
        let before = try rows(scratch)
        #expect(before.split(separator: "\n").count > 30, "\(before)")
        #expect(try scratch.swarm("fsck", "--rebuild-index").exitCode == 0)
        #expect(try rows(scratch) == before)
        try scratch.shell("rm .swarm/index.db*")
        #expect(try scratch.swarm("log").exitCode == 0)
        #expect(try rows(scratch) == before)
    }

    @Test("kill -9 of fsck --rebuild-index at any moment, 40 times: the next command works, and nothing is lost")
    func killed() throws {
        let scratch = try Scratch()
        try scratch.write("f", "one\n")
        try makeHistory(scratch)
        for number in 0..<30 { try scratch.swarm("run", "fork", "--node", "run:a", "--label", "k\(number)") }
        let log = try scratch.swarm("log", "--json").text
        let seed = UInt64(Clock.now())
        var chance = Chance(seed)
        for round in 0..<40 {
            if round % 4 == 3 { try scratch.shell("rm .swarm/index.db*") }
            let program = try scratch.start("fsck", "--rebuild-index")
            usleep(UInt32(chance.below(150_000)))
            program.signal(SIGKILL)
            _ = try program.wait()
            let next = try scratch.swarm("run", "status", "--run-id", "a")
            #expect(next.exitCode == 0, "seed \(seed), round \(round): \(next)")
        }
        #expect(try scratch.swarm("log", "--json").text == log)
        let run = try scratch.swarm("run", "resume", "--run-id", "last", "--node", "branch:k29", "--", "true")
        #expect(run.exitCode == 0, "seed \(seed): \(run)")
        let check = try scratch.swarm("fsck")
        #expect(check.exitCode == 0, "seed \(seed): \(check)")
        #expect(try scratch.shell("ls .swarm/tmp | wc -l").text == "0\n")
    }

    /// Runs of every outcome, an import, forks, branches that moved.
    private func makeHistory(_ scratch: Scratch) throws {
        try scratch.swarm("init")
        try scratch.swarm("run", "launch", "--run-id", "a", "--", "sh", "-c", "echo two > f")
        try scratch.swarm("run", "resume", "--run-id", "b", "--node", "run:a", "--", "sh", "-c", "echo three > f")
        try scratch.swarm("run", "fork", "--node", "run:a", "--label", "idea")
        try scratch.swarm("run", "resume", "--run-id", "c", "--node", "branch:idea", "--", "sh", "-c", "echo $$ > p")
        try scratch.swarm("run", "resume", "--run-id", "failed", "--node", "run:b", "--", "sh", "-c", "exit 3")
        try scratch.swarm("run", "fork", "--node", "run:failed", "--label", "look")
    }

    /// Every row of the index in its order. Numbers that nobody sees but the database (of packs, of runs, where it goes on
    /// from one that was removed) are left out, and the time of the root, which no document holds.
    private func rows(_ scratch: Scratch) throws -> String {
        let program = """
            import sqlite3
            index = sqlite3.connect('.swarm/index.db')
            for table, order in (('meta', 'key'), ('nodes', 'sequence'), ('runs', 'number'), ('refs', 'label'),
                    ('imports', 'key'), ('packs', 'id'), ('chunks', 'name')):
                names = [row[1] for row in index.execute(f'PRAGMA table_info({table})')]
                names = [name for name in names if name != 'number']
                if table == 'nodes':
                    names[names.index('created_at')] = "iif(operation = 'init', 0, created_at)"
                if table == 'chunks':
                    names[names.index('pack')] = '(SELECT id FROM packs WHERE number = pack)'
                # What the index says of a stat cache, it says of a commit that it has seen.
                where = "WHERE key NOT LIKE 'stat-cache/%'" if table == 'meta' else ''
                for row in index.execute(f'SELECT {", ".join(names)} FROM {table} {where} ORDER BY {order}'):
                    print(table, *(x.hex() if isinstance(x, bytes) else x for x in row))
            """
        try scratch.write("../rows.py", program)
        let run = try scratch.shell("python3 ../rows.py")
        try #require(run.exitCode == 0, "\(run)")
        return run.text
    }
}
