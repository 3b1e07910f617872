internal import SwarmContracts
internal import SwarmPlatform
internal import SwarmState

extension GarbageCollector {
    /// An entry of the cache of trees.
    private struct Entry {
        let name: String
        let node: NodeID?
        let base: NodeID?
        let bytes: UInt64
        let used: Int64
    }

    /// Cached trees that can serve nobody, and those beyond the limit.
    func collectCache(_ temporary: TemporaryFolder) throws {
        let folder = store.layout.cache + "/trees"
        guard Files.kind(folder) == .directory else { return }
        let entries = try entries(in: folder)
        let victims = victims(of: entries)
        guard !victims.isEmpty else { return }
        // Held for sharing by every running step: trees under a mount must not change.
        guard let lock = try FileLock.exclusiveIfFree(store.layout.cache + "/lock") else {
            report.cacheInUse = true
            return
        }
        defer { lock.release() }
        for entry in victims {
            report.cachedTrees += 1
            report.folderBytes += entry.bytes
            if !options.isDryRun { try discard("\(folder)/\(entry.name)", temporary) }
        }
    }

    private func entries(in folder: String) throws -> [Entry] {
        var entries: [Entry] = []
        try Files.eachName(in: folder) { name in
            let path = "\(folder)/\(name)"
            let base = (try? Files.read(path + "/base", limit: 100)).flatMap {
                NodeID(String(decoding: $0, as: UTF8.self))
            }
            let node = NodeID(name)
            entries.append(
                Entry(
                    name: name,
                    node: try node.flatMap { try store.index.node($0) == nil ? nil : $0 },
                    base: base,
                    bytes: FolderSize.bytes(of: path),
                    used: (try? Files.modifiedSeconds(path)) ?? 0
                )
            )
            if entries.count % 1000 == 0 { progress(StoreProgress("cached trees", entries.count, "trees")) }
        }
        return entries
    }

    private func victims(of entries: [Entry]) -> [Entry] {
        var known: [NodeID: Entry] = [:]
        for entry in entries { if let node = entry.node { known[node] = entry } }
        var kept: Set<NodeID> = []
        var bytes: UInt64 = 0
        for entry in entries.sorted(by: { $0.used > $1.used }) {
            guard let chain = chain(of: entry, known) else { continue }
            // A layer is of use only with all that it lies on.
            let fresh = chain.filter { !kept.contains($0) }
            let size = fresh.reduce(0) { $0 + (known[$1]?.bytes ?? 0) }
            guard bytes + size <= options.cacheLimit else { continue }
            bytes += size
            kept.formUnion(fresh)
        }
        return entries.filter { entry in entry.node.map { !kept.contains($0) } ?? true }
    }

    /// The entry and those below it; nil where one is missing.
    private func chain(of entry: Entry, _ known: [NodeID: Entry]) -> [NodeID]? {
        var chain: [NodeID] = []
        var next = entry.node
        guard next != nil else { return nil }
        while let node = next {
            guard let entry = known[node], chain.count <= TreeCache.deepest * 2 else { return nil }
            chain.append(node)
            next = entry.base
        }
        return chain
    }
}
