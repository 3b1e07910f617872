internal import SwarmContracts

/// What a worker told of its run beside the documents: nobody vouches for it, so it is only shown.
struct RemoteTelemetry {
    var durationMilliseconds: Int64 = 0
    var attempt = 1
    var warnings: [String] = []
    var workspaceMethod: String?
    var metrics: JSONValue?
    var cost: Double?
    var error: String?
    var changedFiles = 0
    var changedBytes: Int64 = 0

    init(_ value: JSONValue?) {
        guard let value else { return }
        durationMilliseconds = min(max(value["duration_ms"]?.integer ?? 0, 0), 1 << 40)
        attempt = Int(min(max(value["attempt"]?.integer ?? 1, 1), 1 << 20))
        warnings = (value["warnings"]?.elements ?? []).prefix(100).compactMap(\.text).filter { !$0.isEmpty }
            .map { Name.shown(String($0.prefix(500))) }
        workspaceMethod = value["workspace_method"]?.text.flatMap {
            ["overlay", "copy", "reflink"].contains($0) ? $0 : nil
        }
        if let metrics = value["metrics"], CanonicalJSON.encode(metrics).count <= 64 << 10 { self.metrics = metrics }
        cost = RunCost.dollars(value["cost_usd"]) ?? RunCost.of(metrics)
        error = value["error"]?.text
        changedFiles = Int(min(max(value["snapshot"]?["files_changed"]?.integer ?? 0, 0), 1 << 40))
        changedBytes = min(max(value["snapshot"]?["bytes"]?.integer ?? 0, 0), 1 << 50)
    }
}

extension RunReport {
    /// The report of a run that came back with a certificate.
    init(_ expectation: RemoteExpectation, _ execution: Certificate.Execution, _ told: RemoteTelemetry) {
        let id = expectation.runID.description
        let failure: EngineFailure? =
            switch execution.status {
            case .succeeded: nil
            case .cancelled: .stepCancelled(run: id, signal: 2)
            case .failed where told.error == "RUN_TIME_LIMIT":
                .timeLimit(run: id, seconds: Int(told.durationMilliseconds / 1000))
            case .failed: .stepFailed(run: id, exitCode: execution.exitCode, what: "")
            }
        self.init(
            runID: expectation.runID,
            operation: expectation.child.operation,
            status: execution.status,
            parent: expectation.parentNodeID,
            restoreMode: execution.restoreMode,
            routeMode: expectation.routeMode,
            exitCode: execution.exitCode,
            durationNanoseconds: told.durationMilliseconds * 1_000_000,
            attempts: told.attempt,
            moved: [],
            lost: [],
            warnings: told.warnings,
            refusals: [],
            workspaceMethod: told.workspaceMethod ?? "none",
            changedFiles: told.changedFiles,
            metrics: told.metrics,
            cost: told.cost,
            failure: failure
        )
    }

    /// The report of a run that came back without a node.
    init(_ expectation: RemoteExpectation, ended status: RunStatus) {
        let id = expectation.runID.description
        self.init(
            runID: expectation.runID,
            operation: expectation.child.operation,
            status: status,
            parent: expectation.parentNodeID,
            restoreMode: .checkpoint,
            routeMode: expectation.routeMode,
            exitCode: status == .cancelled ? 130 : 1,
            durationNanoseconds: 0,
            attempts: 1,
            moved: [],
            lost: [],
            warnings: [],
            refusals: [],
            workspaceMethod: "none",
            changedFiles: 0,
            metrics: nil,
            cost: nil,
            failure: status == .cancelled
                ? .stepCancelled(run: id, signal: 2) : .stepFailed(run: id, exitCode: 1, what: "did not begin")
        )
    }
}
