internal import SwarmContracts
internal import SwarmPlatform
internal import SwarmRemote
internal import SwarmSnapshot
internal import Synchronization

/// Which chunks a remote has, and where: the tables of its packs. A table never changes, so each is fetched once and kept in
/// the store's cache.
final class RemoteCatalog: Sendable {
    /// Where a chunk lies at the remote.
    struct Place {
        let pack: PackID
        let size: UInt64
        let offset: UInt64
        let length: UInt32
    }

    private struct Pack {
        let id: PackID
        let size: UInt64
    }

    private struct State {
        var packs: [Pack] = []
        var known: Set<PackID> = []
        var chunks: [Digest256: (pack: Int32, offset: UInt64, length: UInt32)] = [:]
    }

    /// Bytes of the largest pack that is taken; a push makes packs of about 32 MiB.
    static let largestPack: UInt64 = 1 << 30

    private let remote: any RemoteStore
    private let cache: String
    private let state = Mutex(State())

    init(_ remote: any RemoteStore, _ layout: StoreLayout) throws {
        self.remote = remote
        let name = Digest256.sha256(of: Array(remote.name.utf8)).hex.prefix(16)
        cache = layout.cache + "/remotes/" + name
        try Files.makeFolder(cache, mode: 0o700)
    }

    func holds(_ name: Digest256) -> Bool { state.withLock { $0.chunks[name] != nil } }

    func place(of name: Digest256) -> Place? {
        state.withLock { state in
            guard let found = state.chunks[name] else { return nil }
            let pack = state.packs[Int(found.pack)]
            return Place(pack: pack.id, size: pack.size, offset: found.offset, length: found.length)
        }
    }

    /// Looks for packs that came since the last look. Throws `untrusted` for one that is cut, or with `removesCut` takes it away:
    /// it can serve nobody, and its name is in the way of a whole one.
    func refresh(removesCut: Bool = false) throws {
        var fresh: [Pack] = []
        try remote.eachPage(of: .packs) { page in
            for entry in page where entry.name.hasSuffix(".pack") {
                guard let id = Digest256("sha256:" + entry.name.dropLast(5)),
                    !state.withLock({ $0.known.contains(id) })
                else { continue }
                guard entry.size <= RemoteCatalog.largestPack else {
                    throw SyncFailure.untrusted(
                        remote: remote.name,
                        what: "\(RemoteObject.pack(id)) has \(entry.size) bytes, and no pack is that large"
                    )
                }
                fresh.append(Pack(id: id, size: entry.size))
            }
        }
        let packs = fresh
        try Parallel.each(packs.count, threads: 8) { number in
            let pack = packs[number]
            do {
                self.add(pack, try self.entries(pack))
            } catch SyncFailure.untrusted where removesCut {
                try self.remote.delete(.pack(pack.id))
            }
        }
    }

    private func add(_ pack: Pack, _ entries: [PackedChunk]) {
        state.withLock { state in
            guard state.known.insert(pack.id).inserted else { return }
            let number = Int32(state.packs.count)
            state.packs.append(pack)
            for entry in entries where state.chunks[entry.name] == nil {
                state.chunks[entry.name] = (number, entry.offset, entry.length)
            }
        }
    }

    /// A pack that this process has put there.
    func add(_ pack: FinishedPack, size: UInt64) { add(Pack(id: pack.id, size: size), pack.entries) }

    private func entries(_ pack: Pack) throws -> [PackedChunk] {
        let kept = "\(cache)/\(pack.id.hex)"
        let file = "\(remote.name)/\(RemoteObject.pack(pack.id))"
        if let rows = try? Files.read(kept, limit: 1 << 30),
            let entries = try? PackFile.entries(rows, of: pack.id, file: file), PackFile.size(of: entries) == pack.size
        {
            return entries
        }
        let rows = try fetch(pack, file)
        do {
            let entries = try PackFile.entries(rows, of: pack.id, file: file)
            try Files.write(rows, to: kept, mode: 0o600, sync: false)
            return entries
        } catch let failure as SnapshotFailure {
            throw SyncFailure.untrusted(remote: remote.name, what: failure.message)
        }
    }

    private func fetch(_ pack: Pack, _ file: String) throws -> [UInt8] {
        func cut() -> SyncFailure { .untrusted(remote: remote.name, what: "\(RemoteObject.pack(pack.id)) is cut") }
        // Most tables are short: one request brings trailer and table.
        let first = pack.size - min(pack.size, 128 << 10)
        guard let tail = try remote.read(.pack(pack.id), first..<pack.size) else { return [] }
        guard tail.count == Int(pack.size - first), tail.count >= PackFile.trailerCount else { throw cut() }
        let range: Range<UInt64>
        do {
            let found = try PackFile.table(
                trailer: Array(tail.suffix(PackFile.trailerCount)),
                size: pack.size,
                file: file
            )
            guard found.id == pack.id else { throw cut() }
            range = found.range
        } catch let failure as SnapshotFailure {
            throw SyncFailure.untrusted(remote: remote.name, what: failure.message)
        }
        if range.lowerBound >= first {
            return Array(tail[Int(range.lowerBound - first)..<Int(range.upperBound - first)])
        }
        guard let rows = try remote.read(.pack(pack.id), range), rows.count == range.count else { throw cut() }
        return rows
    }
}

/// Work on several threads at once that stops at the first failure.
enum Parallel {
    /// Runs `body` for each number below `count` on up to `threads` threads. Throws the first failure, once all have ended.
    static func each(_ count: Int, threads: Int, _ body: @escaping @Sendable (Int) throws -> Void) throws {
        guard count > 0 else { return }
        let shared = Shared()
        try WorkerThread.concurrently(min(threads, count)) { _ in
            while let number = shared.take(below: count) {
                do { try body(number) } catch { shared.fail(error) }
            }
        }
        if let failure = shared.failure { throw failure }
    }

    private final class Shared: Sendable {
        private let state = Mutex<(next: Int, failure: (any Error)?)>((0, nil))

        func take(below count: Int) -> Int? {
            state.withLock { state in
                guard state.failure == nil, state.next < count else { return nil }
                defer { state.next += 1 }
                return state.next
            }
        }

        func fail(_ error: any Error) { state.withLock { $0.failure = $0.failure ?? error } }

        var failure: (any Error)? { state.withLock { $0.failure } }
    }
}
