import Glibc
import SwarmContracts
import SwarmPlatform
import TestTools
import Testing

@testable import WorkingTree

@Suite("Laying a change over a person's folder")
struct RuleTests {
    private let lines = "1\n2\n3\n4\n5\n"

    @Test("what the user left alone is taken: new, changed, removed, links, bits and folders")
    func taken() throws {
        let base: [String: Tree.Node] = [
            "same": .file("s"), "old": .file("1"), "gone": .file("g"), "bit": .file("b"), "link": .link("a"),
            "dir/gone": .file("x"), "becomes": .file("f"), "folder/in": .file("i"),
        ]
        let theirs: [String: Tree.Node] = [
            "same": .file("s"), "old": .file("2"), "bit": .file("b", executable: true), "link": .link("b"),
            "new/deep/file": .file("n", executable: true), "becomes/inner": .file("f"), "folder": .link("elsewhere"),
        ]
        let site = try Site(base: base, theirs: theirs, ours: base)
        let report = try site.apply()
        #expect(try site.tree() == Tree(theirs))
        #expect(report.failure == nil && report.kept.isEmpty)
        #expect(try site.plan().actions.isEmpty)
    }

    @Test("what the node left alone stays the user's, and the same change on both sides is none")
    func untouched() throws {
        let site = try Site(
            base: ["a": .file("1"), "b": .file("1")],
            theirs: ["a": .file("1"), "b": .file("2")],
            ours: ["a": .file("mine"), "b": .file("2"), "extra": .file("e")]
        )
        let report = try site.apply()
        #expect(report.done.isEmpty)
        #expect(try site.plan().untouched == [Array("b".utf8)])
        #expect(try site.tree() == Tree(["a": .file("mine"), "b": .file("2"), "extra": .file("e")]))
    }

