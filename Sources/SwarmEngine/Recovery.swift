internal import SwarmCapability
package import SwarmContracts
internal import SwarmPlatform
internal import SwarmSandbox
internal import SwarmSnapshot
internal import SwarmState

extension Store {
    /// Snapshots what an interrupted run left: a node tagged `failed` and `recovered`. Throws exit 2 where the run is
    /// final, running or unknown, or left nothing
    /// that its step made.
    package func recover(_ id: RunID) throws -> RunReport {
        guard let row = try index.run(id.description) else { throw try unknownRun(id) }
        if row.status.isFinal { throw EngineFailure.runNotInterrupted(id.description, status: row.status.rawValue) }
        if let remote = try remoteLedger(id) {
            throw EngineFailure.runNotInterrupted(id.description, status: remote.state.rawValue)
        }
        let folder = layout.run(id)
        guard let lock = try RunLock.take(folder, layout) else {
            throw EngineFailure.runNotInterrupted(id.description, status: "running")
        }
        defer { lock.release() }
        // The run's own end must not come back once this has written other documents.
        try index.dropUnseenCommits()
        let temporary = try TemporaryFolder.make(in: layout.tmp)
        defer { temporary.remove() }
        let notBegun = EngineFailure.runNotInterrupted(id.description, status: "interrupted before its step began")
        guard Files.kind(folder.request) != nil, Files.kind(folder.begun) != nil else { throw notBegun }
        let note = try RecoveryNote(decoding: try NodeReading.bytes(folder.request), file: folder.request)
        let plan = try plan(of: note, id)
        let workspace: Workspace
        if Files.kind(folder.upper) == .directory {
            workspace = .overlay(lower: [], upper: folder.upper, work: folder.overlayWork)
        } else if Files.kind(folder.workspace) == .directory {
            workspace = .directory(folder.workspace)
        } else {
            throw notBegun
        }
        let source = try note.source.map(node) ?? plan.parent
        let collection = RunCollection(
            store: self,
            parent: plan.parent,
            source: source,
            sourceTimes: times(of: source),
            folder: folder,
            workspace: workspace,
            keep: plan.capsule.keep,
            masked: note.holdsSecrets ? nil : [],
            outputLimit: note.policy.limits.maxOutputBytes ?? StepAssembly.defaultOutput,
            stateStamp: nil,
            checkSandbox: note.sandbox
        )
        let ending = RunEnding(
            status: .failed,
            exitCode: 137,
            limitsEngine: "none",
            tags: ["failed", "recovered"],
            durationNanoseconds: 0,
            outputBytes: nil,
            refusals: [],
            failure: .stepFailed(run: id.description, exitCode: 137, what: "was interrupted"),
            coldStartReason: note.coldStartReason,
            method: "recovered",
            began: true
        )
        let finisher = RunFinisher(
            store: self,
            plan: plan,
            folder: folder,
            temporary: temporary,
            started: row.createdAt,
            attempt: 1,
            cost: RunCost.of(collection.metrics().0)
        )
        return try finisher.finish(ending, collection, warnings: note.warnings)
    }

    private func plan(of note: RecoveryNote, _ id: RunID) throws -> RunPlan {
        let parent = try node(note.request.parentNodeID)
        var options = RunOptions(operation: note.request.operation, command: .shell(note.command))
        options.sandbox = note.sandbox
        func identity(under root: RootSecret) -> StepIdentity {
            StepIdentity(
                keyID: root.keyID.description,
                parentNodeID: parent.id,
                operation: note.request.operation,
                name: .runID(id),
                ratchetStep: parent.step + 1
            )
        }
        // The root may have been rotated since the run began: the salt of its request tells under which it did.
        let root = try keyring.all.first { root in
            try readKey(of: identity(under: root)).requestSalt() == note.request.salt
        }
        let identity = identity(under: root ?? keyring.current)
        let capsule = PolicyCapsule(document: note.policy, read: [], write: [], keep: note.policy.files?.keep ?? [])
        return RunPlan(
            id: id,
            options: options,
            parent: parent,
            capsule: capsule,
            identity: identity,
            request: note.request,
            workflowRef: note.request.workflowRef,
            passed: []
        )
    }
}
