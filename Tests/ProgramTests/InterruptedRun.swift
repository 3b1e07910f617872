import Glibc
import SwarmContracts
import SwarmTestSupport
import Testing

extension Scratch {
    /// Launches a step that prints `go`, calls `meanwhile` once it has, kills swarm, and waits until the run counts as
    /// interrupted.
    func launchAndKill(_ id: String, _ line: String, flags: [String] = [], meanwhile: () throws -> Void = {}) throws {
        let program = try start(["run", "launch", "--run-id", id] + flags + ["--", "bash", "-c", line])
        try waitFor { (try? swarm("run", "logs", "--run-id", id).text.contains("go")) == true }
        try meanwhile()
        program.signal(SIGKILL)
        _ = try program.wait()
        var status: String?
        try waitFor {
            status = try? swarm("run", "status", "--run-id", id, "--json").json["status"]?.text
            return status == "interrupted" || status.flatMap(RunStatus.init(rawValue:)) != nil
        }
        try #require(status == "interrupted")
    }
}
