internal import SwarmCapability
package import SwarmContracts
internal import SwarmPlatform
internal import SwarmSnapshot
internal import SwarmState

/// What a fork made.
package struct ForkReport: Sendable {
    package let node: NodeID
    package let parent: NodeID
    package let runID: RunID
    package let label: Label
    package let stateID: StateID
    package let artifactHash: Digest256
    package let durationNanoseconds: Int64
}

extension Store {
    /// Throws exit 2 for a label that no fork may make: `main`, a branch that is there, or the name of an earlier fork.
    func requireFree(_ label: Label) throws {
        if label.description == "main" { throw EngineFailure.labelReserved("main") }
        guard try index.branchTip(label) == nil, try index.node(forRun: RunID.fork(label).description) == nil else {
            throw EngineFailure.labelTaken(label.description)
        }
    }

    /// Makes a child of `parent` with its content and keys of its own, and the branch `label` at it. Costs the same
    /// whatever the size of the tree.
    package func fork(_ parent: NodeID, label: Label) throws -> ForkReport {
        let start = Clock.monotonic()
        try requireFree(label)
        let temporary = try TemporaryFolder.make(in: layout.tmp)
        defer { temporary.remove() }
        let opened = try node(parent)
        let runID = RunID.fork(label)
        let identity = StepIdentity(
            keyID: keyring.current.keyID.description,
            parentNodeID: parent,
            operation: .fork,
            name: .label(label),
            ratchetStep: opened.step + 1
        )
        let permit = try WritePermit(self)
        defer { permit.release() }
        var content = opened.root
        content.response = Content.empty
        let lock = try FileLock.exclusive(layout.runs + "/.fork.lock")
        defer { lock.release() }
        try requireFree(label)
        let draft = try license(
            identity,
            parent: opened,
            content: content,
            times: nil,
            policy: PolicyDocument.default
        )
        let documents = try certify(draft, fresh: [])
        try write(documents, temporary: temporary)
        let now = Clock.nowSeconds()
        try Telemetry(operation: .fork, started: now, finished: now, branch: label.description).write(
            to: layout.run(runID)
        )
        var commit = documents.commit(parent: parent, packs: [], at: now)
        commit.moves = [RefMove(label: label, expected: .exactly(nil), to: documents.id)]
        let outcome = try index.commit(commit)
        guard outcome.moves.allSatisfy(\.moved) else { throw EngineFailure.labelTaken(label.description) }
        return ForkReport(
            node: documents.id,
            parent: parent,
            runID: runID,
            label: label,
            stateID: documents.stateID,
            artifactHash: documents.run?.artifactHash ?? Digest256.zero,
            durationNanoseconds: Clock.monotonic() - start
        )
    }
}
