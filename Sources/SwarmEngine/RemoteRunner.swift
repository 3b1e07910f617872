package import Sigstore
package import SwarmBackend
package import SwarmCapability
package import SwarmContracts
internal import SwarmPlatform
internal import SwarmState

/// What a remote run needs beside the step's own options.
package struct RemoteRunOptions: Sendable {
    package var workflowRef: WorkflowRef
    /// The worker's public key.
    package var worker: RecipientPublicKey
    /// The branch or tag at which the caller's workflow is started; nil is the default branch.
    package var ref: String?
    package var runnerClass: RunnerClass
    /// Puts a bundle file where a worker can fetch it; nil where there is no such place.
    package var publish: (@Sendable (String) throws -> ParentSource)?

    package init(
        workflowRef: WorkflowRef,
        worker: RecipientPublicKey,
        ref: String? = nil,
        runnerClass: RunnerClass = .githubHosted
    ) {
        self.workflowRef = workflowRef
        self.worker = worker
        self.ref = ref
        self.runnerClass = runnerClass
    }
}

/// Whose signature on an attestation counts.
package struct RemoteTrust: Sendable {
    package var roots: [TrustedRoot]
    /// The host in a signer's name: `github.com`.
    package var host: String
    package var issuer: String
    /// Takes the node without a verified attestation, and marks it for ever.
    package var skipsAttestation: Bool

    package init(roots: [TrustedRoot], host: String, issuer: String, skipsAttestation: Bool) {
        self.roots = roots
        self.host = host
        self.issuer = issuer
        self.skipsAttestation = skipsAttestation
    }
}

/// What a remote run tells while it goes on.
package enum RemoteNote: Sendable {
    case prepared(RunID, parent: NodeID, commit: String?)
    case dispatched(RunID, RemoteHandle)
    case found(RunID, RemoteHandle)
    case status(RunID, RemoteStatus)
    case collecting(RunID)
    case warning(String)
}

/// Whoever watches remote runs. May be called from many threads.
package protocol RemoteObserver: Sendable {
    func note(_ note: RemoteNote)
}

