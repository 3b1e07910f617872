internal import SwarmContracts
internal import SwarmPlatform
internal import SwarmSandbox
internal import SwarmSnapshot
internal import SwarmState

#if canImport(Glibc)
internal import Glibc
#endif

/// Makes a node, or at least a result, of what a step left.
struct RunFinisher {
    let store: Store
    let plan: RunPlan
    let folder: RunFolder
    let temporary: TemporaryFolder
    let started: Int64
    let attempt: Int
    /// What all attempts reported; nil where none did.
    let cost: Double?

    /// Finishes a run whose step has ended.
    func finish(_ end: StepEnd, _ preparation: RunPreparation) throws -> RunReport {
        defer { preparation.cacheUse.release() }
        let ending = RunEnding(
            status: end.status,
            exitCode: Int(end.outcome?.exitCode ?? 130),
            limitsEngine: end.outcome?.limitsEngine.rawValue ?? "none",
            tags: end.status == .succeeded ? [] : [end.status.rawValue],
            durationNanoseconds: end.outcome?.durationNanoseconds ?? 0,
            outputBytes: end.outcome?.outputBytes,
            refusals: end.outcome?.refusals ?? [],
            failure: failure(of: end),
            coldStartReason: preparation.coldStartReason,
            method: preparation.method,
            began: end.outcome != nil
        )
        let collection = RunCollection(
            store: store,
            parent: plan.parent,
            source: preparation.source,
            sourceTimes: plan.ground.map { $0.times } ?? store.times(of: preparation.source),
            folder: folder,
            workspace: preparation.workspace,
            keep: plan.capsule.keep,
            masked: plan.masked(with: preparation.secrets),
            outputLimit: plan.capsule.document.limits.maxOutputBytes ?? StepAssembly.defaultOutput,
            stateStamp: preparation.stateStamp,
            checkSandbox: preparation.checkSandbox
        )
        return try finish(ending, collection, warnings: preparation.warnings + end.warnings)
    }

    private func failure(of end: StepEnd) -> EngineFailure? {
        let id = plan.id.description
        switch end.outcome?.ending {
        case nil, .cancelled: return .stepCancelled(run: id, signal: 2)
        case .timedOut: return .timeLimit(run: id, seconds: plan.capsule.document.limits.maxRuntimeSec)
        case .exited(0): return nil
        case .exited(let code): return .stepFailed(run: id, exitCode: Int(code), what: what(end))
        case .signalled(let signal):
            return .stepFailed(
                run: id,
                exitCode: 128 + Int(signal),
                what: what(end).isEmpty ? "was ended by signal \(signal)" : what(end)
            )
        }
    }

    private func what(_ end: StepEnd) -> String {
        end.outcome?.memoryLimitHit == true ? "ran into its memory limit" : ""
    }

    /// Snapshots, certifies and commits.
    func finish(_ ending: RunEnding, _ collection: RunCollection, warnings: [String]) throws -> RunReport {
        guard ending.began, ending.status == .succeeded || !plan.options.discardFailed else {
            return try discard(ending, collection.metrics().0, warnings: warnings)
        }
        var ending = ending
        var warnings = warnings
        let session = try WriteSession(store, temporary)
        defer { session.end() }
        let scan = try collection.snapshot(session)
        let home = try collection.home(session)
        let state: Content
        do {
            state = try collection.state(session)
        } catch let failure as any Failure where failure.category == .step {
            // Files are worth keeping even where the database is not: the node has its parent's.
            ending.fail(.stateDatabaseInvalid(failure.message))
            warnings.append("\(failure.message); the node keeps its parent's state database")
            state = collection.source.root.state
        }
        let (response, responseWarning) = try collection.response(session)
        let (metrics, metricsWarning) = collection.metrics()
        warnings += [responseWarning, metricsWarning].compactMap { $0 }
        warnings += scan.warnings.map(\.description) + (home?.warnings.map(\.description) ?? [])
        let packs = try session.finish()
        let draft = NodeDraft(
            identity: plan.identity,
            parent: plan.parent,
            root: SnapshotRoot(workspace: scan.tree, state: state, response: response, home: home?.tree),
            times: isAsParent(scan, collection) ? nil : scan.times,
            requestHash: plan.request.requestHash,
            policy: plan.capsule.bytes,
            routeMode: plan.capsule.document.routeMode,
            workflowRef: plan.workflowRef,
            place: plan.place,
            execution: execution(ending),
            tags: ending.tags,
            coldStartReason: ending.coldStartReason
        )
        let documents = try store.certify(draft, fresh: packs)
        try refuseLostID()
        try store.write(documents, temporary: temporary)
        let finished = Clock.nowSeconds()
        var commit = documents.commit(parent: plan.parent.id, packs: packs, at: finished)
        commit.moves = ending.status == .succeeded ? try moves(to: documents.id) : []
        commit.summary = summary(ending, metrics)
        var telemetry = Telemetry(operation: plan.options.operation, started: started, finished: finished)
        telemetry.durationNanoseconds = ending.durationNanoseconds
        telemetry.attempt = attempt
        telemetry.command = RunSummary.command(plan.options)
        telemetry.workspaceMethod = ending.method
        telemetry.output = ending.outputBytes
        telemetry.warnings = warnings
        telemetry.metrics = metrics
        telemetry.cost = cost
        telemetry.snapshot = ["files_changed": JSONValue(scan.changedFiles), "bytes": JSONValue(scan.bytes)]
        telemetry.error = ending.failure?.code
        telemetry.branches = commit.moves.map { $0.label.description }
        try telemetry.write(to: folder)
        let result = try store.index.commit(commit)
        if ending.status == .succeeded, case .overlay(_, let upper, _) = collection.workspace, scan.isComplete,
            ending.coldStartReason == nil
        {
            TreeCache(store: store).adopt(upper: upper, as: documents.id, over: plan.parent, temporary: temporary)
        }
        FolderRemoval.remove(folder.work)
        return report(ending, documents, result, scan, metrics, warnings)
    }

