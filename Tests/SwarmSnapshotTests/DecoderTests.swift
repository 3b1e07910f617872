import SwarmCapability
import SwarmContracts
import SwarmSnapshot
import Testing

@Suite("Decoders of bytes from outside")
struct DecoderTests {
    private func directory() throws -> Directory {
        let key = try #require(ChunkKey(bytes: [UInt8](repeating: 3, count: 32)[...]))
        let content = Content(
            size: 30,
            sha256: Digest256.sha256(of: [1]),
            parts: [Part(name: .zero, key: key, h: .zero, size: 10), Part(name: .zero, key: key, h: .zero, size: 20)]
        )
        return try Directory([
            Directory.Item(name: Array("link".utf8), entry: .symbolicLink(Array("target".utf8))),
            Directory.Item(name: Array("file".utf8), entry: .file(content, FileFacts(isExecutable: true))),
            Directory.Item(name: Array("two".utf8), entry: .file(.empty, FileFacts(isExecutable: false, link: .zero))),
            Directory.Item(name: [0xff], entry: .directory(TreeReference(t: .zero, content: content), hasLinks: true)),
        ])
    }

    @Test("a directory object comes back as it was, in the order of its names")
    func directoryObject() throws {
        let directory = try directory()
        let again = try Directory(decoding: directory.encode())
        #expect(again.encode() == directory.encode())
        #expect(again.t == directory.t)
        #expect(again.items.map(\.name) == [Array("file".utf8), Array("link".utf8), Array("two".utf8), [0xff]])
        #expect(again[Array("two".utf8)]?.kindName == "file")
        #expect(again[Array("none".utf8)] == nil)
    }

    @Test("every cut and any flip of a directory object is refused or gives something that encodes to the same bytes")
    func mutations() throws {
        let bytes = try directory().encode()
        for count in bytes.indices {
            #expect(throws: SnapshotFailure.self) { try Directory(decoding: Array(bytes[..<count])) }
        }
        #expect(throws: SnapshotFailure.self) { try Directory(decoding: bytes + [0]) }
        var numbers = Numbers(4)
        for _ in 0..<20_000 {
            var broken = bytes
            for _ in 0..<Int.random(in: 1...3, using: &numbers) {
                broken[Int.random(in: 0..<broken.count, using: &numbers)] = UInt8.random(in: 0...255, using: &numbers)
            }
            if let read = try? Directory(decoding: broken) { #expect(read.encode() == broken) }
        }
    }

    @Test(
        "names that a file cannot have are refused",
        arguments: [[], [0x2e], [0x2e, 0x2e], [0x61, 0x2f, 0x62], [0x61, 0], [UInt8](repeating: 0x61, count: 256)]
            as [[UInt8]]
    )
    func names(name: [UInt8]) {
        #expect(throws: SnapshotFailure.self) { try Directory([Directory.Item(name: name, entry: .symbolicLink([1]))]) }
        let bytes: [UInt8] = [1, 0, 0, 0, 1, 4, UInt8(name.count >> 8), UInt8(name.count & 255)] + name + [0, 1, 1]
        #expect(throws: SnapshotFailure.self) { try Directory(decoding: bytes) }
    }

    @Test("a name that occurs twice, or out of order, is refused")
    func order() {
        let item = Directory.Item(name: [0x61], entry: .symbolicLink([1]))
        #expect(throws: SnapshotFailure.self) { try Directory([item, item]) }
        for names in [[0x61, 0x61], [0x62, 0x61]] as [[UInt8]] {
            let bytes: [UInt8] = [1, 0, 0, 0, 2] + names.flatMap { [4, 0, 1, $0, 0, 1, 1] }
            #expect(throws: SnapshotFailure.self) { try Directory(decoding: bytes) }
        }
    }

    @Test("times come back as they were, and damaged ones are refused or consistent")
    func times() throws {
        let store = try TestStore()
        let source = try store.scratch.folder("source")
        TreeFixture.fill(source, seed: 5)
        let times = try store.scan(source).times
        let bytes = times.encode()
        #expect(try ModificationTimes(decoding: bytes) == times)
        for count in bytes.indices {
            #expect(throws: SnapshotFailure.self) { try ModificationTimes(decoding: Array(bytes[..<count])) }
        }
        var numbers = Numbers(6)
        for _ in 0..<5000 {
            var broken = bytes
            broken[Int.random(in: 0..<broken.count, using: &numbers)] = UInt8.random(in: 0...255, using: &numbers)
            if let read = try? ModificationTimes(decoding: broken) {
                #expect(try ModificationTimes(decoding: read.encode()) == read)
            }
        }
    }
}
