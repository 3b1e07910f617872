import SwarmContracts
import SwarmPlatform
import Testing

@testable import SwarmSnapshot

#if canImport(Glibc)
import Glibc
#endif

@Suite("Damage to packs")
struct DamageTests {
    private func stored() throws -> (TestStore, SnapshotResult) {
        let store = try TestStore()
        let source = try store.scratch.folder("source/folder")
        var numbers = Numbers(1)
        TreeFixture.write(numbers.bytes(5000), source + "/file")
        return (store, try store.scan(store.scratch.path + "/source"))
    }

    private func part(_ store: TestStore, _ tree: TreeReference) throws -> Part {
        guard
            case .file(let content, _) = try TreeWalk.entry(
                at: Array("folder/file".utf8),
                in: tree,
                reader: store.reader
            )
        else { throw SnapshotFailure.malformed("the fixture") }
        return try #require(content.parts.first)
    }

    @Test("a flipped bit names the pack and the file, wherever it is in the chunk")
    func flipped() throws {
        let (store, result) = try stored()
        let place = try #require(store.index.location(of: try part(store, result.tree).name))
        let pack = PackFile.path(of: place.pack, in: store.packs)
        let bytes = try Files.read(pack)
        for offset in [0, 1, 2500, Int(place.length) - 1] {
            var broken = bytes
            broken[Int(place.offset) + offset] ^= 4
            TreeFixture.write(broken, pack)
            let failure = #expect(throws: SnapshotFailure.self) { try store.build(result, "copy\(offset)") }
            #expect(failure?.code == "CHUNK_DAMAGED")
            #expect(failure?.category == .restore)
            #expect(failure?.damage?.path == "folder/file")
            #expect(failure?.message.contains(pack) == true)
        }
        TreeFixture.write(bytes, pack)
        _ = try store.build(result, "whole")
    }

