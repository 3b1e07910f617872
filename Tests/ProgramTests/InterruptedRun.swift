import Glibc
import SwarmContracts
import SwarmTestSupport

extension Scratch {
    /// Launches a step that prints `go`, calls `meanwhile` once it has, kills swarm, and waits until the run counts as
    /// interrupted.
    func launchAndKill(_ id: String, _ line: String, meanwhile: () throws -> Void = {}) throws {
        let program = try start("run", "launch", "--run-id", id, "--", "bash", "-c", line)
        try waitFor { (try? swarm("run", "logs", "--run-id", id).text.contains("go")) == true }
        try meanwhile()
        program.signal(SIGKILL)
        _ = try program.wait()
        try waitFor {
            (try? swarm("run", "status", "--run-id", id, "--json").json["status"]?.text) == "interrupted"
        }
    }
}
