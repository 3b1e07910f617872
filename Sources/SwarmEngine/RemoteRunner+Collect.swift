internal import SwarmBackend
package import SwarmContracts
internal import SwarmPlatform
internal import SwarmState

/// The end of a run there: what it left is judged, and its node taken in.
extension RemoteRunner {
    /// Fetches and judges what the run left. A second call answers the same; one after a refusal tries again. Throws where
    /// the run goes on, and where something is missing or does not hold: no node comes of it then.
    package func collect(_ id: RunID, _ trust: RemoteTrust) throws -> RunReport {
        _ = try continueDispatch(id)
        _ = try look(id)
        // Not before: a look takes the lock too.
        let lock = try locked(id)
        defer { lock.release() }
        var ledger = try store.requiredLedger(id)
        if let known = try store.concluded(id) { return known }
        guard ledger.state == .finished || ledger.state == .failedVerification, let handle = ledger.handle
        else { throw RemoteRunFailure.notCollected(run: id.description, state: ledger.state.rawValue) }
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
                skipsAttestation: trust.skipsAttestation,
                branch: ledger.branch
            )
            ledger.expiresAt = files.expiresAt
            let file = folder + "/bundle.tar"
            // A bundle since the parent is of no use to a worker that has not the parent.
            if Files.kind(file) == .regular, ledger.expectation.bundle == .full {
                ledger.bundle = (files.bundleLocator, try FileHash.sha256(file))
            }
            // By the node's own mark, which stays: an earlier collect may have made it, and died before this line.
            ledger.take(.collected(unverified: report.node.map(store.evidence.isUnverified) ?? false))
            try store.write(ledger)
            return report
        } catch let failure as any Failure
            where failure.category == .verification || failure.code.hasPrefix("ARTIFACT_MISSING_")
        {
            let aside = try keepAside(folder, id)
            ledger.take(.refused(code: failure.code, message: failure.message, aside: aside))
            try store.write(ledger)
            observer.note(.warning("what came back is kept in \(aside)"))
            throw failure
        } catch let failure as any Failure where failure.code.hasPrefix("GH_RUN_") && !failure.retryable {
            let event = RemoteEvent.ended(code: failure.code, message: failure.message)
            try end(&ledger, ledger.conclusion == .cancelled ? .cancelled : .failed, event, failure.code)
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

    /// A run that was cancelled before there was one there. The ledger's lock is held.
    func withdraw(_ ledger: inout RemoteLedger) throws {
        let failure = RemoteRunFailure.withdrawn(run: ledger.order.runID.description)
        let event = RemoteEvent.withdrawn(code: failure.code, message: failure.message)
        // First of all that nothing sends it any more.
        ledger.take(event)
        try store.write(ledger)
        try end(&ledger, .cancelled, event, failure.code)
    }

    /// A run that left nothing ends in the index too, so that it is nobody's to wait for.
    private func end(
        _ ledger: inout RemoteLedger,
        _ status: RunStatus,
        _ event: RemoteEvent,
        _ code: String
    ) throws {
        let id = ledger.order.runID
        let expectation = ledger.expectation
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
        try store.recordEnd(
            expectation,
            result,
            policy: ledger.policy.canonicalBytes,
            started: ledger.order.createdAt,
            finished: pacer.now(),
            error: code
        )
        ledger.take(event)
        try store.write(ledger)
    }
}

extension Store {
    /// The report of a run that was collected before; nil where a collect has something to do. Nothing is asked of the
    /// backend. Throws the run's end where it left nothing.
    package func concluded(_ id: RunID) throws -> RunReport? {
        let ledger = try requiredLedger(id)
        if ledger.state == .ended, let problem = ledger.problem {
            throw RemoteRunFailure.ended(run: id.description, code: problem.code, message: problem.message)
        }
        guard ledger.state == .collected else { return nil }
        // The documents that were verified are the run's own now.
        return try collectRemote(
            ledger.expectation,
            from: layout.run(id).path,
            attestation: nil,
            skipsAttestation: true
        )
    }
}
