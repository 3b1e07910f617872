internal import SwarmContracts
internal import SwarmPlatform
internal import SwarmSnapshot

#if canImport(Glibc)
internal import Glibc
#endif

/// Materialised trees that runs share as lower layers of their overlays. Everything here may be deleted at any time when
/// no run holds the cache's lock.
///
/// An entry is a folder `cache/trees/<node>` with a `tree` folder, and a file `base` that names the entry below it where
/// the tree is only what one run changed. A fork has its parent's tree and needs no entry.
struct TreeCache {
    let store: Store

    /// More layers than this and the tree is built anew in one piece: each layer costs look-ups in every path.
    static let deepest = 24

    private var folder: String { store.layout.cache + "/trees" }

    /// Held for sharing by whoever uses entries, exclusively by whoever removes them.
    ///
    /// Nothing here is synced: that would make each run wait for all that is on its way to the disk. What an earlier start of
    /// the machine left may have lost bytes with the power, so it is thrown away.
    func use(_ temporary: TemporaryFolder) throws -> FileLock {
        try Files.makeFolder(folder, mode: 0o700)
        let path = store.layout.cache + "/lock"
        let lock = try FileLock.shared(path)
        guard let boot = Machine.bootID, !isOf(boot) else { return lock }
        lock.release()
        try discardAll(since: boot, temporary)
        return try FileLock.shared(path)
    }

    private func discardAll(since boot: [UInt8], _ temporary: TemporaryFolder) throws {
        // Whoever uses entries has come through `use` since the machine started; so nobody does.
        let lock = try FileLock.exclusive(store.layout.cache + "/lock")
        defer { lock.release() }
        guard !isOf(boot) else { return }
        let old = temporary.path + "/trees-" + Hex.encode(Randomness.bytes(6))
        try Files.rename(folder, to: old)
        try Files.makeFolder(folder, mode: 0o700)
        try Files.write(boot, to: bootFile, mode: 0o600, sync: false)
        FolderRemoval.remove(old)
    }

    private var bootFile: String { store.layout.cache + "/boot" }

    private func isOf(_ boot: [UInt8]) -> Bool { (try? Files.read(bootFile, limit: 100)) == boot }

    /// The folders that together are the tree of `node`, topmost first; built where they are missing. Every byte that is
    /// built is verified.
    func layers(of node: OpenedNode, temporary: TemporaryFolder) throws -> [String] {
        let key = try entry(of: node)
        if let layers = existing(key) {
            // `gc` drops what was used longest ago first.
            utimes("\(folder)/\(key)", nil)
            return layers
        }
        return try build(node, key, temporary)
    }

    /// Whether the tree of a node lies here.
    func holds(_ node: OpenedNode) throws -> Bool { existing(try entry(of: node)) != nil }

    /// The entry that holds a node's tree: a fork's is its parent's.
    private func entry(of node: OpenedNode) throws -> NodeID {
        var id = node.id
        var operation = node.operation
        var parent = node.descriptor.identity.parentNodeID
        while operation == .fork, let above = parent {
            id = above
            // A worker has the fork alone: then the parent's id is the entry's name and nothing else.
            guard let identity = (try? store.descriptor(above))?.identity else { break }
            operation = identity.operation
            parent = identity.parentNodeID
        }
        return id
    }

    private func tree(_ key: NodeID) -> String { "\(folder)/\(key)/tree" }

    private func existing(_ key: NodeID) -> [String]? {
        var layers: [String] = []
        var next: NodeID? = key
        while let id = next {
            let path = "\(folder)/\(id)"
            guard Files.kind(path) == .directory else { return nil }
            if Files.kind(path + "/tree") == .directory { layers.append(path + "/tree") }
            if layers.count > TreeCache.deepest { return nil }
            guard let base = try? Files.read(path + "/base", limit: 100) else { return layers.isEmpty ? nil : layers }
            guard let above = NodeID(String(decoding: base, as: UTF8.self)) else { return nil }
            next = above
        }
        return nil
    }

    private func build(_ node: OpenedNode, _ key: NodeID, _ temporary: TemporaryFolder) throws -> [String] {
        let building = "\(temporary.path)/cache-\(Hex.encode(Randomness.bytes(6)))"
        try Files.makeFolder(building, mode: 0o700)
        try store.materialise(node, into: building + "/tree")
        let place = "\(folder)/\(key)"
        if rename(building, place) == 0 { return [tree(key)] }
        // Another process was quicker; what it put there may lie under a mount already.
        if let layers = existing(key) {
            FolderRemoval.remove(building)
            return layers
        }
        // A chain of layers that is too deep or broken, which nobody can be using.
        guard swapFolders(building, place) else { throw SystemError.last("create", place) }
        FolderRemoval.remove(building)
        return [tree(key)]
    }

    /// Keeps what a run changed as the entry of its node, on top of its parent's. Nothing is lost where that fails.
    func adopt(upper: String, as node: NodeID, over parent: OpenedNode, temporary: TemporaryFolder) {
        guard let base = try? entry(of: parent), LayerCleaning.makePlain(upper) else { return }
        let building = "\(temporary.path)/layer-\(Hex.encode(Randomness.bytes(6)))"
        do {
            try Files.makeFolder(building, mode: 0o700)
            try Files.write(Array(base.description.utf8), to: building + "/base", sync: false)
            if try !Files.names(in: upper).isEmpty || LayerCleaning.hasOtherNames(upper) {
                guard rename(upper, building + "/tree") == 0 else { return FolderRemoval.remove(building) }
            }
            if rename(building, "\(folder)/\(node)") != 0 { FolderRemoval.remove(building) }
        } catch { FolderRemoval.remove(building) }
    }
}

extension Store {
    /// Builds a node's workspace in `folder`, which must not exist. Throws exit 5 naming the file and the node where a
    /// chunk is missing or damaged.
    func materialise(_ node: OpenedNode, into folder: String) throws {
        try content(of: node) {
            try Materialiser.build(
                tree: node.root.workspace,
                into: folder,
                reader: reader,
                times: times(of: node),
                // One waits for the disk while the others compute.
                threads: WorkerThread.processorCount + 1
            )
        }
    }

    /// Runs what reads a node's content; damage becomes a failure that names the node and the file, or else `part`.
    func content<R>(of node: OpenedNode, part: String = "the content", _ body: () throws -> R) throws -> R {
        do {
            return try body()
        } catch let failure as SnapshotFailure {
            guard let damage = failure.damage else { throw failure }
            throw EngineFailure.contentDamaged(
                node: node.id.description,
                path: damage.path.map { $0 == "." ? "the top directory" : $0 } ?? part,
                reason: damage.reason
            )
        }
    }
}
