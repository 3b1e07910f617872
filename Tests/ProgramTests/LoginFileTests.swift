import SwarmContracts
import SwarmTestSupport
import Testing

@Suite("Login files and the links of a step")
struct LoginFileTests {
    private static let secret = "{\"token\":\"sk-ant-0123456789abcdef0123\"}"

    private func prepared() throws -> Scratch {
        let scratch = try Scratch()
        try scratch.write(scratch.home + "/.claude/.credentials.json", LoginFileTests.secret)
        try scratch.swarm("init")
        return scratch
    }

    @Test("the agent that --login names is found from a line of shell, wherever its installation lies")
    func installed() throws {
        let scratch = try prepared()
        let place = scratch.home + "/.local/share/claude/versions/1.2.3"
        try scratch.write(place + "/claude", "#!/bin/sh\ncat \"$(dirname \"$(readlink -f \"$0\")\")/beside\"\n")
        try scratch.write(place + "/beside", "asked\n")
        try scratch.shell("chmod +x \(place)/claude; mkdir -p ~/.local/bin; ln -s \(place)/claude ~/.local/bin/claude")
        let path = ["PATH": scratch.home + "/.local/bin:/usr/bin:/bin"]
        let step = ["--", "sh", "-c", "claude -p 'make it faster'"]
        #expect(try scratch.swarm(["run", "launch"] + step, environment: path).exitCode == 7)
        let run = try scratch.swarm(["run", "launch", "--login", "claude"] + step, environment: path)
        #expect(run.exitCode == 0 && run.text == "asked\n", "\(run)")
    }

    @Test("a link that the step left in its home leads the removal of login files nowhere")
    func removal() throws {
        let scratch = try prepared()
        try scratch.write(scratch.folder + "/precious/config.toml", "mine\n")
        let step =
            "ln -s \(scratch.folder)/precious ~/.codex; ln -s \(scratch.home)/.claude ~/.claude; echo n > ~/notes"
        let run = try scratch.swarm("run", "launch", "--keep", "notes", "--", "sh", "-c", step)
        #expect(run.exitCode == 0, "\(run)")
        #expect(try scratch.read(scratch.folder + "/precious/config.toml") == "mine\n")
        #expect(try scratch.read(scratch.home + "/.claude/.credentials.json") == LoginFileTests.secret)
    }

    @Test(
        "login files are not copied through a link that an earlier step kept: exit 2, and nothing is written",
        arguments: ["../upper", "../../../../../../outside", "absolute"]
    )
    func copying(link: String) throws {
        let scratch = try prepared()
        let outside = scratch.folder + "/outside"
        try scratch.write(outside + "/there", "there\n")
        let target = link == "absolute" ? outside : link
        let first = try scratch.swarm(
            "run",
            "launch",
            "--keep",
            ".claude",
            "--",
            "sh",
            "-c",
            "ln -s \(target) ~/.claude"
        )
        #expect(first.exitCode == 0, "\(first)")
        let second = try scratch.swarm("run", "resume", "--run-id", "two", "--login", "claude", "--json", "--", "true")
        #expect(second.exitCode == 2, "\(second)")
        #expect(second.errorCode == "LOGIN_BLOCKED")
        #expect(!scratch.has(".swarm/runs/two"))
        #expect(try scratch.shell("ls -A \(outside)").text == "there\n")
        #expect(try scratch.shell("grep -rl sk-ant-0123456789 . || true").text == "")
        // Without --login the node goes on, and its step can put it right.
        #expect(try scratch.swarm("run", "resume", "--", "rm", scratch.home + "/.claude").exitCode == 0)
        let third = try scratch.swarm(
            "run",
            "resume",
            "--login",
            "claude",
            "--",
            "sh",
            "-c",
            "cat ~/.claude/.credentials.json"
        )
        #expect(third.exitCode == 0 && third.text.contains("[masked]"), "\(third)")
    }

    @Test("what is no folder on the way is refused too, and a second name of a login file keeps its own bytes")
    func others() throws {
        let scratch = try prepared()
        let file = try scratch.swarm("run", "launch", "--keep", ".claude", "--", "sh", "-c", "echo x > ~/.claude")
        #expect(file.exitCode == 0, "\(file)")
        #expect(
            try scratch.swarm("run", "resume", "--login", "claude", "--json", "--", "true").errorCode == "LOGIN_BLOCKED"
        )
        let folder =
            "mkdir ~/.claude; echo x > ~/.claude/.credentials.json; ln ~/.claude/.credentials.json ~/.claude/second"
        #expect(try scratch.swarm("run", "launch", "--keep", ".claude", "--", "sh", "-c", folder).exitCode == 0)
        let run = try scratch.swarm("run", "resume", "--login", "claude", "--", "sh", "-c", "cat ~/.claude/second")
        #expect(run.exitCode == 0 && run.text.contains("x\n"), "\(run)")
        #expect(!run.text.contains("masked"))
    }
}