/// One run on a backend, from the parent node to the verified child. Each door continues where the ledger stands.
package final class RemoteRunner: Sendable {
    let store: Store
    let backend: any Backend
    let pacer: any Pacer
    let observer: any RemoteObserver

    package init(store: Store, backend: any Backend, pacer: any Pacer, observer: any RemoteObserver) {
        self.store = store
        self.backend = backend
        self.pacer = pacer
        self.observer = observer
    }

    // MARK: - Dispatch

    /// Fixes a run and gives the ledger that `dispatch` would begin with; nothing is written or sent.
    package func prepare(_ options: RunOptions, _ remote: RemoteRunOptions, host: HostContext, id: RunID) throws
        -> RemoteLedger
    {
        var options = options
        let source: ParentSource
        var ref = remote.ref
        var checkpoint = ""
        let parent =
            try options.node.map(store.resolve)
            ?? (options.operation == .launch ? store.rootNode() : store.resolve("@"))
        if try parent == store.rootNode(), options.operation == .launch {
            let checkout = try backend.checkout(ref: remote.ref)
            source = .checkout(commit: checkout.commit)
            ref = checkout.ref
        } else {
            do {
                (source, checkpoint) = try store.remoteSource(of: parent, place: backend.place, now: pacer.now())
            } catch let failure as RemoteRunFailure {
                guard case .noBundle = failure, let publish = remote.publish else { throw failure }
                source = try store.published(parent, publish)
            }
        }
        options.node = parent.description
        let preparation = try store.prepareRemote(
            options,
            host: host,
            worker: remote.worker,
            workflowRef: remote.workflowRef.description,
            source: source,
            runnerClass: remote.runnerClass,
            id: id
        )
        if case .checkout(let commit) = source {
            observer.note(.prepared(id, parent: preparation.parent, commit: commit))
        } else {
            observer.note(.prepared(id, parent: preparation.parent, commit: nil))
        }
        return RemoteLedger(
            backend: backend.name,
            place: backend.place,
            order: DispatchOrder(
                runID: id,
                requestID: preparation.requestID,
                ref: ref,
                commit: remote.workflowRef.commit,
                routeMode: preparation.policy.routeMode,
                checkpoint: checkpoint,
                request: preparation.sealedRequest,
                createdAt: pacer.now()
            ),
            expectation: preparation.expectation,
            policy: preparation.policy
        )
    }

    /// Reserves the id and sends the run. The same request again continues; another request under a taken id is exit 2.
    package func dispatch(_ prepared: RemoteLedger) throws -> RemoteLedger {
        let id = prepared.order.runID
        try Files.makeFolder(store.layout.run(id).path, mode: 0o700)
        let lock = try locked(id)
        defer { lock.release() }
        var ledger = try store.remoteLedger(id) ?? prepared
        switch try store.index.reserveRun(
            id.description,
            requestHash: prepared.expectation.requestHash,
            operation: prepared.expectation.child.operation.rawValue,
            parent: prepared.expectation.parentNodeID,
            now: pacer.now()
        ) {
        case .reserved: break
        case .sameRequest:
            // An interrupted run of this machine has no ledger, and is no dispatch.
            guard try store.remoteLedger(id) != nil || RunLock.isHeld(store.layout.run(id)) == false else {
                throw EngineFailure.runIDRunning(id.description)
            }
        case .taken(let row):
            throw EngineFailure.runIDOtherRequest(id.description, status: try store.overview(row).state)
        }
        try check(ledger)
        try store.write(ledger)
        try send(&ledger)
        return ledger
    }

    /// Continues a dispatch that was begun: sends it, or finds what was sent.
    package func continueDispatch(_ id: RunID) throws -> RemoteLedger {
        var ledger = try store.requiredLedger(id)
        guard case .send = ledger.next else { return ledger }
        let lock = try locked(id)
        defer { lock.release() }
        ledger = try store.requiredLedger(id)
        try check(ledger)
        try send(&ledger)
        return ledger
    }

    private func send(_ ledger: inout RemoteLedger) throws {
        guard case .send(let mayExist) = ledger.next else { return }
        let id = ledger.order.runID
        ledger.take(.sending)
        try store.write(ledger)
        do {
            let handle = try backend.dispatch(ledger.order, mayExist: mayExist)
            ledger.take(.sent(handle))
            try store.write(ledger)
            observer.note(.dispatched(id, handle))
        } catch {
            // What was surely never taken leaves no trace, and its id may be used again.
            if !mayExist, let failure = error as? any Failure, !failure.retryable, failure.category != .interrupted {
                try? Files.remove(store.layout.run(id).ledger)
                try? store.index.removeRun(id.description)
            }
            throw error
        }
    }

    private func locked(_ id: RunID) throws -> FileLock {
        guard let lock = try FileLock.exclusiveIfFree(store.layout.run(id).ledgerLock) else {
            throw RemoteRunFailure.busy(id.description)
        }
        return lock
    }

    private func check(_ ledger: RemoteLedger) throws {
        guard ledger.place == backend.place else {
            throw RemoteRunFailure.otherPlace(
                run: ledger.order.runID.description,
                place: ledger.place,
                now: backend.place
            )
        }
    }

    // MARK: - Watching

    /// One look; the ledger learns from it.
    package func look(_ id: RunID) throws -> (RemoteLedger, RemoteStatus?) {
        var ledger = try store.requiredLedger(id)
        try check(ledger)
        guard ledger.next == .look, let handle = ledger.handle else { return (ledger, nil) }
        let status = try backend.look(handle)
        observer.note(.status(id, status))
        let before = ledger.state
        ledger.take(.seen(status.phase))
        if ledger.state != before { try store.write(ledger) }
        return (ledger, status)
    }

    /// Waits until the run has ended there. Sends it first where that is not certain. The pace goes from 1 s to `slowest`.
    package func watch(_ id: RunID, slowest: Int64 = 10) throws -> RemoteLedger {
        var ledger = try continueDispatch(id)
        var pace: Int64 = 1
        while ledger.next == .look {
            let before = ledger.state
            ledger = try look(id).0
            guard ledger.next == .look else { break }
            pace = ledger.state == before ? min(pace * 3 / 2 + 1, slowest) : 1
            try pacer.wait(milliseconds: pace * 1000)
        }
        return ledger
    }

    /// Gives the log that has come since the last call with the same cursor.
    package func log(_ id: RunID, _ cursor: inout LogCursor, into body: (String, [UInt8]) throws -> Void) throws {
        let ledger = try continueDispatch(id)
        try check(ledger)
        guard let handle = ledger.handle else { return cursor.isOpen = false }
        try backend.log(handle, &cursor, into: body)
    }

    /// Asks the run to end there. True where it was asked, false where it had ended before.
    package func cancel(_ id: RunID, force: Bool) throws -> Bool {
        var ledger = try store.requiredLedger(id)
        try check(ledger)
        if ledger.state == .prepared || ledger.state == .dispatching, let handle = try backend.find(ledger.order) {
            ledger.take(.sent(handle))
            try store.write(ledger)
        }
        guard let handle = ledger.handle, !ledger.state.isAtRest, ledger.state != .finished else { return false }
        return try backend.cancel(handle, force: force)
    }

    // MARK: - Collecting

    /// Fetches and judges what the run left. A second call answers the same; one after a refusal tries again. Throws where
    /// the run goes on, and where something is missing or does not hold: no node comes of it then.
    package func collect(_ id: RunID, _ trust: RemoteTrust) throws -> RunReport {
        _ = try continueDispatch(id)
        var ledger = try look(id).0
        if ledger.state == .ended, let problem = ledger.problem {
            throw RemoteRunFailure.ended(run: id.description, code: problem.code, message: problem.message)
        }
        if ledger.state == .collected {
            // The documents that were verified are the run's own now.
            return try store.collectRemote(
                ledger.expectation,
                from: store.layout.run(id).path,
                attestation: nil,
                skipsAttestation: true
            )
        }
        guard ledger.state == .finished || ledger.state == .failedVerification, let handle = ledger.handle
        else { throw RemoteRunFailure.notCollected(run: id.description, state: ledger.state.rawValue) }
        let lock = try locked(id)
        defer { lock.release() }
        observer.note(.collecting(id))
        let temporary = try TemporaryFolder.make(in: store.layout.tmp)
        defer { temporary.remove() }
        let folder = temporary.path + "/files"
        try Files.makeFolder(folder, mode: 0o700)
        do {
            let files = try backend.collect(handle, run: id, into: folder)
            let report = try store.collectRemote(
                ledger.expectation,
                from: folder,
                attestation: try evidence(files, ledger, trust),
                skipsAttestation: trust.skipsAttestation
            )
            ledger.expiresAt = files.expiresAt
            let file = folder + "/bundle.tar"
            // A bundle since the parent is of no use to a worker that has not the parent.
            if Files.kind(file) == .regular, ledger.expectation.bundle == .full {
                ledger.bundle = (files.bundleLocator, try FileHash.sha256(file))
            }
            ledger.take(.collected(unverified: trust.skipsAttestation))
            try store.write(ledger)
            return report
        } catch let failure as any Failure where failure.category == .verification {
            let aside = try keepAside(folder, id)
            ledger.take(.refused(code: failure.code, message: failure.message, aside: aside))
            try store.write(ledger)
            observer.note(.warning("what came back is kept in \(aside)"))
            throw failure
        } catch let failure as any Failure where failure.code.hasPrefix("GH_RUN_") && !failure.retryable {
            try end(&ledger, failure)
            throw failure
        }
    }

    private func evidence(_ files: RemoteFiles, _ ledger: RemoteLedger, _ trust: RemoteTrust) throws
        -> AttestationEvidence?
    {
        if trust.skipsAttestation { return nil }
        let beside = files.folder + "/attestation.sigstore.json"
        let bundles: [UInt8]
        if Files.kind(beside) == .regular {
            bundles = try Files.read(beside, limit: 32 << 20)
        } else if !files.attestations.isEmpty {
            bundles = Array(files.attestations.joined(separator: [UInt8(ascii: "\n")]))
        } else {
            return nil
        }
        guard !trust.roots.isEmpty else { throw RemoteRunFailure.trustedRootMissing }
        guard let invocation = files.invocation else { return nil }
        return try AttestationEvidence.gitHub(
            bundles: bundles,
            roots: trust.roots,
            expecting: ledger.expectation,
            runURL: invocation,
            host: trust.host,
            issuer: trust.issuer,
            time: pacer.now()
        )
    }

    /// Moves what came back out of the way of the graph; gives the folder.
    private func keepAside(_ folder: String, _ id: RunID) throws -> String {
        let rejected = store.layout.run(id).rejected
        try Files.makeFolder(rejected, mode: 0o700)
        var number = 1
        while Files.kind("\(rejected)/\(number)") != nil { number += 1 }
        try Files.move(folder, to: "\(rejected)/\(number)")
        return "\(rejected)/\(number)"
    }

    /// A run that left nothing ends in the index too, so that it is nobody's to wait for.
    private func end(_ ledger: inout RemoteLedger, _ failure: any Failure) throws {
        let id = ledger.order.runID
        let expectation = ledger.expectation
        let status: RunStatus = ledger.conclusion == .cancelled ? .cancelled : .failed
        let result = ResultDocument(
            runID: id,
            status: status,
            operation: expectation.child.operation,
            nodeID: nil,
            parentNodeID: expectation.parentNodeID,
            stateID: nil,
            restoreMode: .checkpoint,
            restoreFallbackReason: nil,
            bundleRef: nil,
            bundleSHA256: nil,
            certificateRef: nil,
            artifactHash: nil
        )
        let documents = RunDocuments(
            certificate: nil,
            result: result.canonicalBytes,
            nextTokens: nil,
            policy: ledger.policy.canonicalBytes,
            attestation: nil,
            status: status,
            requestHash: expectation.requestHash,
            artifactHash: nil
        )
        try store.write(documents, of: id)
        let now = pacer.now()
        var telemetry = Telemetry(
            operation: expectation.child.operation,
            started: ledger.order.createdAt,
            finished: now
        )
        telemetry.command = expectation.command
        try telemetry.write(to: store.layout.run(id))
        var commit = RunCommit(
            runID: id.description,
            status: RunState(status),
            operation: expectation.child.operation.rawValue,
            requestHash: expectation.requestHash,
            parent: expectation.parentNodeID,
            finishedAt: now
        )
        let summary: JSONValue = ["command": .string(expectation.command), "error": .string(failure.code)]
        commit.summary = String(decoding: CanonicalJSON.encode(summary), as: UTF8.self)
        _ = try store.index.commit(commit)
        ledger.take(.ended(code: failure.code, message: failure.message))
        try store.write(ledger)
    }
}
