import SwarmContracts
import SwarmTestSupport
import Testing

@Suite("A reference that names no node says what was meant")
struct ReferenceTests {
    @Test("a run id or label without its prefix, a run without a node, the root's parent")
    func meant() throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        try scratch.swarm("run", "launch", "--run-id", "tidy", "--", "true")
        try scratch.swarm("run", "launch", "--run-id", "both", "--", "true")
        for label in ["bold", "both"] { try scratch.swarm("run", "fork", "--node", "run:tidy", "--label", label) }
        for (reference, sentence) in [
            ("tidy", "'tidy'; did you mean run:tidy?"), ("bold", "'bold'; did you mean branch:bold?"),
            ("bold~1", "'bold~1'; did you mean branch:bold~1?"),
            ("both", "'both'; did you mean run:both or branch:both?"),
        ] {
            let run = try scratch.swarm("show", reference)
            #expect(run.exitCode == 2 && run.errorCode != nil, "\(run)")
            #expect(run.messages.contains("no node is named \(sentence) [NODE_UNKNOWN]"), "\(run)")
        }
        let root = try scratch.swarm("diff", "root", "--json")
        #expect(root.exitCode == 2 && root.errorCode == "NODE_UNKNOWN")
        #expect(root.json["error"]?["message"]?.text?.hasPrefix("root has no parent") == true, "\(root)")
        #expect(try scratch.swarm("diff", "branch:bold").exitCode == 0)
    }

    @Test("a run id that no run has lists near ones, else the newest")
    func runs() throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        let none = try scratch.swarm("run", "logs", "--run-id", "x", "--json")
        #expect(none.errorCode == "RUN_UNKNOWN" && none.json["error"]?["hint"]?.text == "`swarm log` lists the runs")
        try scratch.swarm("run", "launch", "--run-id", "careful", "--", "true")
        for verb in ["status", "logs", "cancel", "recover", "watch"] {
            let near = try scratch.swarm("run", verb, "--run-id", "carefull", "--json")
            #expect(near.exitCode == 2 && near.errorCode == "RUN_UNKNOWN", "\(near)")
            let message = near.json["error"]?["message"]?.text
            #expect(message == "no run has the id 'carefull'; did you mean careful?", "\(near)")
        }
        let far = try scratch.swarm("run", "status", "--run-id", "elephant", "--json")
        #expect(far.json["error"]?["message"]?.text?.contains("there are: careful") == true, "\(far)")
    }

    @Test("a run that has no node yet says how it stands, and how a node comes of it")
    func withoutNode() throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        let started = try scratch.start("run", "launch", "--run-id", "slow", "--", "sleep", "60")
        while try scratch.swarm("run", "status", "--run-id", "slow").exitCode != 0 {}
        for reference in ["run:slow", "slow"] {
            let run = try scratch.swarm("show", reference, "--json")
            #expect(run.exitCode == 2 && run.errorCode == "NODE_UNKNOWN")
            #expect(run.json["error"]?["message"]?.text == "the run 'slow' has no node: it is running", "\(run)")
            #expect(run.json["error"]?["hint"]?.text?.contains("swarm run watch --run-id slow") == true, "\(run)")
        }
        try scratch.swarm("run", "cancel", "--run-id", "slow")
        _ = try started.wait()
        let failed = try scratch.swarm("run", "launch", "--run-id", "none", "--discard-failed", "--", "false")
        #expect(failed.exitCode == 7)
        let run = try scratch.swarm("show", "run:none", "--json")
        #expect(run.json["error"]?["message"]?.text == "the run 'none' has no node: it is failed", "\(run)")
    }
}
