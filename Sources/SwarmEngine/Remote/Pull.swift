internal import BundleArchive
internal import SwarmContracts
internal import SwarmPlatform
package import SwarmRemote
internal import SwarmState

extension Store {
    /// Takes nodes in from a remote, with all that they reach and that this store lacks, then moves the branches here.
    /// `references` are branches (`branch:<label>`) or whole node ids; none means every branch there.
    ///
    /// Every byte is opened and checked, and every document verified, before a node counts. A branch goes on to a descendant
    /// of where it is, or begins; one that went on here and there stays, and is reported as `diverged`, its node in the store.
    /// Where this store has had no successful run yet, `@` is the tip of main afterwards. May be repeated after any interruption.
    /// Throws exit 3 for anything that does not hold, exit 4 for what is not there, exit 2 where a node was made under a key
    /// that this store has not.
    package func pull(
        _ references: [String],
        from remote: any RemoteStore,
        progress: @escaping @Sendable (SyncProgress) -> Void
    ) throws -> SyncReport {
        let pull = try RemotePull(store: self, remote: remote, progress: progress)
        return try pull.run(references)
    }
}

/// One pull.
private final class RemotePull {
    private let store: Store
    private let remote: any RemoteStore
    private let progress: @Sendable (SyncProgress) -> Void
    private let temporary: TemporaryFolder
    private var report: SyncReport
    /// What was fetched of nodes that are not here: their documents lie in the temporary folder.
    private var waiting: [NodeID: Waiting] = [:]
    /// Nodes that cannot be taken in, since a run id of theirs is another run's here.
    private var refused: Set<NodeID> = []

    private struct Waiting {
        let path: String
        let parent: NodeID?
        let step: Int
        var labels: [Label] = []
    }

    init(store: Store, remote: any RemoteStore, progress: @escaping @Sendable (SyncProgress) -> Void) throws {
        (self.store, self.remote, self.progress) = (store, remote, progress)
        temporary = try TemporaryFolder.make(in: store.layout.tmp)
        report = SyncReport(remote: remote.name)
    }

    deinit { temporary.remove() }

    func run(_ references: [String]) throws -> SyncReport {
        var branches: [BranchDocument] = []
        for reference in references where !reference.hasPrefix("branch:") {
            guard let id = NodeID(reference) else {
                throw SyncFailure.referenceUnknown(Name.shown(reference), candidates: [])
            }
            report.nodes.append(id)
        }
        if references.isEmpty {
            branches = try allBranches()
        } else {
            for reference in references where reference.hasPrefix("branch:") { branches.append(try branch(reference)) }
        }
        for tip in report.nodes + branches.map(\.node) { try fetchDocuments(to: tip) }
        for branch in branches { try mark(branch) }
        try takeAll()
        for branch in branches { try move(branch) }
        try beginAtMain(branches)
        return report
    }

    private func allBranches() throws -> [BranchDocument] {
        var found: [BranchDocument] = []
        try remote.eachPage(of: .refs) { page in
            for entry in page where entry.name.hasSuffix(".json") {
                guard let label = try? Label(String(entry.name.dropLast(5))), let ref = try remote.ref(.branch(label))
                else { continue }
                found.append(try BranchDocument(reading: ref.bytes, label: label, remote: remote.name))
            }
        }
        return found
    }

    private func branch(_ reference: String) throws -> BranchDocument {
        guard let label = try? Label(String(reference.dropFirst(7))), let ref = try remote.ref(.branch(label)) else {
            throw SyncFailure.referenceUnknown(
                Name.shown(reference),
                candidates: try allBranches().map { "branch:\($0.label)" }
            )
        }
        return try BranchDocument(reading: ref.bytes, label: label, remote: remote.name)
    }

    /// Fetches the documents of a node and of those ancestors that are not here.
    private func fetchDocuments(to tip: NodeID) throws {
        var next: NodeID? = tip
        while let id = next, waiting[id] == nil, try store.index.node(id) == nil {
            progress(SyncProgress(what: "nodes", done: UInt64(waiting.count), total: nil, isBytes: false))
            let path = "\(temporary.path)/\(id)"
            try fetch(id, to: path)
            let bundle = try IncomingNode.open(path, expected: id, remote: remote.name)
            waiting[id] = Waiting(path: path, parent: bundle.document.parentNodeID, step: bundle.descriptor.ratchetStep)
            next = bundle.document.parentNodeID
        }
    }

