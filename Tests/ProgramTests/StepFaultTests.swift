import SwarmContracts
import SwarmPlatform
import SwarmTestSupport
import Testing

#if canImport(Glibc)
import Glibc
#endif

@Suite("Steps that misbehave")
struct StepFaultTests {
    private func launched(_ step: String, _ flags: String...) throws -> (Scratch, ProgramRun) {
        let scratch = try Scratch()
        try scratch.write("kept", "kept\n")
        try scratch.swarm("init")
        return (
            scratch,
            try scratch.swarm(["run", "launch", "--run-id", "r"] + flags + ["--json", "--", "bash", "-c", step])
        )
    }

    @Test("daemons that a step forks are gone when it has ended")
    func daemons() throws {
        let mark = longSleep()
        let (_, run) = try launched("setsid sleep \(mark) >/dev/null 2>&1 & (setsid sleep \(mark) &) ; echo done")
        #expect(run.exitCode == 0, "\(run)")
        #expect(try sleepers(mark) == "")
    }

    @Test("output beyond the limit is cut with a mark, and the run succeeds")
    func floods() throws {
        let (scratch, run) = try launched("head -c 80000000 /dev/zero | tr '\\0' x; echo end >&2")
        #expect(run.exitCode == 0, "\(run.exitCode)")
        let log = try scratch.shell("tail -c 200 .swarm/runs/r/log; stat -c %s .swarm/runs/r/log")
        #expect(log.text.contains("cut"), "\(log)")
    }

    @Test("a step that ignores SIGTERM is killed after its time limit, as a policy violation")
    func ignoresTermination() throws {
        let (scratch, run) = try launched(
            "trap '' TERM; echo partial > part; while :; do sleep 1; done",
            "--timeout-secs",
            "10"
        )
        #expect(run.exitCode == 6, "\(run)")
        #expect(run.json["errors"]?.elements?.first?["code"]?.text == "RUN_TIME_LIMIT")
        #expect(try scratch.swarm("checkout", "run:r", scratch.folder + "/out").exitCode == 0)
        #expect(try scratch.read(scratch.folder + "/out/part") == "partial\n")
    }

    @Test("a sparse file of 5 GiB costs its data, not its length, and comes back sparse")
    func sparse() throws {
        let (scratch, run) = try launched(
            "truncate -s 5G big; printf end | dd of=big bs=1 seek=5368709000 conv=notrunc 2>/dev/null"
        )
        #expect(run.exitCode == 0, "\(run)")
        let size =
            try scratch.shell("du -sm .swarm/packs | cut -f1").text.split(separator: "\n").first.flatMap { Int($0) }
            ?? 9999
        #expect(size < 64)
        #expect(try scratch.swarm("checkout", "run:r", scratch.folder + "/out").exitCode == 0)
        let out = try scratch.shell(
            "stat -c '%s' ../out/big; tail -c 120 ../out/big | head -c 3; [ $(du -m ../out/big | cut -f1) -lt 64 ] && echo sparse"
        )
        #expect(out.text == "5368709120\nendsparse\n", "\(out)")
    }

    @Test("100,000 files are kept")
    func manyFiles() throws {
        let (scratch, run) = try launched("mkdir d && cd d && seq 1 100000 | xargs touch && echo x > 77777")
        #expect(run.exitCode == 0, "\(run.messages)")
        #expect(try scratch.swarm("checkout", "run:r", scratch.folder + "/out").exitCode == 0)
        #expect(try scratch.shell("ls -U ../out/d | wc -l; cat ../out/d/77777").text == "100000\nx\n")
    }

