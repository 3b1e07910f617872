import Glibc
import SwarmContracts
import SwarmPlatform
import TestTools
import Testing

@testable import WorkingTree

@Suite("An apply among links, edits and kills")
struct HostileTests {
    private struct Killed: Error {}

    @Test("a link in place of a folder is a conflict, and nothing is written behind it")
    func linkInPlaceOfFolder() throws {
        let site = try Site(
            base: ["d/f": .file("1")],
            theirs: ["d/f": .file("2"), "d/new": .file("n")],
            ours: ["d": .link("../outside")]
        )
        mkdir(site.folder.path + "/outside", 0o755)
        site.folder.write(Array("1".utf8), to: "outside/f")
        #expect(Set(try site.plan().conflicts.map(\.reason)) == [.deletedByUser, .blocked])
        _ = try site.apply(.markers)
        #expect(try Tree.read(site.folder.path + "/outside") == Tree(["f": .file("1")]))
    }

    @Test(
        "a folder that becomes a link to elsewhere during the apply is not followed",
        arguments: [
            ApplyMoment.staged, .checked, .doing(.replace, Array("d/f".utf8)), .renamed(Array("d/f".utf8)),
        ]
    )
    func folderSwapped(when: ApplyMoment) throws {
        let site = try Site(
            base: ["d/f": .file("1"), "d/g": .file("1")],
            theirs: ["d/f": .file("2"), "d/new/n": .file("n")],
            ours: ["d/f": .file("1"), "d/g": .file("1")]
        )
        Tree(["outside/f": .file("1"), "outside/g": .file("1")]).write(to: site.folder)
        _ = try? site.apply(.markers) { moment in
            guard moment == when else { return }
            rename(site.path + "/d", site.folder.path + "/moved")
            symlink("../outside", site.path + "/d")
        }
        #expect(try Tree.read(site.folder.path + "/outside") == Tree(["f": .file("1"), "g": .file("1")]))
        #expect(try site.tree()["d"] == .link("../outside"))
    }