    /// One request for a node of the usual size: it ends where fewer bytes come than were asked for.
    private func fetch(_ id: NodeID, to path: String) throws {
        let piece: UInt64 = 8 << 20
        let file = try Descriptor.create(path)
        var offset: UInt64 = 0
        while true {
            guard let bytes = try remote.read(.node(id), offset..<offset + piece) else {
                throw SyncFailure.incomplete(remote: remote.name, what: "\(RemoteObject.node(id)) is not there")
            }
            try file.write(bytes)
            offset += UInt64(bytes.count)
            if bytes.count < Int(piece) { break }
        }
        report.bytes += offset
    }

    /// Notes at the nodes that a branch is to move over which branch that is: the index can be made anew from that.
    private func mark(_ branch: BranchDocument) throws {
        let here = try store.index.branchTip(branch.label)
        var path: [NodeID] = []
        var next: NodeID? = branch.node
        while let id = next, let node = waiting[id] {
            path.append(id)
            next = node.parent
        }
        if let here {
            // Only a fast-forward will move it.
            guard let next, try store.isAncestor(here, of: next) else { return }
        } else {
            path = Array(path.prefix(1))
        }
        for id in path { waiting[id]?.labels.append(branch.label) }
    }

    private func takeAll() throws {
        let order = waiting.sorted { ($0.value.step, $0.key) < ($1.value.step, $1.key) }
        guard !order.isEmpty else { return }
        let catalog = try RemoteCatalog(remote, store.layout)
        try catalog.refresh()
        let chunks = RemoteChunks(remote, catalog, store.index, folder: temporary.path)
        let intake = NodeIntake(store: store, remote: remote.name, chunks: chunks, catalog: catalog, progress: progress)
        for (number, (id, node)) in order.enumerated() {
            progress(SyncProgress(what: "nodes", done: UInt64(number), total: UInt64(order.count), isBytes: false))
            let incoming = try IncomingNode.open(node.path, expected: id, remote: remote.name)
            if let parent = node.parent, refused.contains(parent) {
                refused.insert(id)
                continue
            }
            guard let claim = try RunClaim.take(store, id, incoming.descriptor) else {
                refused.insert(id)
                report.conflicts.append(incoming.descriptor.runID.description)
                continue
            }
            defer { claim.release() }
            // Another process may have taken it in meanwhile.
            if try store.index.node(id) == nil {
                report.newChunks += try intake.take(incoming, labels: node.labels)
                report.newNodes += 1
            }
            try Files.remove(node.path)
        }
        report.bytes += chunks.bytes
    }

    private func move(_ branch: BranchDocument) throws {
        var sync = BranchSync(label: branch.label, outcome: .same, local: nil, remote: branch.node)
        sync.local = try store.index.branchTip(branch.label)
        if refused.contains(branch.node) {
            sync.outcome = .conflict
        } else if sync.local == branch.node {
            sync.outcome = .same
        } else if let here = sync.local, try !store.isAncestor(here, of: branch.node) {
            sync.outcome = try store.isAncestor(branch.node, of: here) ? .ahead : .diverged
        } else {
            let wish = RefMove(label: branch.label, expected: .exactly(sync.local), to: branch.node)
            let moved = try store.index.move([wish]).allSatisfy(\.moved)
            // A run that ended meanwhile has moved it: then it is looked at anew.
            guard moved else { return try move(branch) }
            sync.outcome = sync.local == nil ? .created : .moved
            sync.local = branch.node
        }
        report.branches.append(sync)
    }

    private func beginAtMain(_ branches: [BranchDocument]) throws {
        guard try store.index.newestSuccess() == nil,
            let main = branches.first(where: { $0.label.description == "main" }), !refused.contains(main.node)
        else { return }
        try store.index.setNewestSuccess(main.node)
    }
}
