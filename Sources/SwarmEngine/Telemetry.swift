package import SwarmContracts
internal import SwarmPlatform

/// What happened beside the deterministic documents: times, host, attempt, costs. Nothing hashes it.
package struct Telemetry: Sendable {
    package var operation: Operation
    /// Seconds since 1970.
    package var started: Int64
    package var finished: Int64
    package var durationNanoseconds: Int64 = 0
    /// The command as `log` shows it.
    package var command: String?
    /// Of a node that came from elsewhere, the swarm command that took it in: what its run did is not known here.
    package var takenInBy: String?
    package var attempt: Int = 1
    /// The branches that this run made or was to move: with them the index can be rebuilt.
    package var branches: [String] = []
    package var workspaceMethod: String?
    package var output: Int?
    package var warnings: [String] = []
    /// What the step wrote to SWARM_METRICS.
    package var metrics: JSONValue?
    /// What all attempts reported to have cost, in dollars; nil where none did.
    package var cost: Double?
    package var snapshot: JSONValue?
    /// The code of the failure that ended the run; nil where it did well.
    package var error: String?

    package init(operation: Operation, started: Int64, finished: Int64, branch: String? = nil) {
        self.operation = operation
        self.started = started
        self.finished = finished
        branches = branch.map { [$0] } ?? []
    }

    /// The document as it is written; `finished_order` is the moment of writing in microseconds.
    private var value: JSONValue {
        var members: [String: JSONValue] = [
            "schema_version": "agent_swarm-telemetry-v1", "operation": .string(operation.rawValue),
            "started_at_unix": .integer(started), "finished_at_unix": .integer(finished),
            "finished_order": .integer(Clock.now() / 1000), "command": JSONValue(command),
            "duration_ms": .integer(durationNanoseconds / 1_000_000), "attempt": .integer(Int64(attempt)),
            "branches": .array(branches.map(JSONValue.string)), "workspace_method": JSONValue(workspaceMethod),
            "output_bytes": JSONValue(output), "warnings": .array(warnings.map(JSONValue.string)),
        ]
        if let takenInBy { members["taken_in_by"] = .string(takenInBy) }
        if let metrics { members["metrics"] = metrics }
        if cost != nil { members["cost_usd"] = RunCost.value(cost) }
        if let snapshot { members["snapshot"] = snapshot }
        if let error { members["error"] = .string(error) }
        return .object(members)
    }

    func write(to folder: RunFolder) throws {
        try Files.makeFolder(folder.path, mode: 0o700)
        try Files.write(CanonicalJSON.encode(value), to: folder.telemetry, mode: 0o600, sync: false)
    }
}
