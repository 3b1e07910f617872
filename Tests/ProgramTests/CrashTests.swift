import SwarmContracts
import SwarmPlatform
import SwarmTestSupport
import TestTools
import Testing

#if canImport(Glibc)
import Glibc
#endif

@Suite("Crashes and many at once")
struct CrashTests {
    @Test("twenty launches at once from one node: every success is there afterwards")
    func manyAtOnce() throws {
        let scratch = try Scratch()
        try scratch.write("f", "0\n")
        try scratch.swarm("init")
        let started = try (0..<20).map { number in
            try scratch.start("run", "launch", "--run-id", "r\(number)", "--", "sh", "-c", "echo v\(number) > f")
        }
        for program in started { #expect(try program.wait().exitCode == 0) }
        for number in 0..<20 {
            let diff = try scratch.swarm("diff", "run:r\(number)")
            #expect(diff.text.contains("+v\(number)\n"), "\(diff)")
        }
        #expect(try scratch.swarm("fsck").exitCode == 0)
        #expect(try scratch.swarm("log", "--json").text.split(separator: "\n").count == 21)
    }

    @Test("of twenty launches with one id exactly one runs, and the others say why")
    func sameIdentifier() throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        let started = try (0..<20).map { number in
            try scratch.start("run", "launch", "--run-id", "only", "--json", "--", "sh", "-c", "echo \(number) > f")
        }
        let runs = try started.map { try $0.wait() }
        #expect(runs.filter { $0.exitCode == 0 }.count == 1)
        #expect(runs.filter { $0.exitCode == 2 }.count == 19, "\(runs.map(\.exitCode))")
        #expect(try scratch.swarm("verify", "chain", "run:only").exitCode == 0)
    }

    @Test("kill -9 at any moment, 200 times: what reported success is whole, and nothing needs repair")
    func killed() throws {
        let scratch = try Scratch()
        for number in 0..<200 {
            try scratch.write("src/file\(number)", String(repeating: "line \(number)\n", count: 20))
        }
        try scratch.swarm("init")
        var succeeded: [String] = []
        let seed = UInt64(Clock.now())
        var chance = Chance(seed)
        for number in 0..<200 {
            let id = "k\(number)"
            let program = try scratch.start(
                "run",
                "launch",
                "--run-id",
                id,
                "--",
                "sh",
                "-c",
                "echo \(number) > src/file\(number % 200); echo new > n\(number)"
            )
            usleep(UInt32(chance.below(120_000)))
            program.signal(SIGKILL)
            if try program.wait().exitCode == 0 { succeeded.append(id) }
        }
        let last = try scratch.swarm("run", "launch", "--run-id", "last", "--", "true")
        #expect(last.exitCode == 0, "seed \(seed): \(last)")
        for id in succeeded {
            let show = try scratch.swarm("show", "run:\(id)", "--json")
            #expect(show.exitCode == 0, "seed \(seed): \(show)")
        }
        let check = try scratch.swarm("fsck", "--json")
        #expect(check.exitCode == 0, "seed \(seed): \(check)")
        #expect(try scratch.shell("ls .swarm/tmp | wc -l").text == "0\n")
        #expect(try scratch.shell("pgrep -fc '[b]wrap.*\(scratch.folder)' || true").text.hasPrefix("0"))
    }

