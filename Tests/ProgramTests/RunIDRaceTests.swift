import Glibc
import SwarmContracts
import SwarmTestSupport
import Testing

@Suite("A run id that two want")
struct RunIDRaceTests {
    @Test("no run begins under the id of a node that a pull is taking in", arguments: [SIGCONT, SIGKILL])
    func pull(signal: Int32) throws {
        let machines = try TwoMachines()
        try machines.first.shell("head -c 60000000 /dev/urandom > f")
        try machines.first.swarm(
            "run",
            "launch",
            "--run-id",
            "same",
            "--",
            "sh",
            "-c",
            "cat f f > g; head -c 40000000 /dev/urandom > h"
        )
        try #require(try machines.push(machines.first).exitCode == 0)
        try machines.second.write("own", "own\n")
        let program = try machines.second.start("pull", "--remote", machines.remote)
        // The node is past every look at its id, and its content is on the way.
        try waitFor { machines.second.has(".swarm/runs/same/lock") || !machines.second.has(".swarm/runs") }
        program.signal(SIGSTOP)
        let launch = try machines.second.swarm("run", "launch", "--run-id", "same", "--json", "--", "true")
        #expect(launch.json["error"]?["code"]?.text == "RUN_ID_RUNNING", "\(launch)")
        program.signal(signal)
        let pull = try program.wait()
        let again = try machines.second.swarm("run", "launch", "--run-id", "same", "--", "true")
        if signal == SIGCONT {
            #expect(pull.exitCode == 0, "\(pull)")
            #expect(again.exitCode == 2, "\(again)")
            #expect(!machines.second.has(".swarm/runs/same/lock"))
        } else {
            #expect(again.exitCode == 0, "\(again)")
            let late = try machines.pull(machines.second, "--json")
            #expect(late.text.contains("\"same\""), "\(late)")
        }
        #expect(try machines.second.swarm("verify", "chain", "run:same").exitCode == 0)
        let check = try machines.second.swarm("fsck")
        #expect(check.exitCode == 0, "\(check)")
    }
}
