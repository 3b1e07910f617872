import SwarmContracts
import SwarmPlatform
import SwarmSnapshot
import Testing

#if canImport(Glibc)
import Glibc
#endif

@Suite("Looking into trees")
struct TreeTests {
    private struct Without: IgnoreFilter {
        func ignores(path: [UInt8], isDirectory: Bool) -> Bool { path == Array("out/of/sight".utf8) && isDirectory }
    }

    @Test("differences are files, links and empty directories, and equal subtrees are not read")
    func difference() throws {
        let store = try TestStore()
        let source = try store.scratch.folder("source")
        for folder in ["same/below", "one", "turned", "hollow"] { _ = try store.scratch.folder("source/" + folder) }
        for file in ["same/below/f", "one/a", "one/b", "one/x", "turned/f"] {
            TreeFixture.write(Array(file.utf8), source + "/" + file)
        }
        let old = try store.scan(source)
        Shell.run(
            "cd '\(source)' && rm -r one/a hollow turned && echo t > turned && echo b > one/b && chmod +x one/x && mkdir -p new/empty && ln -s x new/l"
        )
        let new = try store.scan(source, parent: old.tree)
        // What is equal could not be read even if somebody tried.
        guard
            case .directory(let same, _) = try TreeWalk.entry(
                at: Array("same".utf8),
                in: new.tree,
                reader: store.reader
            )
        else {
            Issue.record("`same` is a directory")
            return
        }
        for part in same.content.parts { store.index.remove(part.name) }
        let changes = try TreeDifference.changes(from: old.tree, to: new.tree, reader: store.reader)
        #expect(
            changes.map { $0.letter + " " + String(decoding: $0.path, as: UTF8.self) } == [
                "D hollow", "A new/empty", "A new/l", "D one/a", "M one/b", "M one/x", "T turned", "D turned/f",
            ]
        )
        #expect(try TreeDifference.changes(from: new.tree, to: new.tree, reader: store.reader).isEmpty)
    }

    @Test("the walk over chunks finds all that were written, and all that a tree needs")
    func chunks() throws {
        let store = try TestStore()
        let source = try store.scratch.folder("source")
        TreeFixture.fill(source, seed: 21)
        let result = try store.scan(source)
        var names: Set<Digest256> = []
        try ChunkWalk.collect([.tree(result.tree), .content(.empty)], reader: store.reader, into: &names)
        #expect(names == store.index.names)
        var paths: Set<[UInt8]> = []
        try TreeWalk.each(in: result.tree, reader: store.reader) { path, _ in paths.insert(path) }
        #expect(paths == Set(TreeFixture.describe(source).keys))
    }

    @Test("what a snapshot cannot or must not hold is left out, and said")
    func leftOut() throws {
        let store = try TestStore()
        let source = try store.scratch.folder("source")
        for folder in [".swarm/keys", "in/.swarm", "out/of/sight", "module"] {
            _ = try store.scratch.folder("source/" + folder)
        }
        for file in [".swarm/keys/root", "in/.swarm/x", "in/kept", "out/of/sight/x", "out/of/kept"] {
            TreeFixture.write([1], source + "/" + file)
        }
        mkfifo(source + "/pipe", 0o644)
        TreeFixture.write(Array("gitdir: ../.git/modules/module\n".utf8), source + "/module/.git")
        let inside = try store.scan(source, ignore: Without())
        #expect(inside.warnings.map(\.kind) == [.special])
        #expect(!inside.isComplete)
        TreeFixture.write(Array("gitdir: /elsewhere/.git/worktrees/w\n".utf8), source + "/.git")
        unlink(source + "/pipe")
        let outside = try store.scan(source, ignore: Without())
        #expect(outside.warnings.map(\.kind) == [.gitPointer("/elsewhere/.git/worktrees/w")])
        var paths: [String] = []
        try TreeWalk.each(in: outside.tree, reader: store.reader) { path, _ in
            paths.append(String(decoding: path, as: UTF8.self))
        }
        #expect(paths == [".git", "in", "module", "out", "in/kept", "module/.git", "out/of", "out/of/kept"])
    }

    @Test("what cannot be read is left out with a warning", .enabled(if: getuid() != 0))
    func unreadable() throws {
        let store = try TestStore()
        let source = try store.scratch.folder("source")
        TreeFixture.write([1], source + "/secret", mode: 0)
        TreeFixture.write([1], source + "/open")
        chmod(try store.scratch.folder("source/closed"), 0)
        let result = try store.scan(source)
        #expect(result.warnings.map(\.kind) == [.unreadable, .unreadable])
        #expect(try store.reader.directory(result.tree).items.map(\.name) == [Array("open".utf8)])
    }

    @Test("a link in the place of a directory is never followed out of the tree")
    func links() throws {
        let store = try TestStore()
        let source = try store.scratch.folder("source")
        symlink("/etc", source + "/etc")
        let result = try store.scan(source)
        #expect(result.files == 0)
        #expect(try TreeWalk.entry(at: Array("etc/passwd".utf8), in: result.tree, reader: store.reader) == nil)
        let target = store.scratch.path + "/target"
        symlink("/tmp", target)
        #expect(throws: SnapshotFailure.targetNotEmpty(target)) {
            try Materialiser.build(tree: result.tree, into: target, reader: store.reader, times: nil, threads: 1)
        }
    }

    @Test("without times every entry has one fixed time")
    func fixedTime() throws {
        let store = try TestStore()
        let source = try store.scratch.folder("source/folder")
        TreeFixture.write([1], source + "/file")
        let result = try store.scan(store.scratch.path + "/source")
        let copy = store.scratch.path + "/copy"
        try Materialiser.build(tree: result.tree, into: copy, reader: store.reader, times: nil, threads: 1)
        for path in ["", "/folder", "/folder/file"] {
            var status = stat()
            #expect(lstat(copy + path, &status) == 0)
            #expect(status.st_mtim.tv_sec == 1)
        }
    }

    @Test("the facts of a tree are the documented hash")
    func facts() throws {
        let directory = try Directory([
            Directory.Item(name: Array("a".utf8), entry: .file(.empty, FileFacts(isExecutable: true))),
            Directory.Item(name: Array("b".utf8), entry: .symbolicLink(Array("a".utf8))),
        ])
        let bytes: [UInt8] =
            Array("swarm/v1/tree\0".utf8) + [0, 0, 0, 2] + [2, 0, 1, 0x61] + [UInt8](repeating: 0, count: 8)
            + Digest256.sha256(of: []).bytes + [4, 0, 1, 0x62, 0, 1, 0x61]
        #expect(directory.t == Digest256.sha256(of: bytes))
    }
}
