internal import BundleArchive
internal import SwarmCapability
package import SwarmContracts
internal import SwarmPlatform
internal import SwarmSnapshot
internal import SwarmState
internal import SwarmVerify

extension Store {
    /// Judges what came back of a remote run against what was dispatched, and takes its node in.
    ///
    /// `folder` holds `result.json`, `next_tokens.json`, `certificate.json`, `policy.json`, `bundle.tar`, and perhaps
    /// `telemetry.json`; the first four may lie in `documents/` of it. Any doubt throws: exit 4 where something is missing,
    /// exit 3 with the named check where something is wrong. Then nothing was taken in and `folder` is as it was.
    ///
    /// Asked again with the same certificate it answers the same; the first verified certificate of a run stays.
    /// `attestation` nil is refused, unless `skipsAttestation`: then the node is marked `unverified` for ever. A failed or
    /// cancelled step is a report with a `failure`.
    package func collectRemote(
        _ expectation: RemoteExpectation,
        from folder: String,
        attestation: AttestationEvidence?,
        skipsAttestation: Bool = false,
        branch: Label? = nil
    ) throws -> RunReport {
        let run = layout.run(expectation.runID)
        try Files.makeFolder(run.path, mode: 0o700)
        let lock = try FileLock.exclusive(run.path + "/collect.lock")
        defer { lock.release() }
        let temporary = try TemporaryFolder.make(in: layout.tmp)
        defer { temporary.remove() }
        let download = RemoteDownload(folder: folder)
        guard let result = download.document("result.json") else { throw RemoteFailure.artifactMissing("result") }
        guard let policy = download.document("policy.json") else { throw RemoteFailure.artifactMissing("policy") }
        if let certificate = download.document("certificate.json") {
            if let known = try collected(expectation, certificate) { return known }
            let collector = RemoteCollector(
                store: self,
                expectation: expectation,
                download: download,
                result: result,
                policy: policy,
                certificate: certificate,
                branch: branch,
                temporary: temporary
            )
            return try collector.collect(attestation, skipsAttestation: skipsAttestation)
        }
        return try collectEnd(expectation, result, policy, download)
    }

    /// The report of a run that was taken in before; nil where none was. Throws where it has another certificate.
    private func collected(_ expectation: RemoteExpectation, _ certificate: [UInt8]) throws -> RunReport? {
        guard let row = try index.run(expectation.runID.description), row.status.isFinal else { return nil }
        guard let node = row.node, (try? Files.read(layout.run(expectation.runID).certificate)) == certificate else {
            throw RemoteFailure.alreadyCollected(expectation.runID.description)
        }
        let document = try Certificate(reading: certificate)
        let result = try result(expectation.runID)
        var report = RunReport(expectation, document.execution, RemoteTelemetry(telemetry(of: expectation.runID)))
        report.node = node
        report.stateID = result.stateID
        report.artifactHash = result.artifactHash
        report.restoreFallbackReason = result.restoreFallbackReason
        return report
    }

    /// A run that made no node. Where a certificate should be and is not, that is what is missing.
    private func collectEnd(
        _ expectation: RemoteExpectation,
        _ result: [UInt8],
        _ policy: [UInt8],
        _ download: RemoteDownload
    ) throws -> RunReport {
        if let document = try? ResultDocument(reading: result), document.status == .succeeded || document.nodeID != nil
        {
            throw RemoteFailure.artifactMissing("certificate")
        }
        try RemoteRunVerifier.verify(result: result, policy: policy, expecting: expectation).require()
        let document = try ResultDocument(reading: result)
        if let row = try index.run(expectation.runID.description), row.status.isFinal {
            guard row.node == nil else { throw RemoteFailure.alreadyCollected(expectation.runID.description) }
        } else {
            let now = Clock.nowSeconds()
            try recordEnd(expectation, document, policy: policy, started: now, finished: now, error: nil)
        }
        return RunReport(expectation, ended: document.status)
    }

    /// Writes a run that made no node into its folder and the index, so that it is nobody's to wait for. Times are in
    /// seconds since 1970; `error` is the code of what it ended with.
    func recordEnd(
        _ expectation: RemoteExpectation,
        _ result: ResultDocument,
        policy: [UInt8],
        started: Int64,
        finished: Int64,
        error: String?
    ) throws {
        let documents = RunDocuments(
            certificate: nil,
            result: result.canonicalBytes,
            nextTokens: nil,
            policy: policy,
            attestation: nil,
            status: result.status,
            requestHash: expectation.requestHash,
            artifactHash: nil
        )
        try write(documents, of: expectation.runID)
        var telemetry = Telemetry(operation: expectation.child.operation, started: started, finished: finished)
        telemetry.command = expectation.command
        telemetry.error = error
        try telemetry.write(to: layout.run(expectation.runID))
        var commit = RunCommit(
            runID: expectation.runID.description,
            status: RunState(result.status),
            operation: expectation.child.operation.rawValue,
            requestHash: expectation.requestHash,
            parent: expectation.parentNodeID,
            finishedAt: finished
        )
        let summary: JSONValue = ["command": .string(expectation.command), "error": JSONValue(error)]
        commit.summary = String(decoding: CanonicalJSON.encode(summary), as: UTF8.self)
        _ = try index.commit(commit)
    }
}

