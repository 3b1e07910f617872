internal import BundleArchive
internal import SwarmContracts
internal import SwarmPlatform
package import SwarmRemote
internal import SwarmSnapshot
internal import SwarmState
internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

extension Store {
    /// Copies nodes to a remote, with all that they reach and that is not there, then moves the branches there. `references`
    /// are branches (`branch:<label>`) or any other nodes, which go without a branch; none means every branch.
    ///
    /// A branch that the remote has at a node that is no ancestor is left alone and reported as `diverged`. May be repeated
    /// after any interruption. Throws exit 5 for content that is damaged here: it is not sent.
    ///
    /// A push takes a node that is there for a whole one. With `repairs` it looks at every ancestor and all that they reach, and
    /// sends what the remote has lost; a pack that is cut there is removed.
    package func push(
        _ references: [String],
        to remote: any RemoteStore,
        repairs: Bool = false,
        progress: @escaping @Sendable (SyncProgress) -> Void
    ) throws -> SyncReport {
        try remote.prepare()
        let push = try RemotePush(store: self, remote: remote, repairs: repairs, progress: progress)
        return try push.run(references)
    }
}

/// One push.
private final class RemotePush {
    private let store: Store
    private let remote: any RemoteStore
    private let repairs: Bool
    private let progress: @Sendable (SyncProgress) -> Void
    private let temporary: TemporaryFolder
    private let catalog: RemoteCatalog
    private var report: SyncReport
    /// Nodes of which it is known whether the remote has them.
    private var present: [NodeID: Bool] = [:]

    init(
        store: Store,
        remote: any RemoteStore,
        repairs: Bool,
        progress: @escaping @Sendable (SyncProgress) -> Void
    ) throws {
        (self.store, self.remote, self.repairs, self.progress) = (store, remote, repairs, progress)
        temporary = try TemporaryFolder.make(in: store.layout.tmp)
        catalog = try RemoteCatalog(remote, store.layout)
        report = SyncReport(remote: remote.name)
    }

    deinit { temporary.remove() }

    func run(_ references: [String]) throws -> SyncReport {
        var branches: [Tip] = []
        if references.isEmpty {
            branches = try every()
            guard !branches.isEmpty else { throw SyncFailure.nothingToPush }
        }
        for reference in references {
            let node = try store.resolve(reference)
            if reference.hasPrefix("branch:"), let label = try? Label(String(reference.dropFirst(7))) {
                branches.append(Tip(label: label, node: node))
            } else {
                report.nodes.append(node)
            }
        }
        var wishes: [(branch: Tip, ref: RemoteRef?)] = []
        for branch in branches {
            let ref = try remote.ref(.branch(branch.label))
            let sync = try compare(branch, ref)
            if sync.outcome == .created || sync.outcome == .moved { wishes.append((branch, ref)) }
            report.branches.append(sync)
        }
        try send(report.nodes + (repairs ? branches : wishes.map(\.branch)).map(\.node))
        for wish in wishes { try move(wish.branch, from: wish.ref) }
        return report
    }

    /// All branches of this store.
    private func every() throws -> [Tip] {
        var tips: [Tip] = []
        while true {
            let page = try store.index.branches(after: tips.last?.label)
            if page.isEmpty { return tips }
            tips += page.map { Tip(label: $0.label, node: $0.node) }
        }
    }

    /// What a push of the branch would do.
    private func compare(_ branch: Tip, _ ref: RemoteRef?) throws -> BranchSync {
        var sync = BranchSync(label: branch.label, outcome: .created, local: branch.node, remote: nil)
        guard let ref else { return sync }
        let there = try BranchDocument(reading: ref.bytes, label: branch.label, remote: remote.name).node
        sync.remote = there
        if there == branch.node {
            sync.outcome = .same
        } else if try store.isAncestor(there, of: branch.node) {
            sync.outcome = .moved
        } else {
            sync.outcome = try store.isAncestor(branch.node, of: there) ? .ahead : .diverged
        }
        return sync
    }

    /// How often a branch is tried to be moved that others move at the same time.
    private static let moves = 20

    private func move(_ branch: Tip, from ref: RemoteRef?) throws {
        var ref = ref
        for attempt in 0..<RemotePush.moves {
            // Spread, so that those who met do not meet again.
            if attempt > 0 { usleep(UInt32(min(attempt, 8)) * (10_000 + UInt32(Randomness.bytes(1)[0]) * 200)) }
            let document = BranchDocument(label: branch.label, node: branch.node)
            if try remote.swap(.branch(branch.label), expected: ref, to: document.bytes) { return }
            // Somebody else moved it meanwhile: what they did is looked at as if it had been there before.
            ref = try remote.ref(.branch(branch.label))
            let sync = try compare(branch, ref)
            guard sync.outcome == .moved || sync.outcome == .created else {
                if let place = report.branches.firstIndex(where: { $0.label == branch.label }) {
                    report.branches[place] = sync
                }
                return
            }
        }
        throw SwarmRemote.RemoteFailure.failed(
            remote: remote.name,
            what: "branch:\(branch.label) could not be moved there in \(RemotePush.moves) attempts"
        )
    }

