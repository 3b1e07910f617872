import CPlatform
import SwarmContracts
import SwarmPlatform
import SwarmSnapshot
import Testing

#if canImport(Glibc)
import Glibc
#endif

/// An overlay that is really mounted, for the length of a call.
enum Overlay {
    static let canMount: Bool = {
        guard let scratch = try? Scratch() else { return false }
        return (try? mounted(scratch, lower: scratch.folder("lower")) { _, _ in true }) ?? false
    }()

    static func mounted<R>(_ scratch: Scratch, lower: String, _ body: (_ merged: String, _ upper: String) throws -> R)
        throws -> R
    {
        let upper = try scratch.folder("upper")
        let work = try scratch.folder("overlay-work")
        let merged = try scratch.folder("merged")
        let options = "userxattr,lowerdir=\(lower),upperdir=\(upper),workdir=\(work)"
        guard Shell.run("mount -t overlay overlay -o '\(options)' '\(merged)'") == 0 else {
            throw SystemError("mount", merged, EPERM)
        }
        defer { Shell.run("umount -l '\(merged)'") }
        return try body(merged, upper)
    }
}

@Suite("What an overlay's upper layer makes of a tree", .enabled(if: Overlay.canMount))
struct OverlayTests {
    private func lower(_ store: TestStore) throws -> (SnapshotResult, String) {
        let source = try store.scratch.folder("source")
        for folder in ["keep", "gone", "again", "turned", "into", "deep/er/est"] {
            let place = try store.scratch.folder("source/" + folder)
            for name in ["a", "b", "c"] { TreeFixture.write(Array("\(folder)/\(name)".utf8), place + "/" + name) }
        }
        TreeFixture.write([1], source + "/top")
        link(source + "/top", source + "/deep/linked")
        link(source + "/top", source + "/gone/linked")
        link(source + "/keep/a", source + "/keep/a2")
        link(source + "/deep/er/a", source + "/turned/x")
        TreeFixture.fill(try store.scratch.folder("source/random"), seed: 11)
        let result = try store.scan(source)
        return (result, try store.build(result, "lower"))
    }

    static let changes = [
        "true", "rm top", "rm -r gone", "rm -r again && mkdir again && echo new > again/n",
        "rm -r turned && echo file > turned",
        "rm top && mkdir top && echo x > top/y", "echo more >> deep/er/est/b && chmod +x deep/er/est/c", "touch keep/a",
        "ln keep/b new1 && ln keep/b deep/new2", "ln -s nowhere link && ln -sf elsewhere link", "mv keep kept",
        "rm keep/a2",
        "rm deep/linked && echo other > top", "mkdir -p new/folders/here && echo 1 > new/folders/here/f",
        "rm -rf ./* && echo 1 > all",
        "chmod 600 into/a && touch -d 2001-02-03 into/b", "rm -r deep/er && mv into deep/er",
        "rm -r random && cp -a deep random",
        "mkfifo pipe && mkdir .swarm && echo key > .swarm/secret",
    ]

    @Test("the layer over the parent's tree is the merged tree, to the last byte of the reference", arguments: changes)
    func merged(change: String) throws {
        let store = try TestStore()
        let (parent, lower) = try lower(store)
        let sum = try Overlay.mounted(store.scratch, lower: lower) { merged, upper in
            #expect(Shell.run("cd '\(merged)' && \(change)") == 0)
            let layer = try store.scan(upper: upper, over: parent)
            let whole = try store.scan(merged, parent: parent.tree)
            #expect(encoded(layer.tree) == encoded(whole.tree))
            #expect(layer.changedFiles == whole.changedFiles)
            #expect(layer.isComplete == !change.contains("pipe"))
            Shell.run("rm -rf '\(merged)/pipe' '\(merged)/.swarm'")
            return (layer, TreeFixture.describe(merged))
        }
        #expect(TreeFixture.describe(try store.build(sum.0, "copy"), times: true) == sum.1)
    }

    @Test("a copy of the layers is the merged tree too", arguments: changes)
    func copied(change: String) throws {
        let store = try TestStore()
        let (_, lower) = try lower(store)
        let copy = store.scratch.path + "/copied"
        let seen = try Overlay.mounted(store.scratch, lower: lower) { merged, upper in
            Shell.run("cd '\(merged)' && \(change)")
            Shell.run("rm -rf '\(merged)/pipe'")
            _ = try TreeCopy.copy(layers: [upper, lower], to: copy, threads: 2)
            return TreeFixture.describe(merged)
        }
        #expect(TreeFixture.describe(copy) == seen)
    }

    @Test("an untouched layer costs nothing and keeps the parent's reference and times")
    func untouched() throws {
        let store = try TestStore()
        let (parent, _) = try lower(store)
        let known = store.index.count
        let result = try store.scan(upper: store.scratch.folder("upper"), over: parent)
        #expect(encoded(result.tree) == encoded(parent.tree))
        #expect(result.times == parent.times)
        #expect(store.index.count == known)
        #expect(result.files == 0)
    }
}

@Suite("Marks of an overlay without a mount", .enabled(if: getuid() == 0))
struct OverlayMarkTests {
    @Test("a layer of a mount with redirects or without data is refused")
    func refused() throws {
        let store = try TestStore()
        let parent = try store.scan(store.scratch.folder("source"))
        let upper = try store.scratch.folder("upper")
        _ = try store.scratch.folder("upper/moved")
        for mark in ["user.overlay.redirect", "trusted.overlay.redirect"] {
            let path = upper + "/moved"
            #expect(swarm_setxattr(path, mark, "elsewhere", 9) == 0)
            #expect(
                throws: SnapshotFailure.unsupportedLayer(
                    path: "moved",
                    reason: "it was written by a mount with redirect"
                )
            ) {
                try store.scan(upper: upper, over: parent)
            }
            #expect(swarm_setxattr(path, mark, nil, 0) == 0)
        }
        TreeFixture.write([1], upper + "/file")
        #expect(swarm_setxattr(upper + "/file", "user.overlay.metacopy", "", 0) == 0)
        #expect(throws: SnapshotFailure.self) { try store.scan(upper: upper, over: parent) }
    }

    @Test("an empty file with the whiteout mark removes a name, and only a `y` makes a folder opaque")
    func attributes() throws {
        let store = try TestStore()
        let source = try store.scratch.folder("source")
        for name in ["a", "b"] { TreeFixture.write([1], try store.scratch.folder("source/folder") + "/" + name) }
        let parent = try store.scan(source)
        let upper = try store.scratch.folder("upper")
        let folder = try store.scratch.folder("upper/folder")
        TreeFixture.write([], folder + "/a")
        #expect(swarm_setxattr(folder + "/a", "user.overlay.whiteout", "", 0) == 0)
        #expect(swarm_setxattr(folder, "user.overlay.opaque", "x", 1) == 0)
        let result = try store.scan(upper: upper, over: parent)
        #expect(try TreeWalk.entry(at: Array("folder/a".utf8), in: result.tree, reader: store.reader) == nil)
        #expect(try TreeWalk.entry(at: Array("folder/b".utf8), in: result.tree, reader: store.reader) != nil)
        #expect(swarm_setxattr(folder, "user.overlay.opaque", "y", 1) == 0)
        let emptied = try store.scan(upper: upper, over: parent)
        #expect(try TreeWalk.entry(at: Array("folder/b".utf8), in: emptied.tree, reader: store.reader) == nil)
    }
}