    @Test("changes of different lines are merged, and the executable bit is joined apart from them")
    func merged() throws {
        let site = try Site(
            base: ["f": .file(lines), "g": .file(lines), "h": .file("h")],
            theirs: ["f": .file("1\n2\n3\n4\nfive\n"), "g": .file("two"), "h": .file("h", executable: true)],
            ours: [
                "f": .file("one\n2\n3\n4\n5\n", executable: true), "g": .file(lines, executable: true),
                "h": .file("mine"),
            ]
        )
        let report = try site.apply()
        #expect(report.failure == nil)
        #expect(
            try site.tree()
                == Tree([
                    "f": .file("one\n2\n3\n4\nfive\n", executable: true), "g": .file("two", executable: true),
                    "h": .file("mine", executable: true),
                ])
        )
    }

    @Test("one conflict and the style refuse: nothing at all is written")
    func refused() throws {
        let ours: [String: Tree.Node] = ["f": .file("mine\n"), "g": .file("1")]
        let site = try Site(
            base: ["f": .file("1\n"), "g": .file("1")],
            theirs: ["f": .file("node's\n"), "g": .file("2")],
            ours: ours
        )
        let failure = #expect(throws: WorkingTreeFailure.self) { try site.apply() }
        #expect(failure?.code == "APPLY_CONFLICT")
        #expect(failure?.category == .invalidInput)
        #expect(failure?.message.contains("f (both changed the same lines)") == true)
        #expect(failure?.hint != nil)
        #expect(try site.tree() == Tree(ours))
    }

    @Test("with markers a text shows both versions, anything else gets a file beside it, and the rest is taken")
    func markers() throws {
        let site = try Site(
            base: [
                "text": .file("1\n"), "bin": .file("\u{0}1"), "gone": .file("1"), "kept": .file("1"), "k": .file("1"),
                "g": .file("1"),
            ],
            theirs: [
                "text": .file("node\n"), "bin": .file("\u{0}2"), "gone": .file("2"), "k": .link("x"), "g": .file("2"),
            ],
            ours: [
                "text": .file("mine\n", executable: true), "bin": .file("\u{0}3"), "bin.swarm-theirs": .file("taken"),
                "kept": .file("3"), "k": .file("3"), "g": .file("1"),
            ]
        )
        let report = try site.apply(.markers)
        #expect(
            try site.tree()
                == Tree([
                    "text": .file("<<<<<<< yours\nmine\n=======\nnode\n>>>>>>> node\n", executable: true),
                    "bin": .file("\u{0}3"), "bin.swarm-theirs": .file("taken"), "bin.swarm-theirs.2": .file("\u{0}2"),
                    "gone.swarm-theirs": .file("2"), "kept": .file("3"), "k": .file("3"), "k.swarm-theirs": .link("x"),
                    "g": .file("2"),
                ])
        )
        let found = report.conflicts.map { "\(String(decoding: $0.path, as: UTF8.self)) \($0.reason.rawValue)" }
        #expect(found == ["bin binary", "gone deleted_by_user", "k kind", "kept deleted_by_node", "text overlap"])
        #expect(report.failure?.code == "APPLY_CONFLICT")
    }

    @Test("both made the same new file: a conflict unless it is the same")
    func addedTwice() throws {
        let site = try Site(
            base: [:],
            theirs: ["f": .file("b\n"), "s": .file("s")],
            ours: ["f": .file("a\n"), "s": .file("s")]
        )
        #expect(try site.plan().conflicts.map(\.reason) == [.overlap])
        try site.apply(.markers)
        #expect(try site.tree()["f"] == .file("<<<<<<< yours\na\n=======\nb\n>>>>>>> node\n"))
    }

    @Test("a folder that the node removed stays while something of the user's is in it")
    func fullFolder() throws {
        let site = try Site(
            base: ["d/e/f": .file("1")],
            theirs: [:],
            ours: ["d/e/f": .file("1"), "d/mine": .file("m")]
        )
        let report = try site.apply()
        #expect(report.failure == nil)
        #expect(try site.tree() == Tree(["d/mine": .file("m")]))
    }

    @Test("a folder with something of the user's in it cannot become a file")
    func folderToFile() throws {
        let site = try Site(
            base: ["d/f": .file("1")],
            theirs: ["d": .file("x")],
            ours: ["d/f": .file("1"), "d/mine": .file("m")]
        )
        #expect(try site.plan().conflicts.map(\.reason) == [.kind])
        try site.apply(.markers)
        #expect(try site.tree() == Tree(["d/mine": .file("m"), "d.swarm-theirs": .file("x")]))
    }

    @Test(
        "git's folders, the store and our own temporaries are never touched, at any depth and in any case",
        arguments: [
            ".git/config", ".GIT/hooks/pre-commit", "sub/.Git/config", ".swarm/keys/root", "a/.swarm/x", ".git",
            ".swarm-apply-new-0123456789abcdef",
        ]
    )
    func reserved(path: String) throws {
        let site = try Site(base: [:], theirs: [path: .file("evil")], ours: [:])
        let plan = try site.plan()
        #expect(plan.ignoredGit.contains(Array(path.utf8)))
        try site.apply()
        #expect(try site.tree().nodes.keys.allSatisfy { $0 == "sub" || $0 == "a" })
    }

    @Test(
        "paths that lead out, up or nowhere are refused before anything is looked at",
        arguments: [
            "", "/etc/x", "../x", "a/../../x", "a//b", "a/", "./a", "a\u{0}b", String(repeating: "x", count: 256),
        ]
    )
    func badPaths(path: String) throws {
        let site = try Site(base: [:], theirs: [:], ours: [:])
        let change = PathChange(path: Array(path.utf8), base: .absent, theirs: .directory)
        let failure = #expect(throws: WorkingTreeFailure.self) {
            try WorkingTree.plan(directory: site.path, changes: [change], source: site.change, style: .markers)
        }
        #expect(failure?.code == "PATH_INVALID")
    }

    @Test("content that is not what the change says ends the apply before anything is visible")
    func lyingSource() throws {
        let site = try Site(base: [:], theirs: ["a": .file("1"), "b": .file("2")], ours: [:])
        let liar = Change(base: site.change.base, theirs: site.change.theirs, lies: true)
        let failure = #expect(throws: WorkingTreeFailure.self) { try WorkingTree.apply(try site.plan(), source: liar) }
        #expect(failure?.category == .restore)
        #expect(try site.tree() == Tree([:]))
    }

    @Test("a second apply in the same folder is told to wait")
    func busy() throws {
        let site = try Site(base: [:], theirs: ["a": .file("1")], ours: [:])
        var code: String?
        try site.apply { moment in
            guard moment == .staged else { return }
            do { try site.apply() } catch { code = (error as? any Failure)?.code }
        }
        #expect(code == "APPLY_BUSY")
    }

    @Test("a file's own mode stays, but for the executable bit")
    func modes() throws {
        let site = try Site(
            base: ["f": .file("1")],
            theirs: ["f": .file("2", executable: true)],
            ours: ["f": .file("1")]
        )
        chmod(site.path + "/f", 0o640)
        try site.apply()
        var status = stat()
        stat(site.path + "/f", &status)
        #expect(status.st_mode & 0o777 == 0o750)
    }

    @Test("names that are no text are applied like any others")
    func bytesAsNames() throws {
        let site = try Site(base: [:], theirs: [:], ours: [:])
        let change = PathChange(path: [0xff, 0xfe], base: .absent, theirs: .symlink(target: [0xfd]))
        let plan = try WorkingTree.plan(directory: site.path, changes: [change], source: site.change, style: .refuse)
        _ = try WorkingTree.apply(plan, source: site.change)
        #expect(try Folder(top: site.path).observe([0xff, 0xfe]).state == .symlink(target: [0xfd]))
    }

    @Test("two files never share the place beside them, nor take one that the change needs")
    func sidecarNames() throws {
        let long = String(repeating: "n", count: 250)
        let base: [String: Tree.Node] = ["\(long)1": .file("1"), "\(long)2": .file("1"), "f": .file("1")]
        let site = try Site(
            base: base,
            theirs: ["\(long)1": .file("2"), "\(long)2": .file("3"), "f": .file("4"), "f.swarm-theirs": .file("5")],
            ours: [:]
        )
        try site.apply(.markers)
        let short = String(repeating: "n", count: 242)
        #expect(
            try site.tree()
                == Tree([
                    "\(short).swarm-theirs": .file("2"),
                    "\(short.dropLast(2)).swarm-theirs.2": .file("3"),
                    "f.swarm-theirs": .file("5"), "f.swarm-theirs.2": .file("4"),
                ])
        )
    }

    @Test("more files than a process may open are no matter")
    func manyFiles() throws {
        var tree = Tree([:])
        for number in 0..<1500 { tree["d\(number % 40)/f\(number)"] = .file("\(number)") }
        let site = try Site(base: Tree([:]), theirs: tree, ours: Tree([:]))
        let before = try Folder(top: "/proc/self/fd").names().count
        var most = 0
        try site.apply { if $0 == .staged { most = try Folder(top: "/proc/self/fd").names().count } }
        #expect(most - before < 500)
        #expect(try site.tree() == tree)
    }
}