/// Files that came back, as they lie in a folder.
struct RemoteDownload {
    let folder: String

    var bundle: String { folder + "/bundle.tar" }

    /// A document; nil where it is not there. One of more than 16 MiB is none.
    func document(_ name: String) -> [UInt8]? {
        for path in ["\(folder)/\(name)", "\(folder)/documents/\(name)"] where Files.kind(path) == .regular {
            return try? Files.read(path, limit: 16 << 20)
        }
        return nil
    }
}

/// Judges the artifacts of one run that has a certificate, and makes its node.
struct RemoteCollector {
    let store: Store
    let expectation: RemoteExpectation
    let download: RemoteDownload
    let result: [UInt8]
    let policy: [UInt8]
    let certificate: [UInt8]
    /// The branch that a success makes; then no other moves.
    let branch: Label?
    let temporary: TemporaryFolder

    func collect(_ attestation: AttestationEvidence?, skipsAttestation: Bool) throws -> RunReport {
        guard let nextTokens = download.document("next_tokens.json") else {
            throw RemoteFailure.artifactMissing("next_tokens")
        }
        guard Files.kind(download.bundle) == .regular else { throw RemoteFailure.artifactMissing("bundle") }
        if attestation == nil, !skipsAttestation { throw RemoteFailure.artifactMissing("attestation") }
        let bundle = try opened()
        let artifacts = RemoteArtifacts(
            result: result,
            nextTokens: nextTokens,
            certificate: certificate,
            policy: policy,
            bundle: bundle.link,
            attestation: skipsAttestation ? nil : attestation?.bundles
        )
        try RemoteRunVerifier.verify(
            artifacts,
            parent: try parentLink(),
            expecting: expectation,
            accepted: attestation?.accepted ?? []
        ).require()
        return try takeIn(bundle, nextTokens, attestation: skipsAttestation ? nil : attestation?.bundles)
    }

    /// The archive with its documents. A malformed one is evidence that does not hold.
    private func opened() throws -> BundleDocuments {
        do {
            return try BundleDocuments(try Store.openArchive(download.bundle, temporary))
        } catch let failure as any Failure where failure.category == .invalidInput || failure.category == .verification
        {
            throw RemoteFailure.artifactInvalid(check: "bundle.archive", failure.message)
        }
    }

    /// The operator's own documents of the node from which the run was sent.
    private func parentLink() throws -> ChainLink {
        guard try store.index.node(expectation.parentNodeID) != nil else {
            throw EngineFailure.nodeUnknown(expectation.parentNodeID.description, candidates: [])
        }
        return store.evidence.link(expectation.parentNodeID)
    }

    private func takeIn(_ bundle: BundleDocuments, _ nextTokens: [UInt8], attestation: [UInt8]?) throws -> RunReport {
        let session = try WriteSession(store, temporary)
        defer { session.end() }
        let packs: [FinishedPack]
        do {
            packs = try store.storeChunks(of: bundle, session)
        } catch let failure as EngineFailure where failure.category == .verification {
            throw RemoteFailure.artifactInvalid(check: "bundle.chunks", failure.message)
        }
        // Packs of a collect that fails from here on stay for `gc`: an import may have made and committed the same.
        return try finish(bundle, nextTokens, attestation, packs)
    }

    private func finish(
        _ bundle: BundleDocuments,
        _ nextTokens: [UInt8],
        _ attestation: [UInt8]?,
        _ packs: [FinishedPack]
    ) throws -> RunReport {
        let descriptor = try BundleDescriptor(reading: bundle.descriptor)
        let document = try NodeDocument(reading: bundle.node)
        let outcome = try ResultDocument(reading: result)
        let content = try openContent(bundle, descriptor, packs)
        let isAttested = attestation != nil
        let statement =
            isAttested ? try store.attest(certificate, result, policy, under: descriptor.identity.keyID) : nil
        let execution = try Certificate(reading: certificate).execution
        guard
            try store.sealedResponseHash(content.response, reader: store.reader.adding(packs))
                == Certificate(reading: certificate).result.responseSHA256
        else { throw RemoteFailure.artifactInvalid(check: "bundle.response", "its response is not the certificate's") }
        let run = RunDocuments(
            certificate: certificate,
            result: result,
            nextTokens: nextTokens,
            policy: policy,
            attestation: attestation.map { RemoteCollector.lines($0, statement) },
            status: outcome.status,
            requestHash: expectation.requestHash,
            artifactHash: Digest256.sha256(of: certificate)
        )
        let documents = bundle.nodeDocuments(document, descriptor, run: run)
        try store.write(documents, temporary: temporary)
        if !isAttested { try Files.write([], to: store.layout.node(document.nodeID).unverified) }
        return try commit(documents, execution, outcome, packs)
    }

