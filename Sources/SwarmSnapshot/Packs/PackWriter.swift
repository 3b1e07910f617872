internal import CPlatform
package import SwarmContracts
package import SwarmPlatform
internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Gathers sealed chunks in packs. Any thread may add. Packs grow in the temporary folder; `finish` syncs them, gives them
/// their names, and only then may the index name them. A chunk is written once in a session.
package final class PackWriter: Sendable {
    /// Where a pack is closed, in bytes.
    static let target: UInt64 = 32 << 20
    /// So many full packs may wait for the disk: their bytes are on the way there already.
    private static let mostUnsynced = 4

    private struct State {
        var open: OpenPack?
        var known: Set<Digest256> = []
        var unsynced: [ClosedPack] = []
        var synced: [ClosedPack] = []
    }

    private let folder: String
    private let temporary: String
    private let state = Mutex(State())

    /// `folder` is the store's `packs`, `temporary` a private folder on the same file system. Throws `SystemError`.
    package init(folder: String, temporary: String) throws(SystemError) {
        self.folder = folder
        self.temporary = temporary
        try Files.makeFolder(folder, mode: 0o700)
        try Files.makeFolder(temporary, mode: 0o700)
    }

    deinit { abandon() }

    /// Whether this session has written the chunk.
    func holds(_ name: Digest256) -> Bool { state.withLock { $0.known.contains(name) } }

    /// Writes a sealed chunk, unless the session has it already: then false.
    @discardableResult
    package func add(_ name: Digest256, _ sealed: [UInt8]) throws -> Bool {
        guard let (pack, offset) = try reserve(name, sealed.count) else { return false }
        let result = Result { try pack.write(sealed, at: offset) }
        let isComplete = state.withLock { _ in
            pack.writers -= 1
            return pack.isFull && pack.writers == 0
        }
        try result.get()
        if isComplete { try close(pack) }
        return true
    }

    private func reserve(_ name: Digest256, _ count: Int) throws -> (OpenPack, UInt64)? {
        try state.withLock { state in
            guard state.known.insert(name).inserted else { return nil }
            let pack = try state.open ?? OpenPack(in: temporary)
            let offset = pack.reserve(name, UInt32(count))
            state.open = pack.end >= PackWriter.target ? nil : pack
            pack.isFull = state.open == nil
            return (pack, offset)
        }
    }

    private func close(_ pack: OpenPack) throws {
        let closed = try pack.close()
        let oldest = state.withLock { state -> ClosedPack? in
            state.unsynced.append(closed)
            return state.unsynced.count > PackWriter.mostUnsynced ? state.unsynced.removeFirst() : nil
        }
        if let oldest {
            do { try oldest.sync() } catch {
                state.withLock { $0.unsynced.append(oldest) }
                throw error
            }
            state.withLock { $0.synced.append(oldest) }
        }
    }

    /// Syncs the packs and gives them their names. To be called when no thread adds any more. Throws `SystemError`, or
    /// `packConflict` where a pack of that name holds other bytes; then nothing may be indexed.
    package func finish() throws -> [FinishedPack] {
        let last = state.withLock { $0.open.take() }
        if let last { try close(last) }
        let waiting = state.withLock { state in
            defer { state.unsynced = [] }
            return state.unsynced
        }
        state.withLock { $0.synced += waiting }
        for pack in waiting { try pack.sync() }
        let packs = state.withLock { state in
            defer { state.synced = [] }
            return state.synced
        }
        defer { for pack in packs { unlink(pack.path) } }
        var folders: Set<String> = []
        let finished = try packs.map { pack in
            let finished = FinishedPack(
                id: pack.id,
                path: PackFile.path(of: pack.id, in: folder),
                entries: pack.entries
            )
            try install(pack, finished.path)
            folders.insert(Files.parent(of: finished.path))
            return finished
        }
        for folder in folders { try Files.syncFolder(of: folder + "/.") }
        return finished
    }

    private func install(_ pack: ClosedPack, _ path: String) throws {
        let shelf = Files.parent(of: path)
        if mkdir(shelf, 0o700) == 0 {
            try Files.syncFolder(of: shelf)
        } else if errno != EEXIST {
            throw SystemError.last("create the folder", shelf)
        }
        if swarm_renameat2(AT_FDCWD, pack.path, AT_FDCWD, path, UInt32(SWARM_RENAME_NOREPLACE)) == 0 { return }
        guard errno == EEXIST else { throw SystemError.last("write", path) }
        guard try isSame(pack.path, path) else { throw SnapshotFailure.packConflict(file: path) }
    }

    private func isSame(_ one: String, _ other: String) throws -> Bool {
        let files = (try Descriptor.open(one, O_RDONLY), try Descriptor.open(other, O_RDONLY | O_NOFOLLOW))
        guard try files.0.size() == files.1.size() else { return false }
        var (left, right) = ([UInt8](repeating: 0, count: 1 << 20), [UInt8](repeating: 0, count: 1 << 20))
        var offset: UInt64 = 0
        while true {
            let count = try left.withUnsafeMutableBytes { try files.0.read(into: $0, at: offset) }
            let same = try right.withUnsafeMutableBytes { try files.1.read(into: $0, at: offset) }
            guard count == same, left[..<count] == right[..<count] else { return false }
            if count == 0 { return true }
            offset += UInt64(count)
        }
    }

    /// Forgets what was written and not finished.
    package func abandon() {
        let paths = state.withLock { state in
            let paths = (state.unsynced + state.synced).map(\.path) + [state.open?.file.path].compactMap { $0 }
            state = State()
            return paths
        }
        for path in paths { unlink(path) }
    }
}
