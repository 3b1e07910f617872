import TestTools
import Testing
import TextDiff

private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

@Suite("Merging two changes of one text")
struct ThreeWayMergeTests {
    private let labels = ThreeWayMerge.Labels(ours: "yours", theirs: "node")

    private func merge(_ base: String, _ ours: String, _ theirs: String) -> ThreeWayMerge.Outcome {
        ThreeWayMerge.merge(base: bytes(base), ours: bytes(ours), theirs: bytes(theirs), labels: labels)
    }

    @Test("changes apart from each other are both taken")
    func apart() {
        #expect(
            merge("1\n2\n3\n4\n5\n", "one\n2\n3\n4\n5\n", "1\n2\n3\n4\nfive\n") == .clean(bytes("one\n2\n3\n4\nfive\n"))
        )
    }

    @Test("the same change on both sides is no conflict")
    func same() {
        #expect(merge("1\n2\n3\n", "1\ntwo\n3\n", "1\ntwo\n3\n") == .clean(bytes("1\ntwo\n3\n")))
    }

    @Test("two changes of one line stand between markers")
    func conflict() {
        let expected = "1\n<<<<<<< yours\ntwo\n=======\nzwei\n>>>>>>> node\n3\n"
        #expect(merge("1\n2\n3\n", "1\ntwo\n3\n", "1\nzwei\n3\n") == .conflicts(bytes(expected), count: 1))
    }

    @Test("lines that both sides share are left out of the conflict")
    func trimmed() {
        let expected = "same\n<<<<<<< yours\na\n=======\nb\n>>>>>>> node\nend\n"
        #expect(merge("", "same\na\nend\n", "same\nb\nend\n") == .conflicts(bytes(expected), count: 1))
    }

    @Test("a marker begins a line even after a text without a last newline, and keeps the user's line ends")
    func markersOnTheirOwn() {
        let expected = "a\r\n<<<<<<< yours\r\nx\r\n=======\r\ny\r\n>>>>>>> node\r\n"
        #expect(merge("a\r\nb", "a\r\nx", "a\r\ny") == .conflicts(bytes(expected), count: 1))
    }

    @Test("a side that changed nothing gives way")
    func oneSided() {
        var chance = Chance(5)
        for _ in 0..<300 {
            let (base, other) = (text(&chance), text(&chance))
            #expect(ThreeWayMerge.merge(base: base, ours: base, theirs: other, labels: labels) == .clean(other))
            #expect(ThreeWayMerge.merge(base: base, ours: other, theirs: base, labels: labels) == .clean(other))
            #expect(ThreeWayMerge.merge(base: base, ours: other, theirs: other, labels: labels) == .clean(other))
        }
    }

    @Test("git merges the same edits to the same text", .enabled(if: Tool("git") != nil))
    func likeGit() throws {
        let git = try #require(Tool("git"))
        var chance = Chance(23)
        var (clean, conflicting) = (0, 0)
        for round in 0..<120 {
            let folder = try TemporaryFolder()
            let base = (0..<5 + chance.below(25)).map { "line \($0)" }
            let (ours, theirs) = (edit(base, "our", &chance), edit(base, round % 4 == 0 ? "our" : "their", &chance))
            let ending = chance.once(in: 4) ? "" : "\n"
            let texts = [base, ours, theirs].map { bytes($0.joined(separator: "\n") + ending) }
            for (name, text) in zip(["base", "ours", "theirs"], texts) { folder.write(text, to: name) }
            let outcome = git.run(
                ["merge-file", "-p", "-L", "yours", "-L", "base", "-L", "node", "ours", "base", "theirs"],
                in: folder.path
            )
            switch ThreeWayMerge.merge(base: texts[0], ours: texts[1], theirs: texts[2], labels: labels) {
            case .clean(let merged):
                clean += 1
                #expect(outcome.status == 0)
                #expect(outcome.output == merged)
            case .conflicts(let marked, let count):
                conflicting += 1
                #expect(outcome.status > 0)
                if outcome.status == Int32(count) { #expect(unmarked(outcome.output) == unmarked(marked)) }
            }
        }
        #expect(clean > 20 && conflicting > 20)
    }

    // A conflict may be drawn narrower or wider; what is left when its sides are taken together may not differ.
    private func unmarked(_ text: [UInt8]) -> Set<[UInt8]> {
        Set(text.split(separator: 10).map { Array($0) })
    }

    private func text(_ chance: inout Chance) -> [UInt8] {
        bytes(
            (0..<chance.below(20)).map { _ in chance.pick(["a\n", "b\n", "c\n"]) }.joined() + chance.pick(["", "z"])
        )
    }

    private func edit(_ lines: [String], _ word: String, _ chance: inout Chance) -> [String] {
        var lines = lines
        for _ in 0...chance.below(3) {
            let place = chance.below(lines.count)
            switch chance.below(3) {
            case 0: lines.insert("\(word) \(place) \(chance.below(2))", at: place)
            case 1: lines[place] = "\(word) \(place)"
            default: if lines.count > 2 { lines.remove(at: place) }
            }
        }
        return lines
    }
}
