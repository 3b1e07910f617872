import SwarmContracts
import SwarmPlatform
import Testing

@testable import SwarmSnapshot

#if canImport(Glibc)
import Glibc
#endif

@Suite("Trees into the store and back")
struct RoundTripTests {
    @Test("a random tree comes back as it was, with names, links, modes and times", arguments: 0..<12 as Range<UInt64>)
    func randomTree(seed: UInt64) throws {
        let store = try TestStore()
        let source = try store.scratch.folder("source")
        TreeFixture.fill(source, seed: seed)
        let result = try store.scan(source)
        #expect(result.warnings.isEmpty)
        #expect(result.isComplete)
        let copy = try store.build(result, "copy")
        #expect(TreeFixture.describe(copy) == TreeFixture.describe(source))
        #expect(try store.scan(copy).tree.t == result.tree.t)
    }

    @Test("threads, stat cache and what the store held before leave no trace in the reference")
    func determinism() throws {
        let store = try TestStore()
        let source = try store.scratch.folder("source")
        for seed in 0..<4 as Range<UInt64> { TreeFixture.fill(try store.scratch.folder("source/\(seed)"), seed: seed) }
        var numbers = Numbers(9)
        TreeFixture.write(numbers.bytes(9 << 20), source + "/large")
        let first = try store.scan(source, threads: 1)
        let others = [
            try store.scan(source, threads: 4), try store.scan(source, previous: first.cache),
            try TestStore().scan(source, threads: 3),
        ]
        for other in others { #expect(encoded(other.tree) == encoded(first.tree)) }
        #expect(encoded(try TestStore(8).scan(source).tree) != encoded(first.tree))
        #expect(try TestStore(8).scan(source).tree.t == first.tree.t)
    }

    @Test("an entry keeps the parent's reference where the plaintext is the same, whatever secret named it")
    func parentReferences() throws {
        let store = try TestStore()
        let source = try store.scratch.folder("source")
        TreeFixture.fill(source, seed: 3)
        let folder = try store.scratch.folder("source/deep/er")
        TreeFixture.write([1, 2, 3], folder + "/kept")
        TreeFixture.write([4, 5, 6], folder + "/changed")
        let parent = try store.scan(source)
        TreeFixture.write([7, 8, 9], folder + "/changed")
        let other = try TestStore(99)
        other.index.insert(store.finished)
        Shell.run("cp -a '\(store.packs)/.' '\(other.packs)/'")
        let child = try other.scan(source, parent: parent.tree)
        #expect(child.changedFiles == 1)
        func content(_ tree: TreeReference, _ path: String) throws -> Content? {
            guard case .file(let content, _) = try TreeWalk.entry(at: Array(path.utf8), in: tree, reader: other.reader)
            else { return nil }
            return content
        }
        #expect(
            try content(child.tree, "deep/er/kept")?.parts.first?.name
                == content(parent.tree, "deep/er/kept")?.parts.first?.name
        )
        #expect(
            try content(child.tree, "deep/er/changed")?.parts.first?.name
                != content(parent.tree, "deep/er/changed")?.parts.first?.name
        )
        TreeFixture.write([4, 5, 6], folder + "/changed")
        #expect(encoded(try other.scan(source, parent: parent.tree).tree) == encoded(parent.tree))
    }

    @Test("large files are cut where their content says, and an insertion changes few chunks")
    func chunking() throws {
        let store = try TestStore()
        var numbers = Numbers(5)
        var bytes = numbers.bytes(12 << 20)
        let first = try store.session { try $0.write(bytes) }
        #expect(first.parts.count > 4)
        #expect(first.parts.dropLast().allSatisfy { (256 << 10...4 << 20).contains(Int($0.size)) })
        let file = store.scratch.path + "/file"
        TreeFixture.write(bytes, file)
        #expect(encoded(try store.session { try $0.write(file: file) }) == encoded(first))
        bytes.insert(contentsOf: [1, 2, 3], at: 6 << 20)
        let second = try store.session { try $0.write(bytes) }
        #expect(Set(second.parts.map(\.name)).subtracting(first.parts.map(\.name)).count <= 2)
        #expect(try store.reader.bytes(of: second, limit: 16 << 20) == bytes)
        #expect(throws: SnapshotFailure.self) { try store.reader.bytes(of: second, limit: 1000) }
        #expect(throws: SnapshotFailure.tooLarge(path: file, limit: 1000)) {
            try store.session { try $0.write(file: file, limit: 1000) }
        }
    }

    @Test("a database is cut at fixed places, so that a changed page changes one chunk")
    func databases() throws {
        let store = try TestStore()
        var numbers = Numbers(6)
        var bytes = Array("SQLite format 3\0".utf8) + numbers.bytes(5 << 20)
        let first = try store.session { try $0.write(bytes) }
        let sizes = [UInt32](repeating: 1 << 20, count: 5) + [16]
        #expect(first.parts.map(\.size) == sizes)
        bytes[3 << 20] ^= 1
        let second = try store.session { try $0.write(bytes) }
        #expect(zip(first.parts, second.parts).count { $0.name != $1.name } == 1)
    }

    @Test("a sparse file costs one chunk and comes back sparse")
    func sparse() throws {
        let store = try TestStore()
        let source = try store.scratch.folder("source")
        let file = open(source + "/disk", O_RDWR | O_CREAT, 0o644)
        #expect(ftruncate(file, 200 << 20) == 0)
        #expect(pwrite(file, "data", 4, 150 << 20) == 4)
        close(file)
        let result = try store.scan(source)
        #expect(store.index.count < 8)
        let copy = try store.build(result, "copy")
        var status = stat()
        #expect(lstat(copy + "/disk", &status) == 0)
        #expect(status.st_size == 200 << 20)
        #expect(status.st_blocks * 512 < 16 << 20)
        #expect(try store.scan(copy).tree.t == result.tree.t)
    }

    @Test("the same bytes twice come back as two files, each with its mode, time and holes", arguments: [1, 2])
    func duplicates(threads: Int) throws {
        let store = try TestStore()
        let source = try store.scratch.folder("source")
        var numbers = Numbers(6)
        let bytes = numbers.bytes(700_000) + [UInt8](repeating: 0, count: 9 << 20) + numbers.bytes(1000)
        for number in 0..<6 {
            let path = try store.scratch.folder("source/\(number)") + "/file"
            TreeFixture.write(bytes, path, mode: number % 2 == 0 ? 0o644 : 0o755)
            Shell.run("touch -d '2024-03-0\(number + 1) 12:00:00.12345' '\(path)'")
        }
        let result = try store.scan(source)
        let copy = try store.build(result, "copy", threads: threads)
        #expect(TreeFixture.describe(copy) == TreeFixture.describe(source))
        var inodes: Set<UInt64> = []
        for number in 0..<6 {
            var status = stat()
            #expect(stat("\(copy)/\(number)/file", &status) == 0)
            inodes.insert(UInt64(status.st_ino))
            #expect(status.st_blocks * 512 < 2 << 20)
        }
        #expect(inodes.count == 6)
    }

    @Test("large files of one folder come back, whatever lies beside them", arguments: [1, 2])
    func largeFiles(threads: Int) throws {
        let store = try TestStore()
        let source = try store.scratch.folder("source")
        var numbers = Numbers(9)
        let hole = [UInt8](repeating: 0, count: 9 << 20)
        let text = [UInt8](repeating: 0x74, count: 7_000_001)
        let files = [
            numbers.bytes(5 << 20), numbers.bytes(257 << 10), hole, text, numbers.bytes(1_300_000) + hole + [1], text,
            numbers.bytes(11_111_111), hole + numbers.bytes(64),
        ]
        for (number, bytes) in files.enumerated() {
            TreeFixture.write(bytes, source + "/\(number)", mode: number % 2 == 0 ? 0o644 : 0o755)
            TreeFixture.write(numbers.bytes(number), source + "/small\(number)")
        }
        let result = try store.scan(source)
        let copy = try store.build(result, "copy", threads: threads)
        #expect(TreeFixture.describe(copy) == TreeFixture.describe(source))
        for (number, bytes) in files.enumerated() { #expect(try Files.read(copy + "/\(number)") == bytes) }
    }

    @Test("bytes come from a file of the same build alone while it is as long as it should be")
    func writtenFiles() throws {
        let store = try TestStore()
        let folder = try store.scratch.folder("build")
        var numbers = Numbers(8)
        let bytes = numbers.bytes(400_000)
        let content = try store.session { try $0.write(bytes) }
        let written = WrittenFiles(FolderAccess(try Descriptor.open(folder, O_RDONLY | O_DIRECTORY)))
        let target = try Descriptor.open(folder + "/target", O_RDWR | O_CREAT, mode: 0o600)
        #expect(try !written.copy(content, to: target))
        written.note(content, Array("first".utf8))
        #expect(try !written.copy(content, to: target), "it was moved away")
        TreeFixture.write(Array(bytes.dropLast()), folder + "/first")
        #expect(try !written.copy(content, to: target))
        TreeFixture.write(bytes, folder + "/first")
        #expect(try written.copy(content, to: target))
        #expect(try Files.read(folder + "/target") == bytes)
    }

    @Test("a file of many holes is read with few chunks at hand")
    func manyHoles() throws {
        let store = try TestStore()
        let hole = [UInt8](repeating: 0, count: Chunker.maximum)
        var numbers = Numbers(4)
        var parts: [Part] = []
        for _ in 0..<12 {
            parts += try store.session { try $0.write(numbers.bytes(300_000)) }.parts
            parts += try store.session { try $0.write(hole) }.parts
        }
        let pool = WorkPool(threads: 2)
        pool.push([
            { [parts, source = store.reader.source] in
                var ahead = ReadAhead(source: source, parts: parts, pool: pool, checksFrames: false)
                for number in parts.indices {
                    // As the reader does: a hole that comes again is not asked for.
                    if number > 1, number % 2 == 1 { ahead.pass(number) } else { _ = try ahead.plaintext(number) }
                    #expect(ahead.opened <= 3)
                }
            }
        ])
        try pool.run()
    }

    @Test("a path far longer than the kernel takes at once is no obstacle")
    func deep() throws {
        let store = try TestStore()
        let source = try store.scratch.folder("source")
        let name = String(repeating: "d", count: 200)
        var folder = open(source, O_RDONLY | O_DIRECTORY)
        for _ in 0..<60 {
            #expect(mkdirat(folder, name, 0o755) == 0)
            let below = openat(folder, name, O_RDONLY | O_DIRECTORY)
            close(folder)
            folder = below
        }
        close(openat(folder, "file", O_WRONLY | O_CREAT, 0o644))
        close(folder)
        let result = try store.scan(source)
        #expect(result.files == 1)
        let copy = try store.build(result, "copy")
        #expect(try store.scan(copy).tree.t == result.tree.t)
        _ = try TreeCopy.copy(layers: [copy], to: store.scratch.path + "/again", threads: 2)
        #expect(try store.scan(store.scratch.path + "/again").tree.t == result.tree.t)
    }

    @Test("a directory that is not there is an empty tree, and so is an empty one")
    func missing() throws {
        let store = try TestStore()
        let gone = try store.scan(store.scratch.path + "/nowhere")
        #expect(gone.tree.t == Directory().t)
        #expect(try store.scan(store.scratch.folder("empty")).tree.t == Directory().t)
        #expect(throws: SnapshotFailure.targetNotEmpty(store.scratch.path)) {
            try Materialiser.build(
                tree: gone.tree,
                into: store.scratch.path,
                reader: store.reader,
                times: nil,
                threads: 1
            )
        }
    }

    @Test("many small files go in and out")
    func many() throws {
        let store = try TestStore()
        let source = try store.scratch.folder("source")
        for folder in 0..<40 {
            let place = try store.scratch.folder("source/\(folder)")
            for file in 0..<100 { TreeFixture.write(Array("file \(file) of \(folder)\n".utf8), "\(place)/\(file).txt") }
        }
        let result = try store.scan(source)
        #expect(result.files == 4000)
        #expect(store.finished.count == 1)
        #expect(TreeFixture.describe(try store.build(result, "copy")) == TreeFixture.describe(source))
    }
}

func encoded(_ tree: TreeReference) -> [UInt8] {
    var bytes: [UInt8] = []
    tree.encode(into: &bytes)
    return bytes
}

func encoded(_ content: Content) -> [UInt8] {
    var bytes: [UInt8] = []
    content.encode(into: &bytes)
    return bytes
}
