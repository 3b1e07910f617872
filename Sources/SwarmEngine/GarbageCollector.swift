internal import SwarmContracts
internal import SwarmPlatform
internal import SwarmState

/// Frees what no node reaches. Every node that the index knows is kept, and so is all that leads to it.
///
/// It works beside runs, imports, fan-outs and reads. What is long (reading every node, copying chunks) needs no lock; what
/// is dead is decided again in a moment in which nobody writes (`QuietStore`), and only then removed.
package final class GarbageCollector {
    let store: Store
    let options: GarbageOptions
    let progress: @Sendable (StoreProgress) -> Void
    var report = GarbageReport()

    package init(
        store: Store,
        options: GarbageOptions,
        progress: @escaping @Sendable (StoreProgress) -> Void
    ) {
        (self.store, self.options, self.progress) = (store, options, progress)
        report.isDryRun = options.isDryRun
    }

    /// Collects. Waits for another collector. Throws exit 3, and has left every pack alone, where a node cannot be read (what
    /// it reaches is not known then) or the index is behind the files.
    package func run() throws -> GarbageReport {
        let lock = try GarbageCollector.alone(store.layout) { progress(StoreProgress("waiting for another gc")) }
        defer { lock.release() }
        // The one that was waited for, or a rebuild, may have put another index in its place.
        try store.index.reopenIfReplaced()
        let temporary = try collectTemporaries()
        defer { temporary.remove() }
        try refuseIndexBehind()
        try collectRuns(temporary)
        try collectCache(temporary)
        try collectContent(temporary)
        return report
    }

    /// Held by whoever removes content, and by whoever replaces the index by which that is judged.
    static func alone(_ layout: StoreLayout, waiting: () -> Void) throws -> FileLock {
        if let lock = try FileLock.exclusiveIfFree(layout.collectLock) { return lock }
        waiting()
        return try FileLock.exclusive(layout.collectLock)
    }

    private func collectTemporaries() throws -> TemporaryFolder {
        let stale = try TemporaryFolder.stale(in: store.layout.tmp)
        report.temporaries = stale.count
        for path in stale { report.folderBytes += FolderSize.bytes(of: path) }
        // Making one sweeps the others.
        return try TemporaryFolder.make(in: store.layout.tmp, sweeps: !options.isDryRun)
    }

    /// A whole node of a run that the index has no row of can only mean an older index: a run has its row before it begins.
    /// What such a node needs must not go.
    private func refuseIndexBehind() throws {
        for id in try store.nodesBeyondIndex(looking: {}, quiet: quiet) {
            throw EngineFailure.shared(
                code: "INDEX_BEHIND",
                category: .verification,
                message: "the index does not know \(id), which is whole",
                hint: "`swarm fsck --rebuild-index` makes the index anew from the files"
            )
        }
    }

    /// Waits until nobody writes. What the index does not name then is nobody's.
    func quiet() throws -> QuietStore {
        let quiet = try QuietStore.make(store.layout) { progress(.waitingForWriters) }
        try dropUnseenCommits()
        return quiet
    }

    /// A commit that was cut off must not name later what is removed now.
    func dropUnseenCommits() throws {
        if !options.isDryRun { try store.index.dropUnseenCommits() }
    }

    /// Moves a folder out of the store, to be removed when no lock is held any more.
    func discard(_ path: String, _ temporary: TemporaryFolder) throws {
        try Files.rename(path, to: "\(temporary.path)/gc-\(Hex.encode(Randomness.bytes(8)))")
    }
}

extension Store {
    /// Whole nodes that the index should know and does not. `looking` is called for each folder; `quiet` is asked for where there
    /// may be some: who takes in a node from elsewhere writes it before its row.
    func nodesBeyondIndex(looking: () -> Void, quiet: () throws -> QuietStore) throws -> [NodeID] {
        var unknown: [NodeID] = []
        try Files.eachName(in: layout.nodes) { name in
            looking()
            guard let id = NodeID(name), try index.node(id) == nil, isBeyondIndex(id) else { return }
            unknown.append(id)
        }
        guard !unknown.isEmpty else { return [] }
        let moment = try quiet()
        defer { moment.release() }
        return try unknown.filter { try index.node($0) == nil && isBeyondIndex($0) }
    }

    /// Whether a node that the index does not know is whole, and its run is one that the index should know.
    private func isBeyondIndex(_ id: NodeID) -> Bool {
        guard let descriptor = try? descriptor(id), let result = try? result(descriptor.runID), result.nodeID == id,
            (try? document(id)) != nil
        else { return false }
        // Forks and imports get their row with their node: without it they have not happened.
        guard descriptor.identity.operation != .fork, descriptor.identity.operation != .import else { return false }
        return (try? index.run(descriptor.runID.description)) == .some(nil)
    }
}