    @Test("a chunk that the index does not know, a cut pack and a missing one are named")
    func missing() throws {
        let (store, result) = try stored()
        let name = try part(store, result.tree).name
        let place = try #require(store.index.location(of: name))
        let pack = PackFile.path(of: place.pack, in: store.packs)
        truncate(pack, off_t(place.offset) + 10)
        #expect(throws: SnapshotFailure.corruptChunk(file: pack, path: nil, reason: "the pack is cut")) {
            try store.reader.sealedChunk(name)
        }
        unlink(pack)
        #expect(throws: SnapshotFailure.corruptChunk(file: pack, path: nil, reason: "the pack is missing")) {
            try store.reader.sealedChunk(name)
        }
        store.index.remove(name)
        #expect(throws: SnapshotFailure.missingChunk(name: name, path: nil)) { try store.reader.sealedChunk(name) }
    }

    @Test("content of whole chunks in the wrong order is refused")
    func order() throws {
        let store = try TestStore()
        var numbers = Numbers(2)
        let content = try store.session { try $0.write(numbers.bytes(9 << 20)) }
        let turned = Content(size: content.size, sha256: content.sha256, parts: content.parts.reversed())
        let failure = #expect(throws: SnapshotFailure.self) { try store.reader.verify(turned) }
        #expect(failure?.code == "CONTENT_DAMAGED")
        try store.reader.verify(content)
    }

    @Test(
        "of files that are restored together the one whose bytes are not its own is named",
        arguments: [2000, 3 << 20]
    )
    func together(size: Int) throws {
        let store = try TestStore()
        var numbers = Numbers(6)
        // Large files are restored two by two where there are as many for each thread.
        let files = (0..<5).map { numbers.bytes(size + 10 * $0) }
        let contents = try store.session { writer in try files.map { try writer.write($0) } }
        for wrong in [nil, 0, 1, 2, 3, 4] as [Int?] {
            let items = contents.enumerated().map { number, content in
                let hash = number == wrong ? contents[(number + 1) % 5].sha256 : content.sha256
                let content = Content(size: content.size, sha256: hash, parts: content.parts)
                return Directory.Item(
                    name: Array("file\(number)".utf8),
                    entry: .file(content, FileFacts(isExecutable: false))
                )
            }
            let tree = try store.session { try $0.write(directory: Directory(items)) }
            let copy = store.scratch.path + "/copy" + (wrong.map { "\($0)" } ?? "")
            let build = {
                try Materialiser.build(tree: tree, into: copy, reader: store.reader, times: nil, threads: 2)
            }
            if let wrong {
                let failure = #expect(throws: SnapshotFailure.self) { try build() }
                #expect(failure?.code == "CONTENT_DAMAGED")
                #expect(failure?.damage?.path == "file\(wrong)")
            } else {
                try build()
                for (number, bytes) in files.enumerated() { #expect(try Files.read(copy + "/file\(number)") == bytes) }
            }
        }
    }

    @Test("the index can be made anew from the tables of the packs")
    func rebuild() throws {
        let (store, result) = try stored()
        let index = MemoryIndex()
        for pack in store.finished { index.insert([try PackFile.readTable(pack.path)]) }
        #expect(index.names == store.index.names)
        let reader = ContentReader(packs: store.packs, index: index)
        #expect(try reader.directory(result.tree).items.count == 1)
    }

    @Test("no flip or cut of a pack's header, table or trailer passes")
    func table() throws {
        let (store, _) = try stored()
        let pack = try #require(store.finished.first)
        let bytes = try Files.read(pack.path)
        let copy = store.scratch.path + "/\(pack.id.hex).pack"
        let last = try #require(pack.entries.last)
        for position in Array(0..<16) + Array(Int(last.offset) + Int(last.length)..<bytes.count) {
            var broken = bytes
            broken[position] ^= 1
            TreeFixture.write(broken, copy)
            let failure = #expect(throws: SnapshotFailure.self) { try PackFile.readTable(copy) }
            #expect(failure?.code == "PACK_DAMAGED")
        }
        for count in stride(from: 0, to: bytes.count, by: 7) {
            TreeFixture.write(Array(bytes[..<count]), copy)
            #expect(throws: SnapshotFailure.self) { try PackFile.readTable(copy) }
        }
        TreeFixture.write(bytes, copy)
        #expect(try PackFile.readTable(copy).entries == pack.entries)
        rename(copy, store.scratch.path + "/other.pack")
        #expect(throws: SnapshotFailure.self) { try PackFile.readTable(store.scratch.path + "/other.pack") }
    }

    @Test("bytes under the name of a pack are never replaced")
    func conflict() throws {
        let (store, result) = try stored()
        let pack = try #require(store.finished.first)
        let other = try TestStore()
        _ = try other.scratch.folder("packs/" + pack.id.hex.prefix(2))
        let taken = PackFile.path(of: pack.id, in: other.packs)
        TreeFixture.write([1, 2, 3], taken)
        #expect(throws: SnapshotFailure.packConflict(file: taken)) {
            try other.scan(store.scratch.path + "/source", threads: 1)
        }
        #expect(try Files.read(taken) == [1, 2, 3])
        TreeFixture.write(try Files.read(pack.path), taken)
        #expect(try other.scan(store.scratch.path + "/source", threads: 1).tree.t == result.tree.t)
    }

    @Test("a batch holds what can be had; a pack that is gone or cut is left to whoever wants its chunks")
    func batches() throws {
        let store = try TestStore()
        var numbers = Numbers(5)
        var contents: [Content] = []
        for _ in 0..<3 {
            let files = (0..<40).map { numbers.bytes(1000 + $0) }
            try store.session { writer in for file in files { contents.append(try writer.write(file)) } }
        }
        #expect(store.finished.count == 3)
        unlink(store.finished[0].path)
        truncate(store.finished[2].path, 20_000)
        let batch = try #require(store.reader.batch(contents))
        var whole = 0
        for (number, content) in contents.enumerated() {
            let name = content.parts[0].name
            let found = batch.with(name) { sealed, pack in (Array(sealed), pack) }
            if let found, number / 40 == 1 {
                whole += 1
                #expect(found.1 == store.finished[1].path)
                #expect(try store.reader.sealedChunk(name) == found.0)
            }
            if number / 40 == 0 { #expect(found == nil) }
        }
        #expect(whole == 40)
    }

    @Test("an abandoned session leaves no file, and a large one several packs")
    func sessions() throws {
        let store = try TestStore()
        var numbers = Numbers(3)
        let bytes = numbers.bytes(90 << 20)
        let writer = try PackWriter(folder: store.packs, temporary: store.scratch.folder("tmp"))
        _ = try ContentWriter(secret: store.secret, index: store.index, packs: writer).write(bytes)
        writer.abandon()
        #expect(try Files.names(in: store.scratch.path + "/tmp").isEmpty)
        #expect(try Files.names(in: store.packs).isEmpty)
        let content = try store.session { try $0.write(bytes) }
        #expect(store.finished.count == 3)
        #expect(try store.reader.bytes(of: content, limit: 100 << 20) == bytes)
        #expect(try store.session { encoded(try $0.write(bytes)) } == encoded(content))
        #expect(store.finished.count == 3)
    }
}