    @Test("the way without openat2 follows no link either")
    func byParts() throws {
        let site = try Site(base: [:], theirs: [:], ours: ["d/e": .folder, "l": .link("d"), "f": .file("")])
        let top = try Folder(top: site.path)
        func look(_ path: String) throws -> String {
            switch try top.folderByParts(try #require(TreePath(Array(path.utf8)))) {
            case .folder: "folder"
            case .missing: "missing"
            case .blocked: "blocked"
            }
        }
        #expect(
            try ["d/e", "d/x", "l", "l/e", "f", "f/x"].map(look) == [
                "folder", "missing", "blocked", "blocked", "blocked", "blocked",
            ]
        )
    }

    @Test("with the style refuse an edit made before the first file is placed stops everything")
    func editBeforeFirstWrite() throws {
        let site = try Site(
            base: ["a": .file("1"), "b": .file("1")],
            theirs: ["a": .file("2"), "b": .file("2")],
            ours: ["a": .file("1"), "b": .file("1")]
        )
        let failure = #expect(throws: WorkingTreeFailure.self) {
            try site.apply { if $0 == .staged { site.folder.write(Array("edit".utf8), to: "work/b") } }
        }
        #expect(failure?.code == "APPLY_CONFLICT")
        #expect(try site.tree() == Tree(["a": .file("1"), "b": .file("edit")]))
    }

    @Test(
        "an edit at any moment is never lost",
        arguments: [
            ApplyMoment.checked, .doing(.replace, Array("f".utf8)), .renamed(Array("f".utf8)),
        ],
        [true, false]
    )
    func editWhileWriting(when: ApplyMoment, inPlace: Bool) throws {
        let site = try Site(
            base: ["f": .file("1"), "g": .file("1")],
            theirs: ["f": .file("2"), "g": .file("2")],
            ours: ["f": .file("1"), "g": .file("1")]
        )
        let report = try site.apply { moment in
            guard moment == when else { return }
            if !inPlace { unlink(site.path + "/f") }
            site.folder.write(Array("edit".utf8), to: "work/f")
        }
        #expect(try site.tree() == Tree(["f": .file("edit"), "g": .file("2")]))
        #expect(report.conflicts.map(\.reason) == [.changedMeanwhile])
    }

    @Test("an edit of the file that was just put in place keeps both versions")
    func editAfterExchange() throws {
        let site = try Site(base: ["f": .file("1")], theirs: ["f": .file("2")], ours: ["f": .file("1")])
        let report = try site.apply { moment in
            if moment == .renamed(Array("f".utf8)) { site.folder.write(Array("first".utf8), to: "work/f") }
            if moment == .exchanged(Array("f".utf8)) {
                unlink(site.path + "/f")
                site.folder.write(Array("second".utf8), to: "work/f")
            }
        }
        #expect(report.kept.count == 1)
        #expect(
            Set(try site.tree().nodes.values.map { "\($0)" })
                == Set(["first", "second"].map { "\(Tree.Node.file($0))" })
        )
    }

    @Test("a file edited or deleted while it is being deleted comes back or stays away")
    func editWhileDeleting() throws {
        let base: [String: Tree.Node] = ["f": .file("1"), "g": .file("1")]
        let site = try Site(base: base, theirs: [:], ours: base)
        let report = try site.apply { moment in
            if moment == .doing(.delete, Array("f".utf8)) { site.folder.write(Array("edit".utf8), to: "work/f") }
            if moment == .doing(.delete, Array("g".utf8)) { unlink(site.path + "/g") }
        }
        #expect(try site.tree() == Tree(["f": .file("edit")]))
        #expect(Set(report.conflicts.map { String(decoding: $0.path, as: UTF8.self) }) == ["f", "g"])
    }

    @Test("a file made where a new one was to come stays")
    func createdMeanwhile() throws {
        let site = try Site(base: [:], theirs: ["f": .file("2")], ours: [:])
        let report = try site.apply { if $0 == .checked { site.folder.write(Array("mine".utf8), to: "work/f") } }
        #expect(try site.tree() == Tree(["f": .file("mine")]))
        #expect(report.failure != nil)
    }

    @Test("killed at any moment nothing is lost, and the next apply ends the work and tidies up")
    func killed() throws {
        let base: [String: Tree.Node] = [
            "a": .file("1"), "m": .file("1\n2\n3\n"), "d/x": .file("x"), "t": .file("t"), "l": .link("1"),
        ]
        let theirs: [String: Tree.Node] = [
            "a": .file("2"), "m": .file("1\n2\nthree\n"), "n/new": .file("n"), "t/u": .file("u"), "l": .link("2"),
        ]
        let ours: [String: Tree.Node] = [
            "a": .file("1"), "m": .file("one\n2\n3\n"), "d/x": .file("x"), "t": .file("t"), "l": .link("1"),
            "mine": .file("m"),
        ]
        let wanted = Tree([
            "a": .file("2"), "m": .file("one\n2\nthree\n"), "n/new": .file("n"), "t/u": .file("u"), "l": .link("2"),
            "mine": .file("m"),
        ])
        var kills = 0
        while true {
            let site = try Site(base: base, theirs: theirs, ours: ours)
            var left = kills
            do {
                try site.apply { _ in
                    if left == 0 { throw Killed() }
                    left -= 1
                }
                break
            } catch is Killed {
                kills += 1
                let middle = try site.tree()
                #expect(middle["mine"] == .file("m"))
                #expect(
                    middle.nodes.values.contains {
                        if case .file(let text, _) = $0 { text.hasPrefix("one\n2\n") } else { false }
                    }
                )
            }
            _ = try site.apply()
            #expect(try site.tree() == wanted, "killed at moment \(kills - 1)")
        }
        #expect(kills > 20)
    }

    @Test("a leftover that holds an edit of the user's is kept and named; others go")
    func leftovers() throws {
        let site = try Site(base: [:], theirs: ["d/f": .file("2")], ours: ["d": .folder])
        let old = TemporaryName.old(ours: .sha256(of: Array("a".utf8)), planned: .sha256(of: Array("b".utf8)))
        let names = [TemporaryName.new.fresh, old.fresh, old.fresh, old.fresh].map {
            String(decoding: $0, as: UTF8.self)
        }
        for (name, text) in zip(names, ["x", "a", "b", "edit"]) {
            site.folder.write(Array(text.utf8), to: "work/d/\(name)")
        }
        site.folder.write([], to: "work/d/.swarm-apply-other")
        let report = try site.apply()
        #expect(report.kept == [Array("d/\(names[3])".utf8)])
        #expect(Set(try site.tree().nodes.keys) == ["d", "d/f", "d/\(names[3])", "d/.swarm-apply-other"])
    }
}
