internal import SwarmContracts
internal import SwarmEngine
internal import SwarmSandbox

/// The end of a run, as text or as the fixed JSON object.
struct RunOutput {
    let console: Console
    var told = ToldWarnings()
    var backend = "local"

    /// Shows the report; gives the exit code.
    func show(_ report: RunReport, signal: Int32?) -> Int32 {
        if console.json {
            console.write(RunOutput.value(report, backend: backend))
        } else {
            showText(report)
        }
        guard let failure = report.failure else { return 0 }
        if case .stepCancelled = failure { return 128 + (signal ?? 2) }
        return failure.category.exitCode
    }

    private func showText(_ report: RunReport) {
        for warning in report.warnings where !told.has(warning) { console.warn(warning) }
        for refusal in report.refusals {
            console.warn(refusal.message + (refusal.flag.map { " (allow it with \($0))" } ?? ""))
        }
        if let reason = report.restoreFallbackReason { console.warn("cold start: \(reason)") }
        if let failure = report.failure { console.report(failure) }
        if let node = report.node {
            let branches =
                report.moved.isEmpty
                ? "" : "; " + report.moved.map { "branch:\($0)" }.joined(separator: ", ") + " is here now"
            console.say("\(report.status.rawValue): \(node.short) (run:\(report.runID))\(branches)")
        } else {
            console.say("\(report.status.rawValue): run:\(report.runID), no node")
        }
        for branch in report.lost {
            console.warn("branch:\(branch) was moved by another run; this node is run:\(report.runID)")
        }
    }

    static func value(_ report: RunReport, backend: String) -> JSONValue {
        let hasNode = report.node != nil
        return [
            "cli_protocol": 1, "run_id": .string(report.runID.description), "status": .string(report.status.rawValue),
            "operation": .string(report.operation.rawValue), "restore_mode": .string(report.restoreMode.rawValue),
            "restore_fallback_reason": JSONValue(report.restoreFallbackReason),
            "certificate_ref": JSONValue(hasNode ? "local://runs/\(report.runID)/certificate.json" : nil),
            "artifact_hash": JSONValue(report.artifactHash?.description),
            "state_cap_next_ref": JSONValue(hasNode ? "swarm:run/\(report.runID)#state_cap" : nil),
            "net_cap_next_ref": JSONValue(hasNode ? "swarm:run/\(report.runID)#net_cap" : nil),
            "errors": .array(report.failure.map { [Console.errorBody($0)] } ?? []),
            "node_id": JSONValue(report.node?.description), "parent_node_id": .string(report.parent.description),
            "state_id": JSONValue(report.stateID?.description), "backend": .string(backend),
            "route_mode": .string(report.routeMode.rawValue), "exit_code": JSONValue(report.exitCode),
            "duration_ms": .integer(report.durationNanoseconds / 1_000_000), "attempts": JSONValue(report.attempts),
            "workspace_method": .string(report.workspaceMethod), "files_changed": JSONValue(report.changedFiles),
            "branches_moved": .array(report.moved.map(JSONValue.string)),
            "branches_lost": .array(report.lost.map(JSONValue.string)),
            "warnings": .array(report.warnings.map(JSONValue.string)), "metrics": report.metrics ?? .null,
            "cost_usd": RunCost.value(report.cost),
            "refusals": .array(
                report.refusals.map { ["message": .string($0.message), "flag": JSONValue($0.flag)] }
            ),
        ]
    }
}
