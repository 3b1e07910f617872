import SwarmContracts
import SwarmPlatform
import SwarmTestSupport
import Testing

@Suite("A reader of a step's output that stops reading")
struct StalledReaderTests {
    /// Reads nothing before swarm has ended, whose exit code it leaves in a file.
    private func stalled(_ scratch: Scratch, _ arguments: String, _ meanwhile: String = ":") throws -> String {
        let run = try scratch.shell(
            """
            { timeout -s KILL 300 \(ProgramRun.swarm) run launch --run-id r \(arguments); echo $? > ../code; } |
                { \(meanwhile); until [ -e ../code ]; do sleep 0.05; done; cat > /dev/null; }
            """
        )
        #expect(run.exitCode == 0, "\(run)")
        return try scratch.read("../code").filter { $0 != "\n" }
    }

    private let flood = "sh -c 'head -c 9000000 /dev/zero; sleep 600'"

    @Test("does not switch off the time limit", arguments: ["strict", "none"])
    func timeLimit(level: String) throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        let start = Clock.monotonic()
        #expect(try stalled(scratch, "--timeout-secs 1 --sandbox \(level) -- \(flood)") == "6")
        #expect(Clock.monotonic() - start < 120_000_000_000)
        let status = try scratch.swarm("run", "status", "--run-id", "r", "--json")
        #expect(status.json["status"]?.text == "failed", "\(status)")
    }

    @Test("does not switch off `run cancel`, and the log has what was not shown")
    func cancel() throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        let flags = scratch.folder + "/flags"
        try Files.makeFolder(flags)
        let cancel = "until [ -e \(flags)/written ]; do sleep 0.05; done; \(ProgramRun.swarm) run cancel --run-id r"
        let step = "head -c 300000 /dev/zero; touch \(flags)/written; sleep 600"
        #expect(try stalled(scratch, "--allow-write \(flags) -- sh -c '\(step)'", cancel) == "143")
        let status = try scratch.swarm("run", "status", "--run-id", "r", "--json")
        #expect(status.json["status"]?.text == "cancelled", "\(status)")
        #expect(try scratch.shell("\(ProgramRun.swarm) run logs --run-id r | wc -c").text == "300000\n")
    }

    @Test("gets all of it, in order, where it only takes its time")
    func slow() throws {
        let scratch = try Scratch()
        try scratch.swarm("init")
        let run = try scratch.shell(
            """
            \(ProgramRun.swarm) run launch -- seq 1 1500000 | { sleep 3; cmp - ../all && echo same; } &
            seq 1 1500000 > ../all; wait $!
            """
        )
        #expect(run.text == "same\n", "\(run)")
    }
}
