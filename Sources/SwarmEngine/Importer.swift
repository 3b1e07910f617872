internal import SwarmCapability
package import SwarmContracts
internal import SwarmPlatform
internal import SwarmSnapshot
internal import SwarmState

/// What an import took in.
package struct ImportReport: Sendable {
    package let node: NodeID
    package let runID: RunID
    /// False where a node with exactly this content was there already.
    package let isNew: Bool
    package let files: Int
    package let bytes: UInt64
    package let changedFiles: Int
    package let warnings: [String]
    package let durationNanoseconds: Int64
}

extension Store {
    /// Takes a directory as it is now: a child of the root node, unless a node with exactly that content exists.
    package func importDirectory(_ directory: String) throws -> ImportReport {
        let start = Clock.monotonic()
        guard Files.kind(directory) == .directory else { throw EngineFailure.workspaceMissing(directory) }
        let temporary = try TemporaryFolder.make(in: layout.tmp)
        defer { temporary.remove() }
        let session = try WriteSession(self, temporary)
        defer { session.end() }
        let cache = StatCacheFile(store: self, directory: directory)
        let scan: SnapshotResult
        do {
            scan = try Snapshotter.scan(
                directory: directory,
                ignore: SwarmIgnore.read(in: directory),
                previous: cache.read(),
                parent: nil,
                writer: session.writer,
                reader: reader,
                // One waits for the disk while the others compute.
                threads: WorkerThread.processorCount + 1
            )
        } catch {
            session.abandon()
            throw error
        }
        // The cache depends on no node: what it says of content that comes to nothing is found out when it is used.
        let learned = scan.isCacheCurrent ? nil : scan.cache
        let caching = try learned.map { learned in try WorkerThread { cache.write(learned) } }
        defer { caching?.join() }
        let (node, runID, isNew) = try commitImport(scan, learned.map(cache.voucher), session, temporary)
        return ImportReport(
            node: node,
            runID: runID,
            isNew: isNew,
            files: scan.files,
            bytes: scan.bytes,
            changedFiles: scan.changedFiles,
            warnings: scan.warnings.map(\.description),
            durationNanoseconds: Clock.monotonic() - start
        )
    }

    private func commitImport(
        _ scan: SnapshotResult,
        _ cache: StatCacheVoucher?,
        _ session: WriteSession,
        _ temporary: TemporaryFolder
    ) throws -> (NodeID, RunID, Bool) {
        let root = try node(rootNode())
        var content = root.root
        content.workspace = scan.tree
        content.response = Content.empty
        content.home = nil
        return try commitImport(
            of: content,
            facts: scan.tree.t,
            { scan.times },
            cache: cache,
            session,
            temporary,
            under: root
        )
    }

    /// Makes the import node of a content, or finds the one that there is.
    func commitImport(
        of content: SnapshotRoot,
        facts: Digest256,
        _ times: () -> ModificationTimes?,
        cache: StatCacheVoucher? = nil,
        _ session: WriteSession,
        _ temporary: TemporaryFolder,
        under root: OpenedNode
    ) throws -> (NodeID, RunID, Bool) {
        let name = keyring.current.localKey(.importNames).importName(t: facts)
        let runID = try RunID(stored: "import.\(name)")
        // Two imports of one content at once make one node: the second waits here and then finds it.
        let lock = try FileLock.exclusive(layout.runs + "/.import.lock")
        defer { lock.release() }
        if let row = try index.node(forRun: runID.description) {
            // The chunks that this scan wrote are those the node has.
            session.abandon()
            return (row.id, runID, false)
        }
        let packs = try session.finish()
        let identity = StepIdentity(
            keyID: keyring.current.keyID.description,
            parentNodeID: root.id,
            operation: .import,
            name: .runID(runID),
            ratchetStep: root.step + 1
        )
        let documents = try certify(
            license(identity, parent: root, content: content, times: times(), policy: PolicyDocument.default),
            fresh: packs
        )
        try write(documents, temporary: temporary)
        let now = Clock.nowSeconds()
        try Telemetry(operation: .import, started: now, finished: now).write(to: layout.run(runID))
        var commit = documents.commit(parent: root.id, packs: packs, at: now)
        commit.statCache = cache
        _ = try index.commit(commit)
        return (documents.id, runID, true)
    }

    /// The draft of a node that no step made: an import or a fork.
    func license(
        _ identity: StepIdentity,
        parent: OpenedNode,
        content: SnapshotRoot,
        times: ModificationTimes?,
        policy: PolicyDocument
    ) throws -> NodeDraft {
        let workflow = Certificate.localWorkflowRef(commit: GitHead.commit(in: content.workspace, reader: reader))
        let request = RunRequest(
            operation: identity.operation,
            runID: identity.runID,
            parentNodeID: parent.id,
            arguments: [],
            shell: false,
            environmentNames: [],
            environmentDigest: keyring.current.localKey(.environment).digest([]),
            image: nil,
            routeMode: .none,
            limits: policy.limits,
            allowColdStart: false,
            allowDirectFallback: false,
            workflowRef: workflow,
            policyHash: policy.sha256,
            salt: try readKey(of: identity).requestSalt()
        )
        return NodeDraft(
            identity: identity,
            parent: parent,
            root: content,
            times: times,
            requestHash: request.requestHash,
            policy: policy.canonicalBytes,
            routeMode: .none,
            workflowRef: workflow,
            execution: Certificate.Execution(
                status: .succeeded,
                exitCode: 0,
                restoreMode: .checkpoint,
                sandbox: Certificate.Sandbox(engine: "none", level: .none),
                limits: Certificate.Limits(engine: "none"),
                route: Certificate.Route(mode: .none, evidenceSHA256: nil, directFallback: false)
            ),
            tags: [],
            coldStartReason: nil
        )
    }
}
