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

    @Test("an unchanged tree has no changed file and the same reference")
    func hit() throws {
        let store = try TestStore()
        let source = try settled(store)
        let first = try store.scan(source)
        let cache = try StatCache(decoding: try #require(first.cache).encode())
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
        let bytes = try #require(try store.scan(folder).cache).encode()
        for position in bytes.indices {
            var broken = bytes
            broken[position] ^= 0x10
            // The seal around a stored cache finds any damage; what gets past it by other ways must not crash.
            guard let cache = try? StatCache(decoding: broken) else { continue }
            let scan = try store.scan(folder, previous: cache)
            #expect(scan.files > 0)
        }
        for count in 0..<41 {
            #expect(throws: SnapshotFailure.self) { try StatCache(decoding: Array(bytes[..<count])) }
        }
        #expect(throws: SnapshotFailure.self) { try StatCache(decoding: bytes.dropLast() + []) }
    }
}
