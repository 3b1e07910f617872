import SwarmContracts
import SwarmPlatform
import SwarmTestSupport
import Testing

#if canImport(Glibc)
import Glibc
#endif

@Suite("gc")
struct GarbageTests {
    @Test("a store without garbage stays as it is, byte for byte")
    func nothingToDo() throws {
        let scratch = try Scratch()
        try scratch.write("f", "one\n")
        try scratch.swarm("init")
        try scratch.swarm("run", "launch", "--run-id", "a", "--", "sh", "-c", "echo two > f")
        try scratch.swarm("run", "launch", "--run-id", "failed", "--", "sh", "-c", "echo three > f; false")
        try scratch.swarm("run", "fork", "--node", "run:a", "--label", "b")
        let listing = "cd .swarm && find packs nodes runs cache -type f -exec sha256sum {} + | sort -k2"
        let before = try scratch.shell(listing).text
        let run = try scratch.swarm("gc", "--json")
        #expect(run.exitCode == 0, "\(run)")
        #expect(run.json["freed_bytes"]?.integer == 0, "\(run)")
        #expect(run.json["nodes_kept"]?.integer == 5, "\(run)")
        #expect(try scratch.shell(listing).text == before)
        #expect(try scratch.swarm("gc").messages == "freed 0 B; 5 nodes kept\n")
    }