    @Test("folders nested deeper than files may be open: each attempt begins anew, and nothing of the work stays")
    func deepWork() throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        let nest = "[ -e d ] && echo again > again; for i in $(seq 300); do mkdir d && cd d; done; exit 1"
        let run = try scratch.shell(
            "ulimit -n 200; '\(ProgramRun.swarm)' run launch --run-id deep --max-attempts 2 -- bash -c '\(nest)'"
        )
        #expect(run.exitCode == 7, "\(run)")
        #expect(!scratch.has(".swarm/runs/deep/work"))
        #expect(try scratch.shell("ls -A .swarm/tmp").text == "")
        #expect(try !scratch.swarm("diff", "run:deep", "--name-only").text.contains("again"))
    }

    @Test("a path of more than 64 KiB in a step's tree is taken in and comes back")
    func longPath() throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        let step = "my $n = 'd' x 255; for (1..520) { mkdir $n; chdir $n } open(F, '>f'); print F 'deep'"
        let run = try scratch.swarm("run", "launch", "--run-id", "long", "--", "perl", "-e", step)
        #expect(run.exitCode == 0, "\(run)")
        #expect(try scratch.swarm("checkout", "run:long", scratch.folder + "/out").exitCode == 0)
        try scratch.write("read.pl", "my $n = 'd' x 255; for (1..520) { chdir $n or die } open(F, 'f'); print <F>")
        #expect(try scratch.shell("cd ../out && perl ../project/read.pl").text == "deep")
    }

    @Test("unreadable files, odd names and links out of the tree come back as they were")
    func oddTrees() throws {
        let (scratch, run) = try launched(
            """
            echo secret > unreadable; mkdir closed; echo x > closed/x; chmod 000 unreadable closed
            printf a > $'new\\nline'; printf b > $'bad\\xff\\xfename'; mkdir $'dir\\xc3'; printf c > $'dir\\xc3/x'
            ln -s /etc/passwd outside; ln -s ../../../.. up; ln -s nowhere dangling
            mkfifo pipe; ln kept hard
            """
        )
        #expect(run.exitCode == 0, "\(run)")
        #expect(run.json["warnings"]?.elements?.contains { $0.text?.contains("pipe") == true } == true, "\(run)")
        #expect(try scratch.swarm("checkout", "run:r", scratch.folder + "/out").exitCode == 0)
        let out = try scratch.shell(
            "cd ../out; cat unreadable closed/x $'new\\nline' $'bad\\xff\\xfename' $'dir\\xc3/x'; readlink outside up dangling; [ kept -ef hard ] && echo same; ls pipe 2>&1 | wc -l"
        )
        #expect(out.text.hasPrefix("secret\nx\nabc/etc/passwd\n../../../..\nnowhere\n"), "\(out)")
        let diff = try scratch.swarm("diff", "run:r", "--name-status")
        #expect(diff.exitCode == 0)
        #expect(try scratch.swarm("verify", "chain", "run:r").exitCode == 0)
    }

    @Test("a step that removes its own working directory has an empty tree")
    func removesItself() throws {
        let (scratch, run) = try launched(
            "cd /; rm -rf \"$OLDPWD\"/* \"$OLDPWD\"/.[!.]* 2>/dev/null; rmdir \"$OLDPWD\" 2>/dev/null; true"
        )
        #expect(run.exitCode == 0, "\(run)")
        #expect(try scratch.swarm("diff", "run:r", "--name-status").text == "D\tkept\n")
        #expect(try scratch.read("kept") == "kept\n")
    }

    @Test(
        "a hostile state database fails the run and keeps its files",
        arguments: [
            "head -c 10000 /dev/urandom > $SWARM_STATE_DB", "ln -sf /etc/passwd $SWARM_STATE_DB",
            "rm -f $SWARM_STATE_DB; mkfifo $SWARM_STATE_DB", "rm -f $SWARM_STATE_DB; mkdir $SWARM_STATE_DB",
            "rm -f $SWARM_STATE_DB",
        ]
    )
    func hostileState(step: String) throws {
        let (scratch, run) = try launched("echo work > work; \(step)")
        #expect(run.exitCode == 7, "\(run)")
        #expect(run.json["errors"]?.elements?.first?["code"]?.text == "STATE_DB_INVALID", "\(run)")
        #expect(try scratch.swarm("checkout", "run:r", scratch.folder + "/out").exitCode == 0)
        #expect(try scratch.read(scratch.folder + "/out/work") == "work\n")
    }

    @Test("what a step writes to SWARM_OUTPUT is the response; a link there is not followed")
    func response() throws {
        let (scratch, run) = try launched("echo printed; echo answer > $SWARM_OUTPUT")
        #expect(run.exitCode == 0)
        #expect(try scratch.swarm("show", "run:r", "--response").text == "answer\n")
        let (other, second) = try launched("ln -s /etc/passwd $SWARM_OUTPUT")
        #expect(second.exitCode == 0, "\(second)")
        #expect(try other.swarm("show", "run:r", "--response").text == "")
    }

    @Test("Ctrl-C cancels: the children are gone, the work is a node, tmp is empty")
    func interrupt() throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        let mark = longSleep()
        let started = try scratch.start(
            "run",
            "launch",
            "--run-id",
            "r",
            "--json",
            "--",
            "bash",
            "-c",
            "echo half > half; echo go; sleep \(mark)"
        )
        try waitFor { (try? scratch.swarm("run", "logs", "--run-id", "r").text.contains("go")) == true }
        started.signal(SIGINT)
        let run = try started.wait()
        #expect(run.exitCode == 130, "\(run)")
        #expect(run.json["status"]?.text == "cancelled", "\(run)")
        #expect(try sleepers(mark) == "")
        #expect(try scratch.shell("ls .swarm/tmp").text == "")
        #expect(try scratch.shell("grep -c '\(scratch.folder)' /proc/self/mountinfo || true").text == "0\n")
        #expect(try scratch.swarm("show", "run:r", "--json").json["node"]?["tags"] == ["cancelled"])
    }

    @Test("a detached run outlives its command; status, logs and cancel reach it")
    func detached() throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        let launch = try scratch.swarm(
            "run",
            "launch",
            "--run-id",
            "d",
            "--detach",
            "--",
            "bash",
            "-c",
            "echo up; sleep 600"
        )
        #expect(launch.text == "d\n", "\(launch)")
        try waitFor { (try? scratch.swarm("run", "logs", "--run-id", "d").text) == "up\n" }
        #expect(try scratch.swarm("run", "status", "--run-id", "d", "--json").json["status"]?.text == "running")
        #expect(try scratch.swarm("run", "cancel", "--run-id", "d").exitCode == 0)
        #expect(try scratch.swarm("run", "status", "--run-id", "d", "--json").json["status"]?.text == "cancelled")
    }
}

/// Waits for something that another process does; a minute is far more than it takes.
func waitFor(_ condition: () throws -> Bool) throws {
    for _ in 0..<1200 {
        if try condition() { return }
        usleep(50_000)
    }
    Issue.record("waited a minute in vain")
}

/// Seconds for which no other process sleeps: the mark of a test's own processes.
func longSleep() -> String { String(UInt32.random(in: 1_000_000_000...UInt32.max)) }

/// The processes that have such a sleep in their command line.
func sleepers(_ mark: String) throws -> String {
    try ProgramRun.run("/bin/bash", ["-c", "pgrep -f '[s]leep \(mark)( |$)' || true"], in: "/").text
}
