internal import SwarmContracts
internal import SwarmPlatform
internal import SwarmState

extension GarbageCollector {
    /// Leftovers next to runs: folders without a row, work of finished runs, and interrupted runs that are old enough.
    func collectRuns(_ temporary: TemporaryFolder) throws {
        let now = Clock.nowSeconds()
        var orphans: [RunID] = []
        var seen = 0
        try Files.eachName(in: store.layout.runs) { name in
            guard !name.hasPrefix("."), let id = try? RunID(stored: name) else { return }
            seen += 1
            if seen % 1000 == 0 { progress(StoreProgress("runs", seen, "runs")) }
            guard let row = try store.index.run(name) else { return orphans.append(id) }
            let folder = store.layout.run(id)
            if row.status.isFinal {
                if Files.kind(folder.work) == .directory { try collectWork(folder, temporary) }
            } else if let age = options.forgetsInterrupted, now - max(row.createdAt, changed(folder)) >= age {
                try forget(id, folder, temporary)
            }
        }
        try collect(orphans: orphans, temporary)
    }

    private func changed(_ folder: RunFolder) -> Int64 { (try? Files.modifiedSeconds(folder.path)) ?? 0 }

    /// What a crash left between the commit of a run and the removal of its work.
    private func collectWork(_ folder: RunFolder, _ temporary: TemporaryFolder) throws {
        guard let lock = try FileLock.exclusiveIfFree(folder.lock) else { return }
        defer { lock.release() }
        guard lock.isAt(folder.lock) else { return }
        report.workFolders += 1
        report.folderBytes += FolderSize.bytes(of: folder.work)
        if !options.isDryRun { FolderRemoval.remove(folder.work) }
    }

    /// Forgets an interrupted run: its work, its log, its id.
    private func forget(_ id: RunID, _ folder: RunFolder, _ temporary: TemporaryFolder) throws {
        guard Files.kind(folder.path) == .directory else {
            if !options.isDryRun { try store.index.removeRun(id.description) }
            return report.forgotten.append(id.description)
        }
        guard let lock = try FileLock.exclusiveIfFree(folder.lock) else { return }
        defer { lock.release() }
        guard lock.isAt(folder.lock), let row = try store.index.run(id.description), !row.status.isFinal else { return }
        report.forgotten.append(id.description)
        report.folderBytes += FolderSize.bytes(of: folder.path)
        guard !options.isDryRun else { return }
        // The row first: a folder without a row is garbage, a row without a folder would be a riddle.
        try store.index.removeRun(id.description)
        try discard(folder.path, temporary)
    }

    private func collect(orphans: [RunID], _ temporary: TemporaryFolder) throws {
        guard !orphans.isEmpty else { return }
        // Imports and forks write their folders before their rows: only in a quiet moment does a missing row mean anything.
        let quiet = try quiet()
        defer { quiet.release() }
        for id in orphans where try store.index.run(id.description) == nil {
            let folder = store.layout.run(id)
            var lock: FileLock?
            if Files.kind(folder.lock) != nil {
                guard let taken = try FileLock.exclusiveIfFree(folder.lock) else { continue }
                lock = taken
            }
            defer { lock?.release() }
            if let lock, !lock.isAt(folder.lock) { continue }
            // A run writes its row under its lock alone.
            if lock != nil { try dropUnseenCommits() }
            // Between the lock and the row there is nothing to lose but the lock itself.
            guard try store.index.run(id.description) == nil else { continue }
            report.runFolders += 1
            report.folderBytes += FolderSize.bytes(of: folder.path)
            if !options.isDryRun { try discard(folder.path, temporary) }
        }
    }

    /// Node folders that the index does not know. To be called while the store is quiet.
    func collect(nodes: [NodeID], _ temporary: TemporaryFolder) throws {
        for id in nodes where try store.index.node(id) == nil {
            let path = store.layout.node(id).path
            guard Files.kind(path) != nil else { continue }
            report.nodeFolders += 1
            report.folderBytes += FolderSize.bytes(of: path)
            if !options.isDryRun { try discard(path, temporary) }
        }
        // Before any pack goes: a rebuilt index must not find a node whose chunks are gone.
        if !options.isDryRun { try Files.syncFolder(of: store.layout.nodes + "/.") }
    }
}