    /// Before anything is written under the run's id: throws exit 2 where that is another run's now.
    private func refuseLostID() throws {
        guard let row = try store.index.run(plan.id.description),
            row.status.isFinal || row.requestHash != plan.request.requestHash
        else { return }
        throw EngineFailure.runIDTaken(plan.id.description, status: row.status.rawValue)
    }

    /// Whether tree and times are the parent's, which then keeps the times for both.
    private func isAsParent(_ scan: SnapshotResult, _ collection: RunCollection) -> Bool {
        collection.source.id == plan.parent.id && scan.tree.t == plan.parent.root.workspace.t
            && scan.times == collection.sourceTimes
    }

    /// A run that leaves no node: cancelled before it began, or its failure is to be discarded.
    private func discard(_ ending: RunEnding, _ metrics: JSONValue?, warnings: [String]) throws -> RunReport {
        let result = ResultDocument(
            runID: plan.id,
            status: ending.status,
            operation: plan.options.operation,
            nodeID: nil,
            parentNodeID: plan.parent.id,
            stateID: nil,
            restoreMode: ending.restoreMode,
            restoreFallbackReason: ending.coldStartReason,
            bundleRef: nil,
            bundleSHA256: nil,
            certificateRef: nil,
            artifactHash: nil
        )
        let documents = RunDocuments(
            certificate: nil,
            result: result.canonicalBytes,
            nextTokens: nil,
            policy: plan.capsule.bytes,
            attestation: nil,
            status: ending.status,
            requestHash: plan.request.requestHash,
            artifactHash: nil
        )
        try refuseLostID()
        try store.write(documents, of: plan.id)
        let finished = Clock.nowSeconds()
        var telemetry = Telemetry(operation: plan.options.operation, started: started, finished: finished)
        telemetry.durationNanoseconds = ending.durationNanoseconds
        telemetry.attempt = attempt
        telemetry.command = RunSummary.command(plan.options)
        telemetry.warnings = warnings
        telemetry.cost = cost
        telemetry.error = ending.failure?.code
        try telemetry.write(to: folder)
        var commit = RunCommit(
            runID: plan.id.description,
            status: RunState(ending.status),
            operation: plan.options.operation.rawValue,
            requestHash: plan.request.requestHash,
            parent: plan.parent.id,
            finishedAt: finished
        )
        commit.summary = summary(ending, metrics)
        _ = try store.index.commit(commit)
        FolderRemoval.remove(folder.work)
        return report(ending, nil, nil, nil, metrics, warnings)
    }

    private func execution(_ ending: RunEnding) -> Certificate.Execution {
        let strict = plan.options.sandbox == .strict
        return Certificate.Execution(
            status: ending.status,
            exitCode: ending.exitCode,
            restoreMode: ending.restoreMode,
            sandbox: Certificate.Sandbox(engine: strict ? "bubblewrap" : "none", level: strict ? .strict : .none),
            limits: Certificate.Limits(engine: ending.limitsEngine),
            route: Certificate.Route(
                mode: plan.capsule.document.routeMode,
                evidenceSHA256: nil,
                directFallback: plan.options.allowDirectFallback
            ),
            workerKey: plan.place.workerKey
        )
    }

