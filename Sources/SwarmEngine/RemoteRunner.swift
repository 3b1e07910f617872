package import SwarmBackend
internal import SwarmCapability
package import SwarmContracts
internal import SwarmPlatform
internal import SwarmState

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

    /// Fixes a run, which `dispatch` then sends; nothing is written or sent.
    package func prepare(_ options: RunOptions, _ remote: RemoteRunOptions, host: HostContext, id: RunID) throws
        -> PreparedRun
    {
        try prepare(options, remote, from: start(options, remote), host: host, id: id)
    }

    /// Finds out where runs with these options begin; where no worker could fetch the parent's bundle, publishes it.
    func start(_ options: RunOptions, _ remote: RemoteRunOptions) throws -> RemoteStart {
        let root = try store.rootNode()
        let parent = try options.node.map(store.resolve) ?? (options.operation == .launch ? root : store.resolve("@"))
        if parent == root, options.operation == .launch {
            let checkout = try backend.checkout(ref: remote.ref)
            return RemoteStart(
                parent: parent,
                source: .checkout(commit: checkout.commit),
                ref: checkout.ref,
                checkpoint: ""
            )
        }
        do {
            let (source, checkpoint) = try store.remoteSource(of: parent, place: backend.place, now: pacer.now())
            return RemoteStart(parent: parent, source: source, ref: remote.ref, checkpoint: checkpoint)
        } catch let failure as RemoteRunFailure {
            guard case .noBundle = failure, let publish = remote.publish else { throw failure }
            let source = try store.published(parent, publish)
            return RemoteStart(parent: parent, source: source, ref: remote.ref, checkpoint: "")
        }
    }

    /// The same from a beginning that is known.
    func prepare(
        _ options: RunOptions,
        _ remote: RemoteRunOptions,
        from start: RemoteStart,
        host: HostContext,
        id: RunID,
        branch: Label? = nil
    ) throws -> PreparedRun {
        var options = options
        options.node = start.parent.description
        let prepared = try prepared(remote) { [self, options] worker, workerKey in
            let preparation = try store.prepareRemote(
                options,
                host: host,
                worker: worker,
                workerKey: workerKey,
                workflowRef: remote.workflowRef.description,
                source: start.source,
                runnerClass: remote.runnerClass,
                id: id
            )
            return ledger(preparation, remote, start, branch)
        }
        if case .checkout(let commit) = start.source {
            observer.note(.prepared(id, parent: start.parent, commit: commit))
        } else {
            observer.note(.prepared(id, parent: start.parent, commit: nil))
        }
        return prepared
    }

    private func ledger(
        _ preparation: RemotePreparation,
        _ remote: RemoteRunOptions,
        _ start: RemoteStart,
        _ branch: Label?
    ) -> RemoteLedger {
        RemoteLedger(
            backend: backend.name,
            place: backend.place,
            order: DispatchOrder(
                runID: preparation.expectation.runID,
                requestID: preparation.requestID,
                ref: start.ref,
                commit: remote.workflowRef.commit,
                routeMode: preparation.policy.routeMode,
                checkpoint: start.checkpoint,
                request: preparation.sealedRequest,
                createdAt: pacer.now()
            ),
            expectation: preparation.expectation,
            policy: preparation.policy,
            branch: branch
        )
    }

    /// Reserves the id and sends the run. The same request again continues; another request under a taken id is exit 2. Throws
    /// the end of a run that ended and left nothing.
    package func dispatch(_ prepared: PreparedRun) throws -> RemoteLedger {
        let expectation = prepared.ledger.expectation
        let id = expectation.runID
        try Files.makeFolder(store.layout.run(id).path, mode: 0o700)
        let lock = try locked(id)
        defer { lock.release() }
        let known = try store.remoteLedger(id)
        // An interrupted run of this machine has no ledger, and is no dispatch; and an id that a pull is about to take is not
        // free.
        let runLock = known == nil ? try RunLock.take(store.layout.run(id), store.layout) : nil
        guard known != nil || runLock != nil else { throw EngineFailure.runIDRunning(id.description) }
        switch try store.index.reserveRun(
            id.description,
            requestHash: expectation.requestHash,
            operation: expectation.child.operation.rawValue,
            parent: expectation.parentNodeID,
            now: pacer.now()
        ) {
        case .reserved, .sameRequest: break
        case .taken(let row):
            throw EngineFailure.runIDOtherRequest(id.description, status: try store.overview(row).state)
        }
        runLock?.release()
        var ledger = if let known { known } else { try begun(prepared) }
        try check(ledger)
        if ledger.state == .ended, let problem = ledger.problem {
            throw RemoteRunFailure.ended(run: id.description, code: problem.code, message: problem.message)
        }
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
                if ledger.holdsKey { try? backend.takeBack(requestID: ledger.order.requestID) }
                try? Files.remove(store.layout.run(id).ledger)
                try? store.index.removeRun(id.description)
            }
            throw error
        }
    }

    func locked(_ id: RunID) throws -> FileLock {
        guard let lock = try FileLock.exclusiveIfFree(store.layout.run(id).ledgerLock) else {
            throw RemoteRunFailure.busy(id.description)
        }
        return lock
    }

    func check(_ ledger: RemoteLedger) throws {
        guard ledger.place == backend.place else {
            throw RemoteRunFailure.otherPlace(
                run: ledger.order.runID.description,
                place: ledger.place,
                now: backend.place
            )
        }
    }
}
