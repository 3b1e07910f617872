internal import ArgumentParser
internal import SwarmBackend
internal import SwarmContracts
internal import SwarmEngine
internal import SwarmPlatform
internal import SwarmState

struct RunStatusCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show how a run stands.",
        discussion: """
            The status is running, interrupted (its process is gone), succeeded, failed or cancelled; of a run on a backend \
            also dispatching, queued, finished (not collected yet), failed_verification. \
            What an interrupted run left comes back with `swarm run recover`.
            """
    )

    @OptionGroup var global: GlobalOptions

    @Option(help: ArgumentHelp("Id of the run.", valueName: "id"))
    var runID: String

    func perform(_ context: Context) throws -> Int32 {
        let store = try context.store()
        let overview = try store.overview(try RunID(stored: runID))
        let row = overview.row
        if context.console.json {
            context.console.write(RunStatusCommand.value(overview, store))
            return 0
        }
        var lines = [
            ("run", row.runID), ("status", overview.state), ("operation", row.operation),
            ("parent", row.parent?.description ?? "none"), ("node", row.node?.description ?? "none"),
        ]
        if let command = overview.command { lines.append(("command", PlainText.line(command))) }
        if let code = overview.exitCode { lines.append(("exit code", String(code))) }
        if let duration = overview.durationMilliseconds { lines.append(("duration", Quantity.duration(duration))) }
        if let remote = overview.remote {
            lines += [("backend", "\(remote.backend), \(remote.state.rawValue)"), ("place", remote.place)]
            if let url = remote.handle?.url { lines.append(("url", url)) }
            if let problem = remote.problem { lines.append(("problem", "\(problem.message) [\(problem.code)]")) }
            if let aside = remote.problem?.aside { lines.append(("kept aside", aside)) }
            if let end = remote.expiresAt {
                let left = end - Clock.nowSeconds()
                lines.append(("kept there", left > 0 ? "for \(left / 86_400) more days" : "no more: it has expired"))
            }
            if remote.isUnverified { lines.append(("unverified", "taken in without an attestation")) }
        }
        lines.append(("started", Quantity.ago(Clock.nowSeconds() - row.createdAt)))
        context.console.write(Table.pairs(lines))
        return 0
    }

    static func value(_ overview: RunOverview, _ store: Store) -> JSONValue {
        let row = overview.row
        let id = row.runID
        let hasNode = row.node != nil
        let result = (try? RunID(stored: id)).flatMap { try? store.result($0) }
        return [
            "cli_protocol": 1, "run_id": .string(id), "status": .string(overview.state),
            "operation": .string(row.operation),
            "restore_mode": JSONValue(result?.restoreMode.rawValue), "node_id": JSONValue(row.node?.description),
            "parent_node_id": JSONValue(row.parent?.description), "state_id": JSONValue(result?.stateID?.description),
            "certificate_ref": JSONValue(result?.certificateRef),
            "artifact_hash": JSONValue(result?.artifactHash?.description),
            "state_cap_next_ref": JSONValue(hasNode ? "swarm:run/\(id)#state_cap" : nil),
            "net_cap_next_ref": JSONValue(hasNode ? "swarm:run/\(id)#net_cap" : nil), "errors": [],
            "backend": .string(overview.remote?.backend ?? "local"), "remote": overview.remote?.shown ?? .null,
            "exit_code": JSONValue(overview.exitCode), "duration_ms": JSONValue(overview.durationMilliseconds),
            "command": JSONValue(overview.command), "created_at_unix": .integer(row.createdAt),
            "finished_at_unix": JSONValue(row.finishedAt),
        ]
    }
}