    @Test("an interrupted run shows as such, is recovered, or starts afresh with the same id and request")
    func recovery() throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        // What tells the last launch from those before lies outside the sandbox.
        let flags = scratch.folder + "/flags"
        try Files.makeFolder(flags)
        let step = "echo work > work; echo go; [ -e \(flags)/again ] || sleep 600"
        for id in ["a", "b"] { try scratch.launchAndKill(id, step, flags: ["--allow-read", flags]) }
        #expect(try scratch.swarm("run", "recover", "--run-id", "a").exitCode == 0)
        #expect(try scratch.swarm("checkout", "run:a", scratch.folder + "/out").exitCode == 0)
        #expect(try scratch.read(scratch.folder + "/out/work") == "work\n")
        let launch = ["run", "launch", "--run-id", "b", "--allow-read", flags]
        let other = try scratch.swarm(launch + ["--json", "--", "true"])
        #expect(other.exitCode == 2, "\(other)")
        try scratch.write(flags + "/again", "")
        let again = try scratch.swarm(launch + ["--", "bash", "-c", step])
        #expect(again.exitCode == 0, "\(again)")
    }

    @Test("what swarm had copied for a step that never began is not recovered, and the id starts afresh")
    func recoveryOfNothing() throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        try scratch.shell("mkdir d; seq 1 6000 | split -l 1 -a 4 - d/f")
        try scratch.swarm("import")
        // A kill that comes late, when all is copied, is tried anew.
        let killed = try scratch.shell(
            """
            for id in r{1..50}; do
                work=.swarm/runs/$id/work; copied=$work/workspace/d
                \(ProgramRun.swarm) run launch --run-id $id --sandbox none -- sh -c 'sleep 5' > /dev/null &
                until [ -e $copied ]; do kill -0 $! || exit 9; done; kill -9 $!; wait $!
                [ -e $copied ] && [ $(ls $copied | wc -l) -lt 6000 ] && echo $id && exit
            done
            exit 8
            """
        )
        try #require(killed.exitCode == 0, "\(killed)")
        let id = String(killed.text.dropLast())
        let recovery = try scratch.swarm("run", "recover", "--run-id", id, "--json")
        #expect(recovery.exitCode == 2, "\(recovery)")
        #expect(recovery.json["error"]?["code"]?.text == "RUN_NOT_INTERRUPTED", "\(recovery)")
        let again = try scratch.swarm(
            ["run", "launch", "--run-id", id, "--sandbox", "none", "--", "sh", "-c", "sleep 5"]
        )
        #expect(again.exitCode == 0, "\(again)")
        #expect(try scratch.swarm("diff", "run:\(id)").text == "")
    }

    @Test("a full disk is exit 1, and what was there stays whole", .enabled(if: canMount))
    func fullDisk() throws {
        let scratch = try Scratch()
        try scratch.shell("mkdir -p ../small && mount -t tmpfs -o size=24m none ../small && mkdir ../small/p")
        defer { _ = try? scratch.shell("umount -l ../small") }
        let project = scratch.folder + "/small/p"
        try scratch.write(project + "/f", "f\n")
        #expect(try scratch.swarm(["init"], in: project).exitCode == 0)
        #expect(try scratch.swarm(["run", "launch", "--run-id", "good", "--", "true"], in: project).exitCode == 0)
        // However little is left, from a few kilobytes to almost enough: refused, or whole.
        for left in [8_000, 60_000, 90_000, 120_000, 150_000, 180_000] {
            let id = "r\(left)"
            let step = [
                "run", "launch", "--node", "run:good", "--run-id", id, "--json", "--", "sh", "-c", "echo \(left) > n",
            ]
            try scratch.shell(
                "head -c $(($(df --output=avail -B1 ../small | tail -1) - \(left))) /dev/zero > ../small/filler"
            )
            let run = try scratch.swarm(step, in: project)
            #expect(run.exitCode == 0 || run.exitCode == 1 && run.errorCode == "DISK_FULL", "\(left): \(run)")
            if left == 8_000 { #expect(run.exitCode == 1) }
            let named = try scratch.swarm(["log", "--json"], in: project).text
            #expect(named.contains("\"\(id)\",\"state_cap_next_ref\":\"") == (run.exitCode == 0), "\(named)")
            #expect(try scratch.swarm(["fsck"], in: project).exitCode == 0)
            try scratch.shell("rm ../small/filler")
            if run.exitCode != 0 { #expect(try scratch.swarm(step, in: project).exitCode == 0) }
            #expect(
                try scratch.swarm(["checkout", "run:" + id, scratch.folder + "/out-" + id], in: project).exitCode == 0
            )
            #expect(try scratch.read(scratch.folder + "/out-\(id)/n") == "\(left)\n")
        }
        // The step itself fills the disk.
        let run = try scratch.swarm(
            [
                "run", "launch", "--run-id", "big", "--json", "--", "sh", "-c",
                "head -c 60000000 /dev/urandom > big; true",
            ],
            in: project
        )
        #expect(run.exitCode == 1, "\(run)")
        #expect(run.errorCode == "DISK_FULL", "\(run)")
        #expect(try scratch.swarm(["fsck"], in: project).exitCode == 0)
        #expect(
            try scratch.swarm(["run", "status", "--run-id", "big", "--json"], in: project).json["status"]?.text
                == "interrupted"
        )
        #expect(try scratch.swarm(["diff", "run:good", "--name-only"], in: project).exitCode == 0)
    }

    @Test("a tree that was built before the machine last started is built anew: it may have lost bytes with the power")
    func restart() throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        try scratch.swarm("run", "launch", "--run-id", "a", "--", "sh", "-c", "echo right > f")
        try scratch.swarm("run", "launch", "--node", "run:a", "--run-id", "b", "--", "true")
        let spoil = "find .swarm/cache/trees -name f -exec sh -c 'echo wrong > {}' ';' -print"
        #expect(try scratch.shell(spoil).text != "")
        let steps = ["c": "wrong\n", "d": "right\n"]
        for (id, expected) in steps.sorted(by: { $0.key < $1.key }) {
            // The cache is taken at its word until the machine has started again.
            if id == "d" { try scratch.write(".swarm/cache/boot", "another start\n") }
            let run = try scratch.swarm("run", "launch", "--node", "run:a", "--run-id", id, "--", "cat", "f")
            #expect(run.exitCode == 0, "\(run)")
            #expect(run.text == expected, "\(run)")
        }
        #expect(try scratch.read(".swarm/cache/boot") == scratch.read("/proc/sys/kernel/random/boot_id"))
        #expect(try scratch.shell("ls -A .swarm/tmp").text == "")
    }

    @Test("an unwritable store is exit 1 and stays as it is", .enabled(if: canMount))
    func unwritable() throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        try scratch.swarm("run", "launch", "--run-id", "good", "--", "true")
        try scratch.shell("mount --bind . . && mount -o remount,ro,bind .")
        defer { _ = try? scratch.shell("cd /; umount -l \(scratch.project)") }
        let run = try scratch.swarm("run", "launch", "--json", "--", "true")
        #expect(run.exitCode == 1, "\(run)")
        #expect(try scratch.shell("umount -l \(scratch.project); cd /; true").exitCode == 0)
        #expect(try scratch.swarm("fsck").exitCode == 0)
    }

    private static let canMount = getuid() == 0
}
