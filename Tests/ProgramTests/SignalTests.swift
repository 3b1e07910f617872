import SwarmContracts
import SwarmPlatform
import SwarmTestSupport
import Testing

@Suite("Whoever starts swarm")
struct SignalTests {
    /// Becomes a program with a signal ignored.
    private static let ignoring = """
        import os, signal, sys
        signal.signal(getattr(signal, sys.argv[1]), signal.SIG_IGN)
        os.execvp(sys.argv[2], sys.argv[2:])
        """

    @Test("a parent that ignores the end of its children keeps no run waiting", arguments: ["strict", "none"])
    func ignoredChildren(level: String) throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        try scratch.write(scratch.folder + "/ignoring.py", SignalTests.ignoring)
        let run = try scratch.shell(
            "timeout 60 python3 ../ignoring.py SIGCHLD \(ProgramRun.swarm) run launch --sandbox \(level) --json -- sh -c 'exit 3'"
        )
        #expect(run.exitCode == 7, "\(run)")
        #expect(run.json["exit_code"]?.integer == 3, "\(run)")
    }

    @Test("under nohup a terminal that closes does not end the run")
    func hangup() throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        try Files.makeFolder(scratch.folder + "/flags")
        try scratch.write(scratch.folder + "/ignoring.py", SignalTests.ignoring)
        let flags = scratch.folder + "/flags"
        let run = try scratch.shell(
            """
            python3 ../ignoring.py SIGHUP \(ProgramRun.swarm) run launch --run-id r --allow-write \(flags) -- \
                sh -c 'touch \(flags)/up; until [ -e \(flags)/go ]; do sleep 0.05; done' &
            until [ -e \(flags)/up ]; do kill -0 $! || exit 9; sleep 0.05; done
            kill -HUP $!; sleep 0.3; touch \(flags)/go; wait $!
            """
        )
        #expect(run.exitCode == 0, "\(run)")
        #expect(try scratch.swarm("run", "status", "--run-id", "r", "--json").json["status"]?.text == "succeeded")
    }

    @Test("--detach is taken from swarm's own flags and left in the step's")
    func detach() throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        let run = try scratch.swarm(
            ["run", "launch", "--run-id", "d", "--detach", "--", "sh", "-c", "echo \"$@\"", "x", "--detach", "end"]
        )
        #expect(run.text == "d\n", "\(run)")
        try waitFor {
            try scratch.swarm("run", "status", "--run-id", "d", "--json").json["status"]?.text == "succeeded"
        }
        #expect(try scratch.swarm("run", "logs", "--run-id", "d").text == "--detach end\n")
    }

    @Test("--detach fails where the run is refused: the id runs, or was begun with another request")
    func detachRefused() throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        let first = try scratch.swarm("run", "launch", "--run-id", "d", "--detach", "--", "sleep", "600")
        #expect(first.exitCode == 0, "\(first)")
        let second = try scratch.swarm("run", "launch", "--run-id", "d", "--detach", "--json", "--", "true")
        #expect(second.exitCode == 2 && second.errorCode == "RUN_ID_RUNNING", "\(second)")
        #expect(try scratch.swarm("run", "status", "--run-id", "d", "--json").json["status"]?.text == "running")
        try scratch.shell("kill -9 $(head -n 1 .swarm/runs/d/lock)")
        try waitFor {
            try scratch.swarm("run", "status", "--run-id", "d", "--json").json["status"]?.text == "interrupted"
        }
        let other = try scratch.swarm("run", "launch", "--run-id", "d", "--detach", "--", "true")
        #expect(other.exitCode == 2 && other.text == "", "\(other)")
        #expect(try scratch.swarm("run", "status", "--run-id", "d", "--json").json["status"]?.text == "interrupted")
        // The same request goes on, and a run of its own that is over at once is none that was refused.
        let node = try scratch.swarm("run", "launch", "--run-id", "e", "--detach", "--", "false")
        #expect(node.exitCode == 0 && node.text == "e\n", "\(node)")
    }

    @Test("-i and -t are refused where more than one attempt would read them", arguments: ["-i", "-t"])
    func inputOnce(flag: String) throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        let before = try scratch.swarm("log", "--json").text
        let run = try scratch.swarm(
            ["run", "launch", flag, "--max-attempts", "2", "--json", "--", "cat"],
            input: "typed\n"
        )
        #expect(run.exitCode == 2 && run.errorCode == "USAGE", "\(run)")
        #expect(try scratch.swarm("log", "--json").text == before)
        let one = try scratch.swarm(["run", "launch", flag, "--max-attempts", "1", "--", "cat"], input: "typed\n")
        #expect(one.exitCode == 0 && one.text.contains("typed"), "\(one)")
    }

    @Test("input of a terminal ends, in the middle of a line too", arguments: ["", "whole\n", "whole\nbegun"])
    func terminalInput(input: String) throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        let run = try scratch.swarm(
            ["run", "launch", "-t", "--timeout-secs", "20", "--", "sh", "-c", "stty -echo; cat; echo; echo end"],
            input: input
        )
        #expect(run.exitCode == 0 && run.text.contains("end"), "\(run)")
        #expect(input.split(separator: "\n").allSatisfy(run.text.contains), "\(run)")
    }

    @Test("another version put in the program's place during a run costs nothing", arguments: ["strict", "none"])
    func replaced(level: String) throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        let flags = scratch.folder + "/flags"
        let program = scratch.folder + "/swarm"
        try Files.makeFolder(flags)
        let run = try scratch.shell(
            """
            cp \(ProgramRun.swarm) \(program)
            \(program) run launch --run-id r --sandbox \(level) --allow-write \(flags) -- sh -c \
                'sqlite3 "$SWARM_STATE_DB" "insert into kv values (\\"score\\", 7)" || exit 8
                 touch \(flags)/up; until [ -e \(flags)/go ]; do sleep 0.05; done' &
            until [ -e \(flags)/up ]; do kill -0 $! || exit 9; sleep 0.05; done
            cp /bin/true \(program).new; mv \(program).new \(program)
            touch \(flags)/go; wait $!
            """
        )
        #expect(run.exitCode == 0, "\(run)")
        let query = try scratch.swarm("state", "query", "run:r", "select value from kv", "--json")
        #expect(query.text.contains("7"), "\(query)")
    }
}
