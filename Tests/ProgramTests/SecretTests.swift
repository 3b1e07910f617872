import SwarmCapability
import SwarmContracts
import SwarmPlatform
import SwarmTestSupport
import Testing

#if canImport(Glibc)
import Glibc
#endif

@Suite("Secrets stay where they belong")
struct SecretTests {
    @Test("no key byte is in any file, stream or log of a full run")
    func search() throws {
        let scratch = try Scratch()
        try scratch.write("f", "content\n")
        try scratch.swarm("init")
        let recovery = SecretText(
            try scratch.swarm("key", "export").text.split(separator: "\n").first.map(String.init) ?? ""
        )
        let root = try RootSecret(recoveryString: recovery)
        var streams: [UInt8] = []
        for arguments in [
            ["run", "launch", "--run-id", "a", "-vv", "--", "sh", "-c", "echo x > x; env; cat /proc/self/cmdline"],
            [
                "run", "resume", "--run-id", "b", "--pass-env", "PASSED_SECRET", "--json", "--", "sh", "-c",
                "echo $PASSED_SECRET; echo $PASSED_SECRET > $SWARM_OUTPUT",
            ],
            ["run", "fork", "--label", "l", "--json"], ["run", "resume", "--node", "branch:l", "--", "false"],
            ["state", "grant", "run:a", "--out", scratch.folder + "/token"],
            ["state", "inspect", "--state-cap", scratch.folder + "/token"],
            ["state", "fork", "--state-cap", scratch.folder + "/token", "--label", "t"],
            ["bundle", "export", "run:b", scratch.folder + "/b.tar"], ["show", "run:b", "--json"], ["graph"], ["log"],
            ["doctor"],
            ["key", "show"], ["fsck"], ["verify", "chain", "run:b"],
        ] {
            let run = try scratch.swarm(arguments, environment: ["PASSED_SECRET": "hunter2-correct-horse"])
            streams += run.output + Array(run.messages.utf8)
        }
        try scratch.write(scratch.folder + "/streams", streams)
        let node = try scratch.swarm("show", "run:a", "--json").json
        let parent = try #require(node["node"]?["parent_node_id"]?.text.flatMap { NodeID($0) })
        let step = Int(try #require(node["descriptor"]?["ratchet_step"]?.integer))
        let keys = root.nodeKeys(operation: "launch", name: "a", parent: parent, ratchetStep: step)
        var secrets: [[UInt8]] = []
        keys.read.withBytes { secrets.append(Array($0)) }
        root.contentSecret().withBytes { secrets.append(Array($0)) }
        keys.write.withBytes { secrets.append(Array($0)) }
        let forms =
            secrets.flatMap { secret in
                [
                    secret, Array(Hex.encode(secret).utf8), Array(Base64.encode(secret, .standard).utf8.prefix(42)),
                    Array(Base64.encode(secret, .url).utf8.prefix(42)),
                ]
            } + [Array("hunter2-correct-horse".utf8)]
        let files = try scratch.shell(
            "find .. -type f -not -path '*/keys/root.json' -not -path '*/started-*' -not -path '*/home/*'"
        ).text.split(separator: "\n")
        #expect(files.count > 20)
        for file in files {
            let path = scratch.project + "/" + file
            let bytes = try Files.read(path, limit: 1 << 30)
            for form in forms { #expect(!contains(bytes, form), "\(file) holds a secret") }
        }
    }

    private func contains(_ bytes: [UInt8], _ pattern: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { hay in pattern.withUnsafeBytes { needle in memmem(hay, needle) } }
    }

    @Test("passed values are masked in terminal, log and response")
    func masked() throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        let run = try scratch.swarm(
            ["run", "launch", "--run-id", "r", "--pass-env", "TOKEN_X", "--", "sh", "-c", "echo token $TOKEN_X"],
            environment: ["TOKEN_X": "abcdef-0123456789"]
        )
        #expect(run.text == "token [masked]\n", "\(run)")
        #expect(try scratch.swarm("show", "run:r", "--response").text == "token [masked]\n")
        #expect(try scratch.swarm("run", "logs", "--run-id", "r").text == "token [masked]\n")
    }

    @Test("a recovery, which does not know the passed values any more, keeps nothing that could show them")
    func recovered() throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        let program = try scratch.start(
            "run",
            "launch",
            "--run-id",
            "k",
            "--pass-env",
            "PASSED_SECRET",
            "--",
            "sh",
            "-c",
            "echo $PASSED_SECRET > $SWARM_OUTPUT; echo said $PASSED_SECRET; sleep 60",
            environment: ["PASSED_SECRET": "supersecretvalue123"]
        )
        try waitFor { (try? scratch.swarm("run", "logs", "--run-id", "k").text.contains("said")) == true }
        program.signal(SIGKILL)
        _ = try program.wait()
        try waitFor {
            (try? scratch.swarm("run", "status", "--run-id", "k", "--json").json["status"]?.text) == "interrupted"
        }
        let run = try scratch.swarm("run", "recover", "--run-id", "k")
        #expect(run.messages.contains("SWARM_OUTPUT was left out"), "\(run)")
        let response = try scratch.swarm("show", "run:k", "--response")
        #expect(response.text.contains("said") && !response.text.contains("supersecret"), "\(response)")
    }