    /// A branch of a fan-out is made. Else those that stand at the parent move.
    private func moves(to node: NodeID) throws -> [RefMove] {
        if let branch = plan.branch { return [RefMove(label: branch, expected: .exactly(nil), to: node)] }
        return try store.moves(to: node, from: plan.parent.id, plan.parent.operation, by: plan.options.operation)
    }

    private func summary(_ ending: RunEnding, _ metrics: JSONValue?) -> String {
        let value: JSONValue = [
            "exit_code": JSONValue(ending.exitCode), "duration_ms": .integer(ending.durationNanoseconds / 1_000_000),
            "command": .string(RunSummary.command(plan.options)), "metrics": metrics ?? .null,
            "cost_usd": RunCost.value(cost), "error": JSONValue(ending.failure?.code),
        ]
        return String(decoding: CanonicalJSON.encode(value), as: UTF8.self)
    }

    private func report(
        _ ending: RunEnding,
        _ documents: NodeDocuments?,
        _ result: CommitResult?,
        _ scan: SnapshotResult?,
        _ metrics: JSONValue?,
        _ warnings: [String]
    ) -> RunReport {
        RunReport(
            runID: plan.id,
            operation: plan.options.operation,
            status: ending.status,
            parent: plan.parent.id,
            node: documents?.id,
            stateID: documents?.stateID,
            artifactHash: documents?.run?.artifactHash,
            restoreMode: ending.restoreMode,
            restoreFallbackReason: ending.coldStartReason,
            routeMode: plan.capsule.document.routeMode,
            exitCode: ending.exitCode,
            durationNanoseconds: ending.durationNanoseconds,
            attempts: attempt,
            moved: result?.moves.filter(\.moved).map(\.label.description) ?? [],
            lost: result?.moves.filter { !$0.moved }.map(\.label.description) ?? [],
            warnings: warnings,
            refusals: ending.refusals,
            workspaceMethod: ending.method,
            changedFiles: scan?.changedFiles ?? 0,
            metrics: metrics,
            cost: cost,
            failure: ending.failure
        )
    }
}

extension Store {
    /// What a success moves: a launch from root sets `main`, and a run from a branch's tip moves that branch, if nobody has
    /// moved it since.
    func moves(to node: NodeID, from parent: NodeID, _ origin: Operation, by operation: Operation) throws -> [RefMove] {
        var moves = try index.branches(at: parent).map {
            RefMove(label: $0, expected: .exactly(parent), to: node)
        }
        if operation == .launch, origin == .import || origin == .initial {
            let main = try Label("main")
            moves.removeAll { $0.label == main }
            moves.append(RefMove(label: main, expected: .whatever, to: node))
        }
        return moves
    }
}

/// How a run ended, whoever found out: the run itself or a recovery.
struct RunEnding {
    var status: RunStatus
    var exitCode: Int
    var limitsEngine: String
    var tags: [String]
    var durationNanoseconds: Int64
    var outputBytes: Int?
    var refusals: [RefusalHint]
    var failure: EngineFailure?
    var coldStartReason: String?
    var method: String
    /// Whether the step ever began.
    var began: Bool

    var restoreMode: RestoreMode { coldStartReason == nil ? .checkpoint : .coldStart }

    mutating func fail(_ failure: EngineFailure) {
        guard status == .succeeded else { return }
        status = .failed
        tags = ["failed"]
        self.failure = failure
    }
}

/// What the index keeps of a run for `log` and `status`.
package enum RunSummary {
    /// The command as a person typed it, at most 200 characters of it.
    static func command(_ options: RunOptions) -> String {
        let text: String
        switch options.command {
        case .shell(let line): text = line
        case .arguments(let words): text = words.map(quoted).joined(separator: " ")
        }
        return text.count <= 200 ? text : text.prefix(197) + "..."
    }

    private static func quoted(_ word: String) -> String {
        let plain = word.unicodeScalars.allSatisfy { scalar in
            scalar.properties.isAlphabetic || scalar.properties.numericType != nil
                || "_-./=:,@%+".unicodeScalars.contains(scalar)
        }
        return plain && !word.isEmpty
            ? word : "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
