import SwarmContracts
import SwarmTestSupport
import Testing

@Suite("Apply over a person's own changes")
struct ApplyTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
        try scratch.write("f", "base\n")
        try scratch.swarm("init")
        try scratch.swarm("run", "launch", "--run-id", "r", "--", "sh", "-c", "echo theirs > f; echo new > n")
        try scratch.write("f", "ours\n")
    }

    @Test("a conflict writes nothing and names the flag; the dry run says the same, with the same exit code")
    func refused() throws {
        for dry in [[], ["--dry-run"]] {
            let run = try scratch.swarm(["apply", "run:r"] + dry)
            #expect(run.exitCode == 2, "\(run)")
            #expect(run.text.isEmpty, "\(run)")
            #expect(run.messages.contains("the change does not fit what is there: f "), "\(run)")
            #expect(run.messages.contains("--conflict-markers") && !run.messages.contains("nothing to do"), "\(run)")
        }
        let dry = try scratch.swarm("apply", "run:r", "--dry-run", "--json")
        #expect(dry.exitCode == 2 && dry.json["actions"] == [], "\(dry)")
        #expect(dry.json["conflicts"] == [["path": "f", "reason": "overlap"]], "\(dry)")
        #expect(try scratch.read("f") == "ours\n" && !scratch.has("n"))
    }

    @Test("with markers it says what is left to do, and the exit code is 2")
    func markers() throws {
        let dry = try scratch.swarm("apply", "run:r", "--conflict-markers", "--dry-run")
        #expect(dry.exitCode == 2 && dry.text == "markers\tf\ncreate\tn\n", "\(dry)")
        #expect(dry.messages.contains("2 paths would change") && !dry.messages.contains("error:"), "\(dry)")
        #expect(try scratch.read("f") == "ours\n")
        let run = try scratch.swarm("apply", "run:r", "--conflict-markers")
        #expect(run.exitCode == 2 && run.text == dry.text, "\(run)")
        #expect(run.messages.contains("error: 1 file has conflict markers [APPLY_CONFLICT]"), "\(run)")
        #expect(!run.messages.contains("--conflict-markers"), "\(run)")
        #expect(try scratch.read("f").contains("<<<<<<<") && scratch.has("n"))
    }

    @Test("without a conflict the dry run ends with 0")
    func clean() throws {
        try scratch.write("f", "base\n")
        let dry = try scratch.swarm("apply", "run:r", "--dry-run")
        #expect(dry.exitCode == 0 && dry.text == "replace\tf\ncreate\tn\n", "\(dry)")
        #expect(try scratch.read("f") == "base\n")
    }
}