    private func isPresent(_ id: NodeID) throws -> Bool {
        if let known = present[id] { return known }
        let found = try remote.size(of: .node(id)).map { BundleArchive.mayBeWhole(size: $0) } ?? false
        present[id] = found
        return found
    }

    /// Sends what the remote lacks of the nodes and their ancestors: packs first, then the nodes from the oldest on. So
    /// whatever node is there, its ancestors and all that they reach are there too.
    private func send(_ tips: [NodeID]) throws {
        var gap = AncestryGap<NodeID, NodeRow>(
            row: { [store] id in try store.index.node(id).map { ($0, $0.parent) } },
            isThere: { [self] id in try !repairs && isPresent(id) }
        )
        let missing = try tips.flatMap { tip in
            try gap.next(tip) { SyncFailure.incomplete(remote: "this store", what: "the ancestor \($0) is not here") }
        }
        guard !missing.isEmpty else { return }
        progress(SyncProgress(what: "looking at the remote", done: 0, total: nil, isBytes: false))
        try catalog.refresh(removesCut: repairs)
        let nodes = try missing.sorted { $0.step < $1.step }.map { try store.node($0.id) }
        try sendContent(of: nodes)
        for (number, node) in nodes.enumerated() {
            progress(
                SyncProgress(what: "nodes", done: UInt64(number), total: UInt64(nodes.count), isBytes: false)
            )
            if try !repairs || !isPresent(node.id) { try send(node) }
        }
    }

    private func sendContent(of nodes: [OpenedNode]) throws {
        let catalog = catalog
        var walk = PartWalk { !catalog.holds($0) }
        for node in nodes {
            try store.content(of: node) {
                for content in node.root.contents { try walk.add(content, reader: store.reader) }
            }
        }
        let groups = try OutgoingGroup.make(walk.takeParts(), index: store.index)
        guard !groups.isEmpty else { return }
        let total = groups.reduce(0) { $0 + $1.bytes }
        let sender = PackSender(store: store, remote: remote, catalog: catalog, folder: temporary.path)
        let progress = progress
        let counter = Counter()
        progress(SyncProgress(what: "content", done: 0, total: total, isBytes: true))
        // Damage is found while a pack is made: nothing that does not open is ever sent.
        try store.content(of: nodes[nodes.count - 1]) {
            try Parallel.each(groups.count, threads: 3) { number in
                try sender.send(groups[number])
                let sum = counter.add(groups[number].bytes)
                progress(SyncProgress(what: "content", done: sum, total: total, isBytes: true))
            }
        }
        report.newChunks += groups.reduce(0) { $0 + $1.parts.count }
        report.bytes += total
    }

    private func send(_ node: OpenedNode) throws {
        let path = temporary.path + "/" + node.id.description
        try store.writeDocuments(of: node, to: path)
        defer { try? Files.remove(path) }
        var isNew = try remote.put(.file(path), at: .node(node.id))
        if !isNew, let size = try remote.size(of: .node(node.id)), !BundleArchive.mayBeWhole(size: size) {
            // Some services keep what came of a write that was cut off. Then the name is there, and the node is not.
            try remote.delete(.node(node.id))
            isNew = try remote.put(.file(path), at: .node(node.id))
        }
        if isNew {
            report.newNodes += 1
            report.bytes += try Descriptor.open(path, 0).size()
        }
        present[node.id] = true
    }

    /// A branch of this store and where it is to point at the remote.
    private struct Tip {
        let label: Label
        let node: NodeID
    }
}

/// A sum that several threads add to.
final class Counter: Sendable {
    private let sum = Mutex<UInt64>(0)

    /// Adds, and gives the new sum.
    func add(_ count: UInt64) -> UInt64 {
        sum.withLock { sum in
            sum += count
            return sum
        }
    }
}

extension Store {
    /// Whether `ancestor` is `node` or one of its ancestors, as far as this store knows.
    func isAncestor(_ ancestor: NodeID, of node: NodeID) throws -> Bool {
        guard let step = try index.node(ancestor)?.step else { return false }
        var next: NodeID? = node
        while let id = next, let row = try index.node(id), row.step >= step {
            if id == ancestor { return true }
            next = row.parent
        }
        return false
    }

    /// Writes a node as a bundle file without chunks, its times and attestation along where there are any.
    func writeDocuments(of node: OpenedNode, to path: String) throws {
        let folder = layout.node(node.id)
        let run = layout.run(node.runID)
        let target = try Descriptor.create(path)
        var writer = BundleArchive.Writer(to: target)
        func add(_ name: String, _ path: String, required: Bool, limit: Int = 16 << 20) throws {
            if !required, Files.kind(path) == nil { return }
            try writer.add(name, try NodeReading.bytes(path, limit: limit))
        }
        let isRun = node.operation != .initial
        if isRun {
            try add("documents/attestation.sigstore.json", run.attestation, required: false)
            try add("documents/certificate.json", run.certificate, required: true)
        }
        try add("documents/node.json", folder.document, required: true)
        if isRun {
            try add("documents/policy.json", run.policy, required: true)
            try add("documents/result.json", run.result, required: true)
        }
        try add("manifest.json", folder.descriptor, required: true)
        try add("root.enc", folder.sealedRoot, required: true, limit: 64 << 20)
        try add("times.enc", folder.times, required: false, limit: 1 << 30)
        _ = try writer.finish()
    }
}
