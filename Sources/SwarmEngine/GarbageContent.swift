internal import SwarmContracts
internal import SwarmPlatform
internal import SwarmSnapshot
internal import SwarmState
internal import Synchronization

/// What of a pack is needed.
private struct PackPlan {
    let table: FinishedPack
    /// Chunks that are found here and that a node reaches.
    let live: [PackedChunk]
    /// Chunks that are found here and that nothing reaches.
    let dead: [Digest256]

    var bytes: UInt64 { table.entries.reduce(0) { $0 + UInt64($1.length) } }
    var liveBytes: UInt64 { live.reduce(0) { $0 + UInt64($1.length) } }
    /// What is not needed: dead chunks, and copies of chunks that are found elsewhere.
    var waste: UInt64 { bytes - liveBytes }
}

extension GarbageCollector {
    /// Live bytes that are copied before the old packs go: as much disk is needed beside what there is.
    private static let batch: UInt64 = 256 << 20

    /// Packs, chunks, and node folders that the index does not know.
    func collectContent(_ temporary: TemporaryFolder) throws {
        let chunks = try store.index.chunkCount()
        let total = try store.index.nodeCount()
        let marks = ReachMarks(chunks: chunks)
        var marked = try mark(after: 0, marks, chunks: chunks, total: total)
        let strayNodes = try strayNodes()
        let strayPacks = try strayPacks()
        if !strayNodes.isEmpty || !strayPacks.isEmpty {
            let quiet = try quiet()
            defer { quiet.release() }
            try collect(nodes: strayNodes, temporary)
            try collect(packs: strayPacks)
        }
        var waiting: [PackPlan] = []
        var bytes: UInt64 = 0
        var seen = 0
        var after: Digest256?
        while true {
            let page = try store.index.packs(after: after, limit: 500)
            for id in page {
                seen += 1
                if seen % 100 == 0 { progress(StoreProgress("packs", seen, "packs")) }
                guard let plan = try plan(id, marks) else { continue }
                // Copying what is mostly alive would cost more than it frees.
                guard plan.live.isEmpty || plan.waste * 2 >= plan.bytes && plan.waste > 0 else {
                    report.deadBytesKept += plan.waste
                    continue
                }
                waiting.append(plan)
                bytes += plan.liveBytes
                if bytes >= GarbageCollector.batch || waiting.count >= 1000 {
                    marked = try replace(waiting, marks, marked, chunks: chunks, temporary)
                    (waiting, bytes) = ([], 0)
                }
            }
            guard page.count == 500, let last = page.last else { break }
            after = last
        }
        _ = try replace(waiting, marks, marked, chunks: chunks, temporary)
        report.nodes = try store.index.nodeCount()
    }

    // MARK: - Marking

    /// Marks what the nodes behind `after` reach; gives the last one's place.
    private func mark(after: Int64, _ marks: ReachMarks, chunks: Int, total: Int?) throws -> Int64 {
        let store = store
        let progress = progress
        let cursor = Mutex<(after: Int64, count: Int)>((after, 0))
        let sweep = ContentSweep(reader: store.reader, marks: marks, chunks: chunks) { damage in
            let row = try store.index.nodesPage(after: damage.holder - 1, limit: 1).first
            let failure = (damage.error as? SnapshotFailure)?.at(damage.path) ?? damage.error
            throw EngineFailure.shared(
                code: "GC_NODE_UNREADABLE",
                category: .verification,
                message:
                    "what \(row.map(\.id.description) ?? "a node") reaches cannot be told, so no pack was touched: "
                    + ((failure as? any Failure)?.message ?? "\(failure)"),
                hint: "`swarm fsck` lists all that is damaged"
            )
        }
        try sweep.run {
            try cursor.withLock { cursor in
                let page = try store.index.nodesPage(after: cursor.after, limit: 128)
                cursor.after = page.last?.sequence ?? cursor.after
                cursor.count += page.count
                if let total { progress(StoreProgress("reading nodes", cursor.count, of: total, "nodes")) }
                return page.map { row in
                    ContentSweep.Holder(number: row.sequence) { try store.node(row.id).root.namedContents }
                }
            }
        }
        return cursor.withLock { $0.after }
    }

    // MARK: - What the index does not name