    /// Opens the sealed root and every byte below it; nothing else may lie in the bundle.
    private func openContent(
        _ bundle: BundleDocuments,
        _ descriptor: BundleDescriptor,
        _ packs: [FinishedPack]
    ) throws -> SnapshotRoot {
        let root: SnapshotRoot
        let key = try store.readKey(of: descriptor.identity)
        do throws(SealedRootDefect) {
            root = try SnapshotRoot(opening: bundle.sealedRoot, of: descriptor, with: key)
        } catch {
            let check = error == .sealed ? "bundle.root" : "bundle.commitments"
            throw RemoteFailure.artifactInvalid(check: check, error.sentence)
        }
        let reader = store.reader.adding(packs)
        let strangers: [Digest256]
        do {
            try ContentCheck(reader: reader).check(root)
            strangers = try bundle.strangers(root, reader: reader)
        } catch let failure as SnapshotFailure {
            throw RemoteFailure.artifactInvalid(check: "bundle.content", failure.message)
        }
        if let name = strangers.first {
            throw RemoteFailure.artifactInvalid(
                check: "bundle.chunks",
                "chunk \(name.hex.prefix(16)) belongs to nothing in it"
            )
        }
        return root
    }

    /// The attestations, a bundle a line, and the operator's own word that they were verified behind them.
    private static func lines(_ attestation: [UInt8], _ statement: [UInt8]?) -> [UInt8] {
        var lines = attestation
        while lines.last == UInt8(ascii: "\n") { lines.removeLast() }
        if let value = try? JSONParser.parse(attestation, numbers: .all) {
            let bundles = value["attestations"]?.elements?.compactMap { $0["bundle"] } ?? [value]
            lines = Array(bundles.map { CanonicalJSON.encode($0) }.joined(separator: [UInt8(ascii: "\n")]))
        }
        guard let statement else { return lines }
        return lines + [UInt8(ascii: "\n")] + statement + [UInt8(ascii: "\n")]
    }

    private func commit(
        _ documents: NodeDocuments,
        _ execution: Certificate.Execution,
        _ outcome: ResultDocument,
        _ packs: [FinishedPack]
    ) throws -> RunReport {
        let told = RemoteTelemetry(
            download.document("telemetry.json").flatMap { try? JSONParser.parse($0, numbers: .all) }
        )
        let now = Clock.nowSeconds()
        let parent = expectation.parentNodeID
        var commit = documents.commit(parent: parent, packs: packs, at: now)
        if outcome.status == .succeeded, let branch {
            commit.moves = [RefMove(label: branch, expected: .exactly(nil), to: documents.id)]
        } else if outcome.status == .succeeded, let row = try store.index.node(parent) {
            let origin = Operation(rawValue: row.operation) ?? .launch
            commit.moves = try store.moves(to: documents.id, from: parent, origin, by: expectation.child.operation)
        }
        var report = RunReport(expectation, execution, told)
        let summary: JSONValue = [
            "exit_code": JSONValue(execution.exitCode), "duration_ms": .integer(told.durationMilliseconds),
            "command": .string(expectation.command), "metrics": told.metrics ?? .null,
            "cost_usd": RunCost.value(told.cost), "error": JSONValue(report.failure?.code),
        ]
        commit.summary = String(decoding: CanonicalJSON.encode(summary), as: UTF8.self)
        var telemetry = Telemetry(operation: expectation.child.operation, started: now, finished: now)
        telemetry.durationNanoseconds = told.durationMilliseconds * 1_000_000
        telemetry.attempt = told.attempt
        telemetry.command = expectation.command
        telemetry.workspaceMethod = told.workspaceMethod
        telemetry.warnings = told.warnings
        telemetry.metrics = told.metrics
        telemetry.cost = told.cost
        telemetry.snapshot = ["files_changed": JSONValue(told.changedFiles), "bytes": .integer(told.changedBytes)]
        telemetry.error = report.failure?.code
        telemetry.branches = commit.moves.map { $0.label.description }
        try telemetry.write(to: store.layout.run(expectation.runID))
        let done = try store.index.commit(commit)
        report.node = documents.id
        report.stateID = documents.stateID
        report.artifactHash = documents.run?.artifactHash
        report.restoreFallbackReason = outcome.restoreFallbackReason
        report.moved = done.moves.filter(\.moved).map(\.label.description)
        report.lost = done.moves.filter { !$0.moved }.map(\.label.description)
        return report
    }
}
