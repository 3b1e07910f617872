import TestTools
import Testing

@testable import TextDiff

private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

@Suite("Unified diffs")
struct UnifiedDiffTests {
    @Test("a changed line stands between three lines before and after it")
    func changedLine() {
        let old = bytes((1...9).map { "\($0)\n" }.joined())
        let new = bytes((1...9).map { $0 == 5 ? "five\n" : "\($0)\n" }.joined())
        let diff = TextDiff.unified(old: old, new: new, oldName: "a/f", newName: "b/f")
        let expected = "--- a/f\n+++ b/f\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n"
        #expect(String(decoding: diff, as: UTF8.self) == expected)
    }

    @Test("equal texts have no diff")
    func equal() {
        #expect(TextDiff.unified(old: bytes("a"), new: bytes("a"), oldName: "a", newName: "b").isEmpty)
        #expect(TextDiff.counts(old: bytes("a\n"), new: bytes("a\n")) == (0, 0))
    }

    @Test("a missing last newline is said, on either side")
    func missingNewline() {
        let diff = TextDiff.unified(old: bytes("a"), new: bytes("a\n"), oldName: "x", newName: "y")
        #expect(
            String(decoding: diff, as: UTF8.self)
                == "--- x\n+++ y\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n"
        )
    }

    @Test("a new file begins at line 0 of nothing")
    func newFile() {
        let diff = TextDiff.unified(old: [], new: bytes("a\nb\n"), oldName: "/dev/null", newName: "b/f")
        #expect(String(decoding: diff, as: UTF8.self) == "--- /dev/null\n+++ b/f\n@@ -0,0 +1,2 @@\n+a\n+b\n")
    }

    @Test("a block added after its like shows as the second of the two")
    func slides() {
        let diff = TextDiff.unified(old: bytes("{\n}\n"), new: bytes("{\n}\n{\n}\n"), oldName: "a", newName: "b")
        #expect(String(decoding: diff, as: UTF8.self) == "--- a\n+++ b\n@@ -1,2 +1,4 @@\n {\n }\n+{\n+}\n")
    }

    @Test("bytes are binary when a NUL is among the first 8000")
    func binary() {
        #expect(TextDiff.isBinary([65, 0]))
        #expect(!TextDiff.isBinary(bytes("text")))
        #expect(TextDiff.isBinary([UInt8](repeating: 65, count: 7999) + [0]))
        #expect(!TextDiff.isBinary([UInt8](repeating: 65, count: 8000) + [0]))
    }

    @Test("a diff applied gives the new text, whatever the edits and the budget", arguments: [0, 5, 60, 1_000_000])
    func applies(budget: Int) throws {
        var chance = Chance(UInt64(budget) + 1)
        for round in 0..<600 {
            let old = text(&chance)
            let new = round % 3 == 0 ? text(&chance) : edit(old, &chance)
            let diff = TextDiff.unified(
                old: old,
                new: new,
                oldName: "a",
                newName: "b",
                context: chance.below(4),
                budget: budget
            )
            #expect(try Patch.apply(diff, to: old) == new)
        }
    }

    @Test("the shortest edit is found: as short as a table of all edits says")
    func shortest() {
        var chance = Chance(7)
        for _ in 0..<300 {
            let (old, new) = (text(&chance), text(&chance))
            let counts = TextDiff.counts(old: old, new: new)
            #expect(counts.added + counts.removed == distance(old, new))
        }
    }

    @Test("large texts without order end within the budget, as a correct diff")
    func bounded() throws {
        var chance = Chance(3)
        let old = bytes((0..<20_000).map { _ in "\(chance.below(40))\n" }.joined())
        let new = bytes((0..<20_000).map { _ in "\(chance.below(40))\n" }.joined())
        let diff = TextDiff.unified(old: old, new: new, oldName: "a", newName: "b", context: 3, budget: 100_000)
        #expect(try Patch.apply(diff, to: old) == new)
    }

    @Test("patch(1) takes our diffs", .enabled(if: Tool("patch") != nil))
    func patchProgram() throws {
        let patch = try #require(Tool("patch"))
        var chance = Chance(11)
        for _ in 0..<25 {
            let folder = try TemporaryFolder()
            let old = text(&chance)
            let new = edit(old, &chance)
            guard old != new, !old.isEmpty, !new.isEmpty else { continue }
            folder.write(old, to: "file")
            let diff = TextDiff.unified(old: old, new: new, oldName: "a/file", newName: "b/file")
            let outcome = patch.run(["-s", "-p1", "file"], in: folder.path, input: diff)
            #expect(outcome.status == 0, "\(String(decoding: outcome.output, as: UTF8.self))")
            #expect(folder.read("file") == new)
        }
    }

    private func text(_ chance: inout Chance) -> [UInt8] {
        let lines = (0..<chance.below(40)).map { _ in chance.pick(["a", "b", "c", "d", "", "end"]) }
        return bytes(lines.map { $0 + "\n" }.joined() + (chance.once(in: 3) ? "tail" : ""))
    }

    private func edit(_ text: [UInt8], _ chance: inout Chance) -> [UInt8] {
        var lines = text.split(separator: 10, omittingEmptySubsequences: false)
        for _ in 0...chance.below(4) {
            let place = chance.below(lines.count)
            switch chance.below(3) {
            case 0: lines.insert(bytes("new \(chance.below(9))")[...], at: place)
            case 1: lines[place] = bytes("changed")[...]
            default: if lines.count > 1 { lines.remove(at: place) }
            }
        }
        return Array(lines.joined(separator: [10]))
    }

    // The length of the shortest edit, by the full table.
    private func distance(_ old: [UInt8], _ new: [UInt8]) -> Int {
        let table = LineTable([old, new])
        let (a, b) = (table.numbers[0], table.numbers[1])
        var row = Array(0...b.count)
        for i in a.indices {
            var next = [i + 1]
            for j in b.indices {
                next.append(a[i] == b[j] ? row[j] : min(row[j + 1], next[j]) + 1)
            }
            row = next
        }
        return row[b.count]
    }
}