    @Test("what crashes leave goes, --dry-run says so first, and what a node reaches is whole afterwards")
    func leftovers() throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        try makeDead(scratch)
        try scratch.write(".swarm/nodes/node-\(String(repeating: "0", count: 32))/root.enc", "cut")
        try scratch.write(".swarm/runs/never-began/lock", "")
        try scratch.write(".swarm/runs/c/work/upper/f", "left")
        try scratch.write(".swarm/tmp/0123456789abcdef/x", "left")
        try scratch.shell("mkdir -p .swarm/packs/zz && head -c 1000000 /dev/zero > .swarm/packs/zz/cut.pack")
        let dry = try scratch.swarm("gc", "--dry-run", "--json")
        #expect(dry.exitCode == 0, "\(dry)")
        #expect(scratch.has(".swarm/runs/never-began") && scratch.has(".swarm/packs/zz/cut.pack"))
        #expect(scratch.has(".swarm/tmp/0123456789abcdef/x"))
        let packs = try scratch.shell("find .swarm/packs -name '*.pack' | wc -l").text
        let bytes = try packBytes(scratch)
        let run = try scratch.swarm("gc", "--json")
        #expect(run.exitCode == 0, "\(run)")
        for key in [
            "packs_removed", "packs_rewritten", "packs_orphaned", "chunks_removed", "node_folders", "run_folders",
            "work_folders", "temporaries", "freed_bytes", "pack_bytes", "folder_bytes", "dead_bytes_kept",
        ] {
            #expect(run.json[key] == dry.json[key], "\(key)")
        }
        #expect(run.json["packs_rewritten"]?.integer == 1 && run.json["packs_orphaned"]?.integer == 1, "\(run)")
        #expect(run.json["pack_bytes"]?.integer ?? 0 > 3_000_000, "\(run)")
        #expect(try run.json["pack_bytes"]?.integer == bytes - packBytes(scratch), "\(run)")
        #expect(run.json["node_folders"]?.integer == 1 && run.json["run_folders"]?.integer == 1, "\(run)")
        #expect(run.json["work_folders"]?.integer == 1 && run.json["temporaries"]?.integer == 1, "\(run)")
        #expect(try scratch.shell("find .swarm/packs -name '*.pack' | wc -l").text != packs)
        #expect(!scratch.has(".swarm/runs/never-began") && !scratch.has(".swarm/runs/c/work"))
        try checkDead(scratch)
        #expect(try scratch.swarm("gc", "--json").json["freed_bytes"]?.integer == 0)
        // The index can still be made anew, and finds the same.
        #expect(try scratch.swarm("fsck", "--rebuild-index").exitCode == 0)
        try checkDead(scratch)
    }

    @Test("what gc has taken out the next import takes in again, whatever the stat cache remembers")
    func importedAgain() throws {
        let scratch = try Scratch()
        try scratch.shell("mkdir d && seq 1 100000 > d/f")
        usleep(60_000)
        try scratch.swarm("init")
        // The second import finds everything in the stat cache.
        for label in ["a", "b"] {
            #expect(try scratch.swarm("run", "fork", "--node", "root", "--label", label).exitCode == 0)
        }
        try scratch.shell(
            "cd .swarm && rm -r runs/* $(grep -L '\"parent_node_id\":null' nodes/*/node.json | xargs dirname)"
        )
        #expect(try scratch.swarm("fsck", "--rebuild-index").exitCode == 0)
        let run = try scratch.swarm("gc", "--json")
        #expect(run.json["chunks_removed"]?.integer ?? 0 > 0, "\(run)")
        #expect(try scratch.swarm("run", "fork", "--node", "root", "--label", "c").exitCode == 0)
        let check = try scratch.swarm("fsck")
        #expect(check.exitCode == 0, "\(check)")
        #expect(try scratch.swarm("checkout", "branch:c", scratch.folder + "/out").exitCode == 0)
        #expect(try scratch.shell("seq 1 100000 | cmp - ../out/d/f && echo same").text == "same\n")
    }

    @Test("an interrupted run stays to be recovered, unless it is old enough to be forgotten")
    func interrupted() throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        for id in ["a", "b"] {
            try scratch.launchAndKill(id, "echo work > work; echo go; sleep 600") {
                // While it runs nothing of it is touched, not even its cached tree.
                let beside = try scratch.swarm("gc", "--cache-limit", "0", "--forget-interrupted", "0s", "--json")
                #expect(beside.json["interrupted_forgotten"] == .array(id == "a" ? [] : [.string("a")]), "\(beside)")
                #expect(beside.json["cache_in_use"] == .bool(true), "\(beside)")
            }
        }
        #expect(try scratch.swarm("run", "status", "--run-id", "a").errorCode == "RUN_UNKNOWN")
        let run = try scratch.swarm("gc", "--forget-interrupted", "1d", "--json")
        #expect(run.json["interrupted_forgotten"] == .array([]), "\(run)")
        #expect(try scratch.swarm("run", "recover", "--run-id", "b").exitCode == 0)
        #expect(try scratch.swarm("fsck").exitCode == 0)
    }

    @Test("cached trees beyond the limit go, those used longest ago first, and come back when they are needed")
    func cache() throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        for id in ["a", "b"] {
            try scratch.write("f", id)
            try scratch.swarm("run", "launch", "--run-id", id, "--", "sh", "-c", "head -c 2000000 /dev/urandom > \(id)")
        }
        let half = try scratch.swarm("gc", "--cache-limit", "3M", "--json")
        #expect(half.json["cached_trees"]?.integer == 1, "\(half)")
        let all = try scratch.swarm("gc", "--cache-limit", "0", "--json")
        #expect(all.json["cached_trees"]?.integer == 3, "\(all)")
        #expect(try scratch.shell("ls .swarm/cache/trees | wc -l").text == "0\n")
        for id in ["a", "b"] {
            let run = try scratch.swarm(
                "run",
                "resume",
                "--node",
                "run:\(id)",
                "--",
                "sh",
                "-c",
                "cat f; wc -c < \(id)"
            )
            #expect(run.text == "\(id)2000000\n", "\(run)")
        }
    }

    @Test("a node that cannot be read stops gc before any pack goes; an index that is behind the files does too")
    func refusals() throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        try makeDead(scratch)
        try scratch.shell("cp .swarm/index.db /tmp/$$ && mv /tmp/$$ ../index.db")
        try scratch.swarm("run", "launch", "--run-id", "later", "--", "true")
        try scratch.shell("rm -f .swarm/index.db-*; cp .swarm/index.db ../new.db; cp ../index.db .swarm/index.db")
        let behind = try scratch.swarm("gc")
        #expect(behind.exitCode == 3 && behind.errorCode == "INDEX_BEHIND", "\(behind)")
        #expect(try scratch.swarm("fsck", "--rebuild-index").exitCode == 0)
        try scratch.shell("printf x >> .swarm/nodes/$(ls .swarm/nodes | head -1)/root.enc")
        let unreadable = try scratch.swarm("gc", "--json")
        #expect(unreadable.exitCode == 3 && unreadable.errorCode == "GC_NODE_UNREADABLE", "\(unreadable)")
        for words in [["--cache-limit", "1X"], ["--forget-interrupted", "7"], ["--cache-limit", "-1"]] {
            #expect(try scratch.swarm(["gc"] + words).exitCode == 2)
        }
    }

    /// What all pack files hold together.
    private func packBytes(_ scratch: Scratch) throws -> Int64 {
        let sizes = try scratch.shell("find .swarm/packs -name '*.pack' -printf '%s\n'").text.split(separator: "\n")
        return sizes.reduce(0) { $0 + (Int64($1) ?? 0) }
    }

    /// A pack of which one node needs a little, and nothing the rest.
    private func makeDead(_ scratch: Scratch) throws {
        try scratch.swarm(
            "run",
            "launch",
            "--run-id",
            "b",
            "--",
            "sh",
            "-c",
            "yes abcdefg | head -c 100 > small; seq 1 400000 | sha512sum > kept; head -c 3500000 /dev/urandom > big"
        )
        try scratch.swarm("run", "resume", "--run-id", "c", "--node", "run:b", "--", "rm", "big")
        let node = try scratch.swarm("run", "status", "--run-id", "b", "--json").json["node_id"]?.text ?? "none"
        #expect(node.hasPrefix("node-"))
        try scratch.shell("rm -r .swarm/nodes/\(node) .swarm/runs/b")
        #expect(try scratch.swarm("fsck", "--rebuild-index").exitCode == 0)
    }

    private func checkDead(_ scratch: Scratch) throws {
        let check = try scratch.swarm("fsck")
        #expect(check.exitCode == 0, "\(check)")
        try scratch.shell("rm -rf ../out")
        #expect(try scratch.swarm("checkout", "run:c", scratch.folder + "/out").exitCode == 0)
        #expect(
            try scratch.shell("seq 1 400000 | sha512sum | cmp - ../out/kept && wc -c < ../out/small").text == "100\n"
        )
    }
}