    @Test("a label that cannot be made leaves the token as it was")
    func tokenKept() throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        try scratch.swarm("run", "launch", "--run-id", "a", "--", "true")
        try scratch.swarm("run", "fork", "--node", "run:a", "--label", "taken")
        try scratch.swarm("state", "grant", "run:a", "--out", scratch.folder + "/t")
        func fork(_ label: String) throws -> ProgramRun {
            try scratch.swarm("state", "fork", "--state-cap", scratch.folder + "/t", "--label", label, "--json")
        }
        #expect(try fork("taken").errorCode == "LABEL_TAKEN")
        #expect(try fork("main").exitCode == 2)
        #expect(try fork("fresh").exitCode == 0)
        #expect(try fork("other").errorCode == "STATE_CAP_REPLAYED")
        #expect(try fork("taken").errorCode == "STATE_CAP_REPLAYED")
    }

    @Test("the response keeps the step's ordinary surroundings, as the output does")
    func ordinary() throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        let run = try scratch.swarm(
            [
                "run", "launch", "--run-id", "a", "--pass-env", "HOME", "--pass-env", "PASSED_SECRET", "--", "sh", "-c",
                "echo $HOME $PASSED_SECRET | tee $SWARM_OUTPUT",
            ],
            environment: ["PASSED_SECRET": "supersecretvalue123"]
        )
        #expect(run.text.hasPrefix("/") && run.text.hasSuffix(" [masked]\n"), "\(run)")
        #expect(try scratch.swarm("show", "run:a", "--response").text == run.text)
    }

    @Test("a token makes a branch once; replayed, altered or expired it is exit 6 with the reason")
    func tokens() throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        try scratch.swarm("run", "launch", "--run-id", "a", "--", "sh", "-c", "echo 1 > f")
        try scratch.swarm("state", "grant", "run:a", "--out", scratch.folder + "/t")
        #expect(
            try scratch.swarm("state", "fork", "--state-cap", scratch.folder + "/t", "--label", "one").exitCode == 0
        )
        let replay = try scratch.swarm(
            "state",
            "fork",
            "--state-cap",
            scratch.folder + "/t",
            "--label",
            "two",
            "--json"
        )
        #expect(replay.exitCode == 6 && replay.errorCode == "STATE_CAP_REPLAYED", "\(replay)")
        let token = try scratch.read(scratch.folder + "/t").split(separator: "\n").first.map(String.init) ?? ""
        let dot = try #require(token.lastIndex(of: "."))
        let altered = String(token[...dot]) + String(token[token.index(after: dot)...].reversed())
        let forged = try scratch.swarm(
            ["state", "fork", "--state-cap", "-", "--label", "three", "--json"],
            input: altered
        )
        #expect(forged.exitCode == 6, "\(forged)")
        let run = try scratch.swarm("run", "resume", "--node", "branch:one", "--", "cat", "f")
        #expect(run.text == "1\n", "\(run)")
    }
}

private func memmem(_ hay: UnsafeRawBufferPointer, _ needle: UnsafeRawBufferPointer) -> Bool {
    guard let first = needle.first, hay.count >= needle.count else { return false }
    var position = 0
    let end = hay.count - needle.count
    while position <= end {
        guard let next = hay[position...end].firstIndex(of: first) else { return false }
        if UnsafeRawBufferPointer(rebasing: hay[next..<next + needle.count]).elementsEqual(needle) { return true }
        position = next + 1
    }
    return false
}
