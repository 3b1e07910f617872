internal import SwarmBackend
internal import SwarmBackendGitHub
internal import SwarmContracts
internal import SwarmEngine
internal import SwarmPlatform
internal import SwarmSandbox

/// A step from the command line that a backend carries: `run launch|resume --backend github`, `backend github dispatch`.
struct RemoteStep {
    let context: Context
    let step: StepOptions
    let operation: Operation

    func perform() throws -> Int32 {
        let options = try step.options(operation)
        let store = try context.store()
        let wiring = GitHubWiring(context: context)
        return try wiring.session { try carry(options, store, wiring, $0, $1) }
    }

    private func carry(
        _ options: RunOptions,
        _ store: Store,
        _ wiring: GitHubWiring,
        _ backend: GitHubBackend,
        _ display: RemoteDisplay
    ) throws -> Int32 {
        var remote = try wiring.options(
            workflowRef: step.rules.workflowRef,
            ref: step.ref,
            store,
            backend
        )
        let trust = try wiring.trust(backend, skipsVerification: step.skipVerifyCert)
        if trust.roots.isEmpty, !trust.skipsAttestation, step.wait { throw RemoteRunFailure.trustedRootMissing }
        let id = try options.runID.map { try RunID($0) } ?? RunID("run-" + Hex.encode(Randomness.bytes(5)))
        let runner = wiring.runner(store, backend, display)
        // Nothing is put anywhere for a look.
        if step.dryRun, remote.publish != nil {
            remote.publish = { _ in .url("https://published.invalid/", sha256: nil) }
        }
        let prepared = try runner.prepare(options, remote, host: try context.host(), id: id)
        if step.dryRun { return show(prepared.ledger, backend) }
        let report: RunReport
        do {
            _ = try runner.dispatch(prepared)
            guard step.wait else { return dispatched(id, store) }
            _ = try runner.watch(id)
            report = try runner.collect(id, trust)
        } catch let failure as WaitFailure {
            throw StoppedWait(failure: failure, run: id, again: "the same command with --run-id \(id) continues")
        }
        display.end()
        let code = RunOutput(console: context.console, backend: "github").show(report, signal: nil)
        return context.copyDocuments(of: id, in: store, to: options.out, after: code)
    }

    private func dispatched(_ id: RunID, _ store: Store) -> Int32 {
        if context.console.json {
            if let overview = try? store.overview(id) { context.console.write(RunStatusCommand.value(overview, store)) }
        } else {
            context.console.write("\(id)\n")
            context.console.say(
                "`swarm run watch --run-id \(id)` waits for it, `swarm backend github collect --run-id \(id)` takes it in"
            )
        }
        return 0
    }

    /// The request as it would go out, the sealed part masked: whoever sees it cannot open it, and need not have it.
    private func show(_ ledger: RemoteLedger, _ backend: GitHubBackend) -> Int32 {
        guard case .object(var inputs) = GitHubBackend.inputs(ledger.order) else { return 1 }
        inputs["request"] = .string("(sealed, \(ledger.order.request.utf8.count) characters)")
        let request: JSONValue = [
            "method": "POST", "url": .string(backend.dispatchURL),
            "body": ["ref": JSONValue(ledger.order.ref), "inputs": .object(inputs), "return_run_details": true],
            "policy": ledger.policy.value, "parent_node_id": .string(ledger.expectation.parentNodeID.description),
            "workflow_ref": .string(ledger.expectation.workflowRef),
        ]
        if context.console.json {
            context.console.write(request)
        } else {
            context.console.write(PrettyJSON.text(request))
        }
        return 0
    }
}

/// The end of a remote run that is already in the index, or that left nothing.
struct RemoteEnd {
    let context: Context

    /// Shows how it stands; the exit code is that of its end.
    func show(_ id: RunID, _ store: Store) throws -> Int32 {
        let overview = try store.overview(id)
        if context.console.json {
            context.console.write(RunStatusCommand.value(overview, store))
        } else {
            let problem = overview.remote?.problem.map { ": \($0.message) [\($0.code)]" } ?? ""
            context.console.say("\(id) is \(overview.state)\(problem)")
        }
        if overview.state == "interrupted" {
            context.console.say("`swarm run recover --run-id \(id)` makes a node of what it left")
        }
        return RemoteEnd.exitCode(overview)
    }

    /// 0 where it succeeded; where it failed that of what it failed of, as the run itself gave it; 7 where it was interrupted, as
    /// once it is recovered; 130 where it was cancelled; of a run that has ended there and made no node here, by its
    /// conclusion, before a collect and after; 3 where what came back does not hold.
    static func exitCode(_ overview: RunOverview) -> Int32 {
        switch (overview.remote?.state, overview.state) {
        case (.failedVerification, _): return FailureCategory.verification.exitCode
        case (.finished, _), (.ended, _):
            switch overview.remote?.conclusion {
            case .success: return 0
            case .failure: return FailureCategory.step.exitCode
            case .cancelled: return FailureCategory.interrupted.exitCode
            default: return FailureCategory.backend.exitCode
            }
        case (_, "failed"), (_, "interrupted"): return overview.failureCategory.exitCode
        case (_, "cancelled"): return FailureCategory.interrupted.exitCode
        default: return 0
        }
    }
}
