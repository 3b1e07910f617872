import SwarmContracts
import SwarmTestSupport
import Testing

@Suite("A real agent program")
struct AgentTests {
    /// A stand-in for an agent: it lives below HOME, reads its login there, keeps a session directory, spawns children and
    /// writes for a while.
    private static let agent = """
        #!/usr/bin/env python3
        import json, os, subprocess, sys, time
        home = os.environ['HOME']
        token = json.load(open(home + '/.claude/.credentials.json'))['token']
        print('logged in with', token)
        os.makedirs(home + '/.claude/projects', exist_ok=True)
        session = home + '/.claude/projects/session.jsonl'
        with open(session, 'a') as f: f.write(json.dumps({'said': sys.argv[1:]}) + '\\n')
        children = [subprocess.Popen(['sh', '-c', f'for i in 1 2 3; do echo child {n} $i >> work-{n}.txt; sleep 0.1; done']) for n in range(3)]
        for n in range(20):
            with open('progress.txt', 'a') as f: f.write(f'{n}\\n')
            time.sleep(0.02)
        for c in children: c.wait()
        json.dump({'cost_usd': 0.25, 'tokens': 1200}, open(os.environ['SWARM_METRICS'], 'w'))
        print('turns so far', sum(1 for _ in open(session)))
        """

    @Test("it runs under the default sandbox with a login, keeps its session, and resumes it")
    func agent() throws {
        let scratch = try Scratch()
        let program = scratch.home + "/.local/share/claude/versions/1/bin/claude"
        try scratch.write(program, AgentTests.agent)
        try scratch.write(scratch.home + "/.claude/.credentials.json", "{\"token\":\"sk-ant-0123456789abcdef0123\"}")
        try scratch.shell(
            "chmod +x \(program); mkdir -p ../home/.local/bin; ln -s \(program) ../home/.local/bin/claude"
        )
        let path = ["PATH": scratch.home + "/.local/bin:/usr/local/bin:/usr/bin:/bin"]
        try scratch.swarm("init")
        let first = try scratch.swarm(
            ["run", "launch", "--run-id", "one", "--login", "claude", "--keep", ".claude", "--", "claude", "-p", "go"],
            environment: path
        )
        #expect(first.exitCode == 0, "\(first)")
        #expect(first.text.contains("turns so far 1") && first.text.contains("[masked]"), "\(first)")
        let second = try scratch.swarm(
            [
                "run", "resume", "--run-id", "two", "--login", "claude", "--keep", ".claude", "--json", "--", "claude",
                "-p", "on",
            ],
            environment: path
        )
        #expect(second.exitCode == 0, "\(second)")
        #expect(second.messages.contains("turns so far 2"), "\(second)")
        #expect(try scratch.swarm("diff", "run:two", "--name-only").text.contains("progress.txt"))
        let found = try scratch.shell("grep -rl sk-ant-0123456789 .swarm || true")
        #expect(found.text == "", "\(found)")
        #expect(try scratch.swarm("log").text.contains("0.25"))
        #expect(!scratch.has("progress.txt"))
    }
}
