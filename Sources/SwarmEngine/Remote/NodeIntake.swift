internal import BundleArchive
internal import SwarmCapability
internal import SwarmContracts
internal import SwarmPlatform
internal import SwarmSnapshot
internal import SwarmState
internal import SwarmVerify

/// A node's documents as they came from a remote, verified against each other.
struct IncomingNode {
    let bundle: BundleDocuments
    let document: NodeDocument
    let descriptor: BundleDescriptor

    /// Reads and verifies them. Throws exit 3 where they are not those of `expected` or do not hold.
    static func open(_ path: String, expected: NodeID, remote: String) throws -> IncomingNode {
        func untrusted(_ what: String) -> SyncFailure { .untrusted(remote: remote, what: "\(expected): \(what)") }
        do {
            let bundle = try BundleDocuments(try BundleArchive.Reader(path: path))
            try BundleVerifier.verify(bundle.link, content: .locked(chunks: [])).require()
            let node = IncomingNode(
                bundle: bundle,
                document: try NodeDocument(reading: bundle.node),
                descriptor: try BundleDescriptor(reading: bundle.descriptor)
            )
            guard node.document.nodeID == expected else { throw untrusted("it is \(node.document.nodeID)") }
            return node
        } catch let failure as SyncFailure {
            throw failure
        } catch let failure as SystemError {
            throw failure
        } catch let failure as any Failure {
            throw untrusted(failure.message)
        }
    }
}

/// Takes nodes of a remote into the store, one after the other, parents first.
final class NodeIntake {
    /// After so many bytes what has come is made to last, so that a pull that was cut goes on from there.
    private static let batch: UInt64 = 192 << 20

    private let store: Store
    private let remote: String
    private let chunks: RemoteChunks
    private let catalog: RemoteCatalog
    private let progress: @Sendable (SyncProgress) -> Void
    private let check: ContentCheck

    init(
        store: Store,
        remote: String,
        chunks: RemoteChunks,
        catalog: RemoteCatalog,
        progress: @escaping @Sendable (SyncProgress) -> Void
    ) {
        (self.store, self.remote, self.chunks, self.catalog) = (store, remote, chunks, catalog)
        self.progress = progress
        check = ContentCheck(reader: store.reader)
    }

    /// Fetches what a node reaches and is not here, opens every byte of it, and enters the node, whose run id
    /// is claimed. Gives how many chunks came.
    func take(_ node: IncomingNode, labels: [Label]) throws -> Int {
        let temporary = try TemporaryFolder.make(in: store.layout.tmp)
        defer { temporary.remove() }
        // Its chunks are in the index before the node is: no collector may come between.
        let permit = try WritePermit(store)
        defer { permit.release() }
        do {
            let root = try open(node)
            let count = try fetch(root, temporary)
            try check.check(root)
            try checkResponse(node, root)
            try enter(node, labels, temporary)
            return count
        } catch SnapshotFailure.missingChunk(let name, _) {
            throw SyncFailure.incomplete(
                remote: remote,
                what: "chunk \(name.hex.prefix(16)) of \(node.document.nodeID)"
            )
        } catch let failure as SnapshotFailure {
            throw untrusted(node, failure.message)
        }
    }

    private func untrusted(_ node: IncomingNode, _ what: String) -> SyncFailure {
        .untrusted(remote: remote, what: "\(node.document.nodeID): \(what)")
    }

    private func open(_ node: IncomingNode) throws -> SnapshotRoot {
        let key = try store.readKey(of: node.descriptor.identity)
        do throws(SealedRootDefect) {
            return try SnapshotRoot(opening: node.bundle.sealedRoot, of: node.descriptor, with: key)
        } catch { throw untrusted(node, error.sentence) }
    }