    private func strayNodes() throws -> [NodeID] {
        var found: [NodeID] = []
        try Files.eachName(in: store.layout.nodes) { name in
            if let id = NodeID(name), try store.index.node(id) == nil { found.append(id) }
        }
        return found
    }

    private func strayPacks() throws -> [(id: Digest256?, path: String)] {
        var found: [(Digest256?, String)] = []
        for shelf in try Files.names(in: store.layout.packs) {
            let folder = store.layout.packs + "/" + shelf
            guard Files.kind(folder) == .directory else { continue }
            try Files.eachName(in: folder) { name in
                guard name.hasSuffix(".pack") else { return }
                let id = Digest256("sha256:" + name.dropLast(5))
                if let id, try store.index.hasPack(id) { return }
                found.append((id, folder + "/" + name))
            }
        }
        return found
    }

    private func collect(packs: [(id: Digest256?, path: String)]) throws {
        for (id, path) in packs {
            if let id, try store.index.hasPack(id) { continue }
            guard let size = try? Files.size(path) else { continue }
            report.packsOrphaned += 1
            report.packBytes += Int64(clamping: size)
            if !options.isDryRun { try Files.remove(path) }
        }
    }

    // MARK: - Packs

    /// What of a pack is needed; nil where its table cannot be read, which is for `fsck` to say.
    private func plan(_ id: Digest256, _ marks: ReachMarks) throws -> PackPlan? {
        let path = PackFile.path(of: id, in: store.layout.packs)
        guard let table = try? PackFile.readTable(path) else { return nil }
        let places: [Digest256: ChunkLocation] = try store.index.locate(table.entries.map(\.name))
        var live: [PackedChunk] = []
        var dead: [Digest256] = []
        for entry in table.entries where places[entry.name]?.pack == id {
            if marks.has(entry.name) { live.append(entry) } else { dead.append(entry.name) }
        }
        return PackPlan(table: table, live: live, dead: dead)
    }

    /// Copies what is alive, and in a quiet moment lets the copies take the place of the packs. Gives the place of the last
    /// node that was marked.
    private func replace(
        _ plans: [PackPlan],
        _ marks: ReachMarks,
        _ marked: Int64,
        chunks: Int,
        _ temporary: TemporaryFolder
    ) throws -> Int64 {
        guard !plans.isEmpty else { return marked }
        if options.isDryRun {
            for plan in plans { count(plan) }
            report.packBytes += plans.reduce(0) { $0 + size($1.table.path) }
            report.packBytes -= Int64(clamping: PackWriter.packedBytes(plans.flatMap(\.live)))
            return marked
        }
        let writer = try PackWriter(folder: store.layout.packs, temporary: temporary.path)
        for plan in plans { try PackFile.copy(plan.live, from: plan.table.path, to: writer) }
        let copies = try writer.finish()
        // Nearly all that came in meanwhile is marked before anybody has to wait.
        let nearly = try mark(after: marked, marks, chunks: chunks, total: nil)
        let quiet = try quiet()
        defer { quiet.release() }
        let last = try mark(after: nearly, marks, chunks: chunks, total: nil)
        // What was dead may be in use by now: somebody found it in the store and did not write it again.
        let sure = plans.filter { plan in !plan.dead.contains { marks.has($0) } }
        let own = Set(copies.map(\.id))
        try store.index.replacePacks(
            sure.filter { !own.contains($0.table.id) }.map { PackRemoval(id: $0.table.id, dead: $0.dead) },
            by: copies.map(\.row)
        )
        report.packBytes -= copies.reduce(0) { $0 + size($1.path) }
        for plan in sure where !own.contains(plan.table.id) {
            report.packBytes += size(plan.table.path)
            try Files.remove(plan.table.path)
            count(plan)
        }
        return last
    }

    private func size(_ path: String) -> Int64 { Int64(clamping: (try? Files.size(path)) ?? 0) }

    private func count(_ plan: PackPlan) {
        if plan.live.isEmpty { report.packsRemoved += 1 } else { report.packsRewritten += 1 }
        report.chunksRemoved += plan.dead.count
    }
}

extension SnapshotRoot {
    /// All that it holds, each with the name under which a message speaks of it.
    var namedContents: [(name: String, content: ReachableContent)] {
        var all: [(String, ReachableContent)] = [
            ("the state database", .content(state)), ("the response", .content(response)), ("", .tree(workspace)),
        ]
        if let home { all.append(("~", .tree(home))) }
        return all
    }
}
