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

    /// So many packs of a session go through the page cache, where whoever builds the tree next finds them. A session that
    /// writes more would push out what others use, and spend on copying what encryption costs.
    private static let mostCached = 32
    /// Up to so many bytes a session has one pack, whatever its threads: each pack costs some syncs.
    private static let smallSession: UInt64 = 4 << 20
    /// So many packs are open before a thread takes another's: as many as threads that read files.
    private static let mostOpen = min(WorkerThread.processorCount + 1, WorkPool.mostThreads)

    private struct State {
        /// Packs that nobody is writing to and that are not full.
        var idle: [OpenPack] = []
        var known: Set<Digest256> = []
        var begun = 0
        /// Packs that are not full, idle or not.
        var open = 0
        var bytes: UInt64 = 0
        var unsynced: [ClosedPack] = []
        var synced: [ClosedPack] = []
    }

    private let folder: String
    private let temporary: String
    private let mostCached: Int
    private let state = Mutex(State())

    /// `folder` is the store's `packs`, `temporary` a private folder on the same file system. Throws `SystemError`.
    package convenience init(folder: String, temporary: String) throws(SystemError) {
        try self.init(folder: folder, temporary: temporary, mostCached: PackWriter.mostCached)
    }

    init(folder: String, temporary: String, mostCached: Int) throws(SystemError) {
        (self.folder, self.temporary, self.mostCached) = (folder, temporary, mostCached)
        try Files.makeFolder(folder, mode: 0o700)
        try Files.makeFolder(temporary, mode: 0o700)
    }

    deinit { abandon() }

    /// Whether this session has written the chunk.
    func holds(_ name: Digest256) -> Bool { state.withLock { $0.known.contains(name) } }

    /// Writes a sealed chunk, unless the session has it already: then false.
    @discardableResult
    package func add(_ name: Digest256, _ sealed: [UInt8]) throws -> Bool {
        try sealed.withUnsafeBytes { try add(name, $0) }
    }

    /// The same, of bytes that lie elsewhere.
    @discardableResult
    func add(_ name: Digest256, _ sealed: UnsafeRawBufferPointer) throws -> Bool {
        let (pack, isNew) = try take(for: name, sealed)
        guard let pack else { return isNew }
        do {
            try pack.add(name, sealed)
        } catch {
            state.withLock { $0.idle.append(pack) }
            throw error
        }
        if pack.end >= PackWriter.target { try close(pack) } else { state.withLock { $0.idle.append(pack) } }
        return true
    }

    /// A pack for this thread alone, since two that write to one file wait for each other. None where the chunk is there
    /// already, or was added at once.
    private func take(for name: Digest256, _ sealed: UnsafeRawBufferPointer) throws -> (pack: OpenPack?, isNew: Bool) {
        try state.withLock { state in
            guard state.known.insert(name).inserted else { return (nil, false) }
            let pack = try choose(&state)
            state.bytes += UInt64(sealed.count)
            guard state.bytes <= PackWriter.smallSession else { return (pack, true) }
            defer { state.idle.append(pack) }
            try pack.add(name, sealed)
            return (nil, true)
        }
    }

    /// The pack that this thread wrote to last: then files that it reads one after the other lie one behind the other, and
    /// whoever builds the tree reads them in one go.
    private func choose(_ state: inout State) throws(SystemError) -> OpenPack {
        let thread = ThreadID.current
        var chosen = state.idle.lastIndex { $0.thread == thread }
        if chosen == nil, state.open >= PackWriter.mostOpen || state.bytes < PackWriter.smallSession {
            chosen = state.idle.indices.last
        }
        let pack: OpenPack
        if let chosen { pack = state.idle.remove(at: chosen) } else { pack = try begin(&state) }
        pack.thread = thread
        return pack
    }

    private func begin(_ state: inout State) throws(SystemError) -> OpenPack {
        let pack = try OpenPack(in: temporary, isDirect: state.begun >= mostCached)
        state.begun += 1
        state.open += 1
        return pack
    }

    private func close(_ pack: OpenPack) throws {
        let closed = try pack.close()
        let oldest = state.withLock { state -> ClosedPack? in
            state.open -= 1
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
        let open = state.withLock { state in
            defer { state.idle = [] }
            return state.idle
        }
        for pack in open { try close(pack) }
        let waiting = state.withLock { state in
            defer { state.unsynced = [] }
            return state.unsynced
        }
        state.withLock { $0.synced += waiting }
        try Files.sync(waiting.map(\.file))
        for pack in waiting { pack.file.close() }
        let packs = state.withLock { state in
            defer { state.synced = [] }
            return state.synced
        }
        defer { for pack in packs { unlink(pack.path) } }
        let finished = packs.map { pack in
            FinishedPack(id: pack.id, path: PackFile.path(of: pack.id, in: folder), entries: pack.entries)
        }
        let shelves = Set(finished.map { Files.parent(of: $0.path) })
        try make(shelves)
        for (pack, finished) in zip(packs, finished) { try install(pack, finished.path) }
        try Files.sync(folders: Array(shelves))
        return finished
    }

    private func make(_ shelves: Set<String>) throws(SystemError) {
        var isNew = false
        for shelf in shelves {
            if mkdir(shelf, 0o700) == 0 {
                isNew = true
            } else if errno != EEXIST {
                throw .last("create the folder", shelf)
            }
        }
        if isNew { try Files.sync(folders: [folder]) }
    }

    private func install(_ pack: ClosedPack, _ path: String) throws {
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
            let paths = (state.unsynced + state.synced).map(\.path) + state.idle.map(\.file.path)
            state = State()
            return paths
        }
        for path in paths { unlink(path) }
    }
}