    private func fetch(_ root: SnapshotRoot, _ temporary: TemporaryFolder) throws -> Int {
        let reader = store.reader.reading(from: chunks)
        let index = store.index
        var walk = PartWalk { try index.locate($0) as ChunkLocation? == nil }
        for content in root.contents { try walk.add(content, reader: reader) }
        let parts = walk.takeParts()
        guard !parts.isEmpty else { return 0 }
        for batch in try batches(parts) {
            let session = try WriteSession(store, temporary)
            defer { session.end() }
            let writer = session.writer
            let adopted = Counter()
            let total = batch.bytes
            let progress = progress
            try Parallel.each(batch.packs.count, threads: 4) { number in
                for part in batch.packs[number] {
                    // Opened first: what is not true to its reference never gets a place here.
                    let sealed = try reader.verifiedChunk(part)
                    _ = try writer.adopt(sealed: sealed, name: part.name)
                    let done = adopted.add(UInt64(sealed.count))
                    progress(SyncProgress(what: "content", done: done, total: total, isBytes: true))
                }
            }
            try store.index.insertPacks(try session.finish().map(\.row))
        }
        return parts.count
    }

    private struct Batch: Sendable {
        /// Parts that lie in one pack of the remote each, in the order in which they lie there.
        var packs: [[Part]] = []
        var bytes: UInt64 = 0
    }

    private func batches(_ parts: [Part]) throws -> [Batch] {
        var packs: [PackID: [(part: Part, offset: UInt64, length: UInt32)]] = [:]
        for part in parts {
            guard let place = catalog.place(of: part.name) else {
                throw SnapshotFailure.missingChunk(name: part.name, path: nil)
            }
            packs[place.pack, default: []].append((part, place.offset, place.length))
        }
        var batches: [Batch] = []
        for id in packs.keys.sorted() {
            guard let found = packs[id]?.sorted(by: { $0.offset < $1.offset }) else { continue }
            if batches.last.map({ $0.bytes >= NodeIntake.batch }) ?? true { batches.append(Batch()) }
            batches[batches.count - 1].packs.append(found.map(\.part))
            batches[batches.count - 1].bytes += found.reduce(0) { $0 + UInt64($1.length) }
        }
        return batches
    }

    /// The certificate's hash of the response is over the sealed bytes: nothing but they can tell.
    private func checkResponse(_ node: IncomingNode, _ root: SnapshotRoot) throws {
        guard let bytes = node.bundle.certificate else { return }
        let certificate = try Certificate(reading: bytes)
        guard try store.sealedResponseHash(root.response, reader: store.reader) == certificate.result.responseSHA256
        else { throw untrusted(node, "its response is not the one in its certificate") }
        guard let parent = node.document.parentNodeID, let row = try store.index.node(parent), row.operation != "init",
            let run = try? RunID(stored: row.runID)
        else { return }
        let above = try NodeReading.bytes(store.layout.run(run).certificate)
        guard certificate.parentCertificateSHA256 == Digest256.sha256(of: above) else {
            throw untrusted(node, "its certificate does not name its parent's")
        }
    }

    private func enter(_ node: IncomingNode, _ labels: [Label], _ temporary: TemporaryFolder) throws {
        let documents = NodeDocuments(
            identity: node.descriptor.identity,
            id: node.document.nodeID,
            node: node.bundle.node,
            descriptor: node.bundle.descriptor,
            descriptorHash: node.descriptor.bundleSHA256,
            stateID: node.descriptor.stateID,
            sealedRoot: node.bundle.sealedRoot,
            sealedTimes: node.bundle.times,
            run: try store.runDocuments(node.bundle, node.descriptor)
        )
        try store.write(documents, temporary: temporary)
        let now = Clock.nowSeconds()
        var telemetry = Telemetry(operation: node.descriptor.identity.operation, started: now, finished: now)
        telemetry.takenInBy = "pull"
        telemetry.branches = labels.map(\.description)
        if documents.run != nil { try telemetry.write(to: store.layout.run(node.descriptor.runID)) }
        var commit = documents.commit(parent: node.document.parentNodeID, packs: [], at: now)
        commit.advancesNewest = false
        commit.isTakenIn = true
        _ = try store.index.commit(commit)
        if documents.run == nil { try store.index.removeRun(RunID.root.description) }
    }
}
