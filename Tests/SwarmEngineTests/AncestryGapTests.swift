internal import TestTools
import Testing

@testable internal import SwarmEngine

/// Nodes are numbers; the parent of n is n - 1, or what `forks` says.
@Suite("What a remote lacks of a history")
struct AncestryGapTests {
    private struct Broken: Error, Equatable { let at: Int }

    private final class Questions { var count = 0 }

    private func gap(
        forks: [Int: Int] = [:],
        there: Set<Int>,
        here: @escaping (Int) -> Bool = { _ in true },
        _ questions: Questions = Questions()
    ) -> AncestryGap<Int, Int> {
        AncestryGap(
            row: { here($0) ? ($0, $0 == 0 ? nil : forks[$0] ?? $0 - 1) : nil },
            isThere: {
                questions.count += 1
                return there.contains($0)
            }
        )
    }

    @Test("a remote that has nothing is asked a few times, however long the history is")
    func emptyRemote() throws {
        let questions = Questions()
        var gap = gap(there: [], questions)
        #expect(try gap.next(99_999) { Broken(at: $0) } == Array((0...99_999).reversed()))
        #expect(questions.count < 40)
    }

    @Test("a remote that has the tip is asked once, and nothing is lacking")
    func upToDate() throws {
        let questions = Questions()
        var gap = gap(there: Set(0...1000), questions)
        #expect(try gap.next(1000) { Broken(at: $0) }.isEmpty)
        #expect(questions.count == 1)
    }

    @Test("what is lacking is what asking node after node finds", arguments: 0..<200)
    func agreesWithWalking(seed: Int) throws {
        var chance = Chance(UInt64(seed))
        // A tree: each node hangs below an earlier one.
        let count = Int.random(in: 1...300, using: &chance)
        var parents: [Int: Int] = [:]
        for node in stride(from: 1, to: count, by: 1) {
            parents[node] = Bool.random(using: &chance) ? node - 1 : Int.random(in: 0..<node, using: &chance)
        }
        func way(_ tip: Int) -> [Int] { Array(sequence(first: tip) { $0 == 0 ? nil : parents[$0] }) }
        let there = (0..<Int.random(in: 0...2, using: &chance)).reduce(into: Set<Int>()) { there, _ in
            there.formUnion(way(Int.random(in: 0..<count, using: &chance)))
        }
        var gap = gap(forks: parents, there: there)
        var sent: Set<Int> = []
        for _ in 0..<4 {
            let tip = Int.random(in: 0..<count, using: &chance)
            let expected = way(tip).filter { !there.contains($0) && !sent.contains($0) }
            #expect(try gap.next(tip) { Broken(at: $0) } == expected)
            sent.formUnion(expected)
        }
    }

    @Test("an ancestor that is neither here nor there is an error that names it")
    func missing() throws {
        var broken = gap(there: [], here: { $0 > 10 })
        #expect(throws: Broken(at: 10)) { try broken.next(50) { Broken(at: $0) } }
        var whole = gap(there: [10], here: { $0 > 10 })
        #expect(try whole.next(50) { Broken(at: $0) } == Array((11...50).reversed()))
    }
}
