import SwarmContracts
import SwarmPlatform
import SwarmSnapshot
import Testing

#if canImport(Glibc)
import Glibc
#endif

@Suite("What a scan need not read again")
struct StatCacheTests {
    private func settled(_ store: TestStore) throws -> String {
        let source = try store.scratch.folder("source")
        TreeFixture.write(Array("one".utf8), source + "/a")
        TreeFixture.write(Array("two".utf8), try store.scratch.folder("source/sub") + "/b")
        // Older than the scan by more than the clock of file times is coarse. A whole second would count as coarser still.
        usleep(60_000)
        return source
    }

    private func decoded(_ pieces: [[UInt8]]) throws(SnapshotFailure) -> StatCache {
        var read: [StatCache.Piece] = []
        for bytes in pieces { read.append(try StatCache.Piece(decoding: bytes)) }
        return try StatCache(read)
    }

    @Test("an unchanged tree has no changed file and the same reference")
    func hit() throws {
        let store = try TestStore()
        let source = try settled(store)
        let first = try store.scan(source)
        let cache = try decoded(try #require(first.cache).pieces.map(\.bytes))
        let again = try store.scan(source, previous: cache)
        #expect(again.changedFiles == 0)
        #expect(first.changedFiles == 2)
        #expect(again.files == 2)
        #expect(encoded(again.tree) == encoded(first.tree))
    }

    @Test("a changed file is read, and only its folder and those above get new objects")
    func change() throws {
        let store = try TestStore()
        let source = try settled(store)
        let first = try store.scan(source)
        let known = store.index.count
        TreeFixture.write(Array("TWO".utf8), source + "/sub/b")
        let second = try store.scan(source, previous: first.cache)
        #expect(second.changedFiles == 1)
        #expect(second.tree.t != first.tree.t)
        #expect(store.index.count == known + 3)
        #expect(try store.scan(source).tree.t == second.tree.t)
    }

    @Test("a file as young as the scan counts as changed")
    func racy() throws {
        let store = try TestStore()
        let source = try store.scratch.folder("source")
        TreeFixture.write(Array("one".utf8), source + "/a")
        let first = try store.scan(source)
        // The same size, and times put back as a clock that stood still would have left them.
        var status = stat()
        lstat(source + "/a", &status)
        TreeFixture.write(Array("eno".utf8), source + "/a")
        var times = [status.st_mtim, status.st_mtim]
        utimensat(AT_FDCWD, source + "/a", &times, 0)
        #expect(try store.scan(source, previous: first.cache).tree.t != first.tree.t)
    }

    @Test("a chunk that the store has lost is written again")
    func lost() throws {
        let store = try TestStore()
        let source = try settled(store)
        let first = try store.scan(source)
        let names = store.index.names
        for name in names { store.index.remove(name) }
        let second = try store.scan(source, previous: first.cache)
        #expect(encoded(second.tree) == encoded(first.tree))
        #expect(store.index.names == names)
    }

    @Test("the cache of another store is of no use")
    func foreign() throws {
        let store = try TestStore()
        let source = try settled(store)
        let first = try store.scan(source)
        let other = try TestStore(8)
        #expect(encoded(try other.scan(source, previous: first.cache).tree) == encoded(try other.scan(source).tree))
    }

    @Test("a damaged cache is refused, or never trusted for more than it says")
    func damaged() throws {
        let store = try TestStore()
        let folder = try settled(store)
        let pieces = try #require(try store.scan(folder).cache).pieces
        let bytes = try #require(pieces.first).bytes
        #expect(pieces.count == 1)
        for position in bytes.indices {
            var broken = bytes
            broken[position] ^= 0x10
            // The seal around a stored cache finds any damage; what gets past it by other ways must not crash.
            guard let cache = try? decoded([broken]) else { continue }
            let scan = try store.scan(folder, previous: cache)
            #expect(scan.files > 0)
        }
        for count in 0..<57 {
            #expect(throws: SnapshotFailure.self) { try decoded([Array(bytes[..<count])]) }
        }
        #expect(throws: SnapshotFailure.self) { try decoded([bytes.dropLast() + []]) }
        #expect(throws: SnapshotFailure.self) { try decoded([]) }
    }

    @Test("a large cache comes in pieces that know each other")
    func pieces() throws {
        let store = try TestStore()
        let source = try store.scratch.folder("source")
        for folder in 0..<12 {
            let path = try store.scratch.folder("source/\(folder)")
            for file in 0..<300 {
                TreeFixture.write([UInt8(folder)], path + "/" + String(repeating: "n", count: 80) + "\(file)")
            }
        }
        usleep(60_000)
        let first = try store.scan(source)
        let pieces = try #require(first.cache).pieces.map(\.bytes)
        #expect(pieces.count > 1)
        let again = try store.scan(source, previous: decoded(pieces.reversed()))
        #expect(again.changedFiles == 0 && again.isCacheCurrent)
        #expect(encoded(again.tree) == encoded(first.tree))
        // What one piece knows is not read again; the rest is.
        let half = try store.scan(source, previous: decoded([pieces[0]]))
        #expect(!half.isCacheCurrent && encoded(half.tree) == encoded(first.tree))
        let other = try #require(try store.scan(source).cache).pieces.map(\.bytes)
        #expect(throws: SnapshotFailure.self) { try decoded([pieces[0], other[1]]) }
    }

    @Test("the chunks of a cache are looked for unless the store is known to have them")
    func whole() throws {
        let store = try TestStore()
        let source = try settled(store)
        var cache = try #require(try store.scan(source).cache)
        #expect(!cache.isWhole)
        let asked = store.index.asked
        _ = try store.scan(source, previous: cache)
        #expect(store.index.asked > asked)
        cache.isWhole = true
        let before = store.index.asked
        #expect(try store.scan(source, previous: cache).isCacheCurrent)
        #expect(store.index.asked == before)
    }
}
