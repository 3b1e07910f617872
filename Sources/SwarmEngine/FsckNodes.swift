internal import SwarmContracts
internal import SwarmPlatform
internal import SwarmSnapshot
internal import SwarmState
internal import SwarmVerify
internal import Synchronization

/// The part of a check that goes through all nodes: documents, sealed roots and every byte that they reach, on all
/// processors.
final class NodeSweep: Sendable {
    private struct Found {
        /// The place of the node in the order of commits.
        let sequence: Int64
        let problem: FsckProblem
    }

    private let store: Store
    private let progress: @Sendable (StoreProgress) -> Void
    private let total: Int
    private let chunks: Int
    private let done = Mutex<(nodes: Int, chunks: Int)>((0, 0))
    private let found = Mutex<[Found]>([])
    private let damage: DamageList

    init(_ store: Store, progress: @escaping @Sendable (StoreProgress) -> Void) throws {
        (self.store, self.progress) = (store, progress)
        total = try store.index.nodeCount()
        chunks = try store.index.chunkCount()
        damage = DamageList(packs: store.layout.packs)
    }

    var nodeCount: Int { done.withLock { $0.nodes } }
    var chunkCount: Int { done.withLock { $0.chunks } }

    /// Reads everything.
    func run() throws {
        let sweep = ContentSweep(reader: store.reader, marks: nil, chunks: chunks) { damage in
            guard let content = damage.content else { return try self.take(damage) }
            self.damage.add(content, damage)
        }
        let cursor = Mutex<Int64>(0)
        try sweep.run {
            try cursor.withLock { after in
                let page = try self.store.index.nodesPage(after: after, limit: 64)
                after = page.last?.sequence ?? after
                let nodes = self.done.withLock { done in
                    done.nodes += page.count
                    return done.nodes
                }
                self.progress(
                    StoreProgress("checking nodes", nodes, of: self.total, "nodes", bytes: sweep.done.bytes)
                )
                return page.map { row in
                    ContentSweep.Holder(number: row.sequence) { try self.open(row) }
                }
            }
        }
        done.withLock { $0.chunks = sweep.done.chunks }
    }

    /// What does not hold, in the order of the nodes; then damaged content with all nodes that need it.
    func problems() throws -> [FsckProblem] {
        let own = found.withLock { $0 }.enumerated().sorted {
            ($0.element.sequence, $0.offset) < ($1.element.sequence, $1.offset)
        }
        return own.map(\.element.problem)
            + (try damage.problems(in: store, chunks: chunks, total: total, progress: progress))
    }

    private func add(_ row: NodeRow, _ file: String, _ detail: String) {
        let problem = FsckProblem(file: file, detail: detail, nodes: [row.id])
        found.withLock { $0.append(Found(sequence: row.sequence, problem: problem)) }
    }

    /// A node whose folder does not hold.
    private func take(_ damage: ContentSweep.Damage) throws {
        guard let row = try store.index.nodesPage(after: damage.holder - 1, limit: 1).first else { return }
        let file = (damage.error as? EngineFailure)?.file ?? store.layout.node(row.id).path
        add(row, file, (damage.error as? any Failure)?.message ?? "\(damage.error)")
    }

    /// Checks a node's documents and opens its root; gives what it holds.
    private func open(_ row: NodeRow) throws -> [(name: String, content: ReachableContent)] {
        defer { checkDocuments(row) }
        let node = try store.node(row.id)
        if node.descriptor.bundleSHA256 != row.bundleSHA256 || node.runID.description != row.runID {
            add(row, store.layout.index, "its row of \(row.id) differs from the files")
        }
        return node.root.namedContents
    }

    /// The node's documents against its parent's: a chain of two links at a time.
    private func checkDocuments(_ row: NodeRow) {
        guard let parent = row.parent else { return }
        let verdict = BundleVerifier.verify(store.evidence.link(row.id), content: .locked(chunks: []))
        if let failure = verdict.firstFailure {
            add(row, store.layout.runs + "/" + row.runID, "\(failure.name): \(failure.detail)")
        }
        guard let parentRow = try? store.index.node(parent), parentRow.operation != "init",
            let run = try? RunID(stored: row.runID), let parentRun = try? RunID(stored: parentRow.runID),
            let certificate = store.certificate(of: run),
            let bytes = try? Files.read(store.layout.run(parentRun).certificate)
        else { return }
        if certificate.parentCertificateSHA256 != Digest256.sha256(of: bytes) {
            add(row, store.layout.run(run).certificate, "it does not name its parent's certificate")
        }
    }
}
