import SwarmContracts
import SwarmPlatform
import SwarmSnapshot
import Synchronization
import Testing

#if canImport(Glibc)
import Glibc
#endif

@Suite("Going through the content of many nodes")
struct SweepTests {
    /// Three trees: `left` and `right` share a folder, `alone` shares nothing with them.
    private struct Fixture {
        let store = try? TestStore()
        var trees: [TreeReference] = []

        init() throws {
            let store = try #require(self.store)
            var numbers = Numbers(11)
            let shared = (small: numbers.bytes(9000), large: numbers.bytes(9 << 20))
            for name in ["left", "right", "alone"] {
                let source = try store.scratch.folder("\(name)/folder/below")
                TreeFixture.write(numbers.bytes(3000), store.scratch.path + "/\(name)/own")
                if name == "alone" {
                    TreeFixture.write(numbers.bytes(7000), source + "/file")
                } else {
                    TreeFixture.write(shared.small, source + "/file")
                    TreeFixture.write(shared.large, source + "/large")
                }
                trees.append(try store.scan("\(store.scratch.path)/\(name)").tree)
            }
        }

        func content(_ path: String, _ tree: Int) throws -> Content {
            let store = try #require(self.store)
            guard
                case .file(let content, _) = try TreeWalk.entry(
                    at: Array(path.utf8),
                    in: trees[tree],
                    reader: store.reader
                )
            else { throw SnapshotFailure.malformed("the fixture") }
            return content
        }

        /// Flips a bit of a part of a content, in its pack.
        func damage(_ content: Content, part: Int = 0) throws {
            let store = try #require(self.store)
            let place = try #require(store.index.location(of: content.parts[part].name))
            let pack = PackFile.path(of: place.pack, in: store.packs)
            var bytes = try Files.read(pack)
            bytes[Int(place.offset) + 40] ^= 1
            TreeFixture.write(bytes, pack)
        }

        /// Sweeps all trees `rounds` times over: what was met, and how much was opened.
        func sweep(rounds: Int = 1) throws -> (met: [ContentSweep.Damage], chunks: Int, bytes: UInt64) {
            let store = try #require(self.store)
            let met = Mutex<[ContentSweep.Damage]>([])
            let sweep = ContentSweep(reader: store.reader, marks: nil, chunks: 100) { damage in
                met.withLock { $0.append(damage) }
            }
            let left = Mutex(rounds)
            let trees = trees
            try sweep.run {
                let round = left.withLock { left in
                    left -= 1
                    return left
                }
                return round < 0
                    ? []
                    : trees.enumerated().map { number, tree in
                        ContentSweep.Holder(number: Int64(number)) { [("", .tree(tree))] }
                    }
            }
            return (met.withLock { $0 }, sweep.done.chunks, sweep.done.bytes)
        }
    }

    @Test("every chunk is opened once, however many trees hold it and however often they come")
    func everything() throws {
        let fixture = try Fixture()
        let store = try #require(fixture.store)
        let (met, chunks, bytes) = try fixture.sweep(rounds: 20)
        #expect(met.isEmpty)
        #expect(chunks == store.index.count)
        #expect(bytes > (9 << 20) + 9000 + 7000 + 3 * 3000)
    }

    @Test(
        "damage that trees share is met once and named at all of them, with its path",
        arguments: ["folder/below/file", "folder/below/large"]
    )
    func shared(path: String) throws {
        let fixture = try Fixture()
        let content = try fixture.content(path, 0)
        try fixture.damage(content, part: content.parts.count - 1)
        let met = try fixture.sweep(rounds: 5).met
        #expect(met.count == 1)
        let damage = try #require(met.first)
        #expect(damage.holder < 2 && String(decoding: damage.path, as: UTF8.self) == path)
        #expect((damage.error as? SnapshotFailure)?.code == "CHUNK_DAMAGED")
        let damaged = try #require(damage.content)
        var trace = DamageTrace([damaged: 7], reader: try #require(fixture.store).reader, chunks: 100)
        // Twice: what is known to be clean or not by then is not read again.
        for _ in 0..<2 {
            let found = fixture.trees.map { trace.damages(in: [("", .tree($0))]) }
            #expect(found == [[7], [7], []])
        }
        #expect(trace.firstPaths[7].map { String(decoding: $0, as: UTF8.self) } == path)
    }

    @Test("a damaged folder is met once, and all that is beside it is still looked at")
    func folder() throws {
        let fixture = try Fixture()
        let store = try #require(fixture.store)
        guard
            case .directory(let below, _) = try TreeWalk.entry(
                at: Array("folder/below".utf8),
                in: fixture.trees[0],
                reader: store.reader
            )
        else { throw SnapshotFailure.malformed("the fixture") }
        try fixture.damage(below.content)
        try fixture.damage(fixture.content("own", 1))
        let met = try fixture.sweep().met
        #expect(Set(met.map { String(decoding: $0.path, as: UTF8.self) }) == ["folder/below", "own"])
        let damaged = Dictionary(
            uniqueKeysWithValues: met.enumerated().compactMap { number, damage in
                damage.content.map { ($0, number) }
            }
        )
        var trace = DamageTrace(damaged, reader: store.reader, chunks: 100)
        #expect(fixture.trees.map { trace.damages(in: [("", .tree($0))]).count } == [1, 2, 0])
    }

    @Test("a holder that does not open is named, and ends nothing")
    func holder() throws {
        let fixture = try Fixture()
        let store = try #require(fixture.store)
        let met = Mutex<[Int64]>([])
        let sweep = ContentSweep(reader: store.reader, marks: nil, chunks: 100) { damage in
            #expect(damage.content == nil)
            met.withLock { $0.append(damage.holder) }
        }
        let isFirst = Mutex(true)
        let tree = fixture.trees[2]
        try sweep.run {
            guard
                isFirst.withLock({ first in
                    defer { first = false }; return first
                })
            else { return [] }
            return (0..<3).map { number in
                ContentSweep.Holder(number: number) {
                    if number == 1 { throw SnapshotFailure.malformed("the root") }
                    return [("", .tree(tree))]
                }
            }
        }
        #expect(met.withLock { $0 } == [1])
        #expect(sweep.done.chunks > 0)
    }

    @Test("the size of the packs that a copy makes is known before", arguments: [0, 1, 5, 40])
    func packed(count: Int) throws {
        let store = try TestStore()
        var numbers = Numbers(5)
        let records = (0..<count).map { number in
            (Digest256.sha256(of: [UInt8(number)]), numbers.bytes(number.isMultiple(of: 3) ? 4 << 20 : 1000 + number))
        }
        let writer = try PackWriter(folder: store.packs, temporary: store.scratch.folder("tmp"))
        for (name, bytes) in records { try writer.add(name, bytes) }
        let made = try writer.finish()
        let sizes = try made.reduce(UInt64(0)) { $0 + (try Files.size($1.path)) }
        let planned = records.map { PackedChunk(name: $0.0, offset: 0, length: UInt32($0.1.count)) }
        #expect(PackWriter.packedBytes(planned) == sizes)
        #expect(made.count == (count == 40 ? 2 : min(count, 1)))
    }
}
