import SwarmPlatform
import TestTools
import Testing

@testable import WorkingTree

@Suite("Random trees against the rules")
struct ModelTests {
    private static let paths = ["a", "b", "d", "d/a", "d/b", "d/e", "d/e/x", "c/y"]

    private func tree(_ chance: inout Chance) -> Tree {
        var tree = Tree([:])
        for path in ModelTests.paths where !chance.once(in: 3) { tree[path] = node(&chance) }
        return tree
    }

    private func node(_ chance: inout Chance) -> Tree.Node {
        switch chance.below(8) {
        case 0: .link(chance.pick(["a", "/etc", "../.."]))
        case 1: .folder
        case 2: .file("\u{0}\(chance.below(3))")
        default: .file((0..<5).map { "\($0 * 10 + chance.below(6) / 5)\n" }.joined(), executable: chance.once(in: 4))
        }
    }

    private func edit(_ tree: Tree, _ chance: inout Chance) -> Tree {
        var tree = tree
        for _ in 0..<chance.below(4) {
            let path = chance.pick(ModelTests.paths)
            tree[path] = chance.once(in: 3) ? nil : node(&chance)
        }
        return tree
    }

    @Test("every path is ours, theirs, or joined, as the rules say; nothing of the user's is lost")
    func markers() throws {
        var chance = Chance(2024)
        for round in 0..<250 {
            let base = tree(&chance)
            let (theirs, ours) = (edit(base, &chance), edit(base, &chance))
            let site = try Site(base: base, theirs: theirs, ours: ours)
            let report = try site.apply(.markers)
            let after = try site.tree()
            let open = Set(report.conflicts.map { String(decoding: $0.path, as: UTF8.self) })
            for path in Set(ModelTests.paths).union(["c"]) {
                check(path, (base, theirs, ours, after), isOpen: open.contains(path), "round \(round)")
            }
            #expect(!after.nodes.keys.contains { $0.contains(".swarm-apply-") })
            #expect(report.kept.isEmpty)
        }
    }

    private func check(
        _ path: String,
        _ trees: (base: Tree, theirs: Tree, ours: Tree, after: Tree),
        isOpen: Bool,
        _ comment: Comment
    ) {
        let (base, theirs, ours, after) = (trees.base[path], trees.theirs[path], trees.ours[path], trees.after[path])
        // A folder may appear to hold what is new, or stay since something is left in it.
        if after == .folder || ours == .folder { return }
        if base == theirs || ours == theirs {
            #expect(after == ours, "\(path): the node changed nothing, \(comment)")
        } else if ours == base || (ours == nil && base == .folder), !isOpen {
            #expect(after == theirs, "\(path): the user changed nothing, \(comment)")
        } else if case .file(let text, _)? = ours, case .file(let result, _)? = after {
            let lines = Set(result.split(separator: "\n"))
            let base = if case .file(let text, _)? = base { Set(text.split(separator: "\n")) } else { Set<Substring>() }
            #expect(
                text.split(separator: "\n").allSatisfy { base.contains($0) || lines.contains($0) },
                "\(path), \(comment)"
            )
        } else {
            #expect(after == ours && isOpen, "\(path): a conflict keeps the user's, \(comment)")
        }
    }

    @Test("refuse writes everything or nothing")
    func refuse() throws {
        var chance = Chance(99)
        var (refused, applied) = (0, 0)
        for _ in 0..<250 {
            let base = tree(&chance)
            let (theirs, ours) = (edit(base, &chance), edit(base, &chance))
            let site = try Site(base: base, theirs: theirs, ours: ours)
            do {
                let report = try site.apply()
                applied += 1
                #expect(report.failure == nil)
                #expect(try site.plan().actions.isEmpty)
            } catch let failure as WorkingTreeFailure {
                refused += 1
                #expect(failure.code == "APPLY_CONFLICT")
                #expect(try site.tree() == ours)
            }
        }
        #expect(refused > 30 && applied > 30)
    }

    @Test("an untouched folder becomes exactly the node's tree")
    func checkout() throws {
        var chance = Chance(5)
        for round in 0..<150 {
            let (base, theirs) = (tree(&chance), tree(&chance))
            let site = try Site(base: base, theirs: theirs, ours: base)
            let report = try site.apply()
            #expect(report.failure == nil)
            #expect(try site.tree() == theirs, "round \(round)")
        }
    }
}
