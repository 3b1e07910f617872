import Glibc
import SwarmContracts
import SwarmPlatform
import SwarmState
import Synchronization
import TestTools
import Testing

@Suite("The index of a store")
struct IndexTests {
    let folder: TemporaryFolder
    let index: Index

    init() throws {
        folder = try TemporaryFolder()
        index = try Index.open(path: folder("index.db"), create: true)
    }

    @Test("a chunk is found where it was first entered")
    func chunks() throws {
        let entry = ChunkEntry(name: digest("a"), offset: 7, length: 9)
        try index.insertPacks([PackEntry(id: digest("p1"), chunks: [entry])])
        let again = ChunkEntry(name: digest("a"), offset: 1, length: 1)
        let other = ChunkEntry(name: digest("b"), offset: 1 << 40, length: UInt32.max)
        try index.insertPacks([PackEntry(id: digest("p2"), chunks: [again, other])])
        #expect(try index.locate(digest("a")) == ChunkLocation(pack: digest("p1"), offset: 7, length: 9))
        let many = try index.locate([digest("a"), digest("b"), digest("c")])
        #expect(many.count == 2)
        #expect(many[digest("b")] == ChunkLocation(pack: digest("p2"), offset: 1 << 40, length: UInt32.max))
        #expect(try index.packs(after: nil, limit: 10) == [digest("p1"), digest("p2")].sorted())
        #expect(try index.chunks(after: nil, limit: 10).map(\.name) == [digest("a"), digest("b")].sorted())
        #expect(try index.hasPack(digest("p1")))

        try index.removePack(digest("p2"), chunks: [digest("a"), digest("b")])
        #expect(try index.locate(digest("a"))?.pack == digest("p1"))
        #expect(try index.locate(digest("b")) == nil)
        #expect(try !index.hasPack(digest("p2")))
    }

    @Test(
        "a stat cache is vouched for by the commit that enters its chunks, until a chunk goes",
        arguments: [true, false]
    )
    func statCache(isReplaced: Bool) throws {
        let chunk = ChunkEntry(name: digest("c"), offset: 0, length: 1)
        var first = commit("a", packs: [PackEntry(id: digest("p"), chunks: [chunk])])
        first.statCache = StatCacheVoucher(name: "here", id: "1")
        _ = try index.commit(first)
        var second = commit("b")
        second.statCache = StatCacheVoucher(name: "there", id: "2")
        _ = try index.commit(second)
        #expect(try index.vouches(forStatCache: "1", of: "here") && index.vouches(forStatCache: "2", of: "there"))
        #expect(try !index.vouches(forStatCache: "2", of: "here") && !index.vouches(forStatCache: "1", of: "else"))
        // A chunk that moves is still there.
        let moved = PackEntry(id: digest("q"), chunks: [chunk])
        try index.replacePacks([PackRemoval(id: digest("p"), dead: [])], by: [moved])
        #expect(try index.vouches(forStatCache: "1", of: "here") && index.locate(digest("c"))?.pack == digest("q"))
        if isReplaced {
            try index.replacePacks([PackRemoval(id: digest("q"), dead: [digest("c")])], by: [])
        } else {
            try index.removePack(digest("q"), chunks: [digest("c")])
        }
        #expect(try index.locate(digest("c")) == nil)
        #expect(try !index.vouches(forStatCache: "1", of: "here") && !index.vouches(forStatCache: "2", of: "there"))
        #expect(try index.newestSuccess() == nodeID("b"))
    }

    @Test("a commit that fails vouches for nothing")
    func statCacheOfFailure() throws {
        _ = try index.commit(commit("a"))
        var again = commit("a")
        again.statCache = StatCacheVoucher(name: "here", id: "1")
        #expect(throws: StateFailure.self) { try index.commit(again) }
        #expect(try !index.vouches(forStatCache: "1", of: "here"))
    }

    @Test("a commit enters node, run, chunks, branch and the newest success at once")
    func commitAll() throws {
        let main = try Label("main")
        #expect(
            try index.reserveRun("run-a", requestHash: digest("request a"), operation: "launch", parent: nil, now: 5)
                == .reserved
        )
        let packs = [PackEntry(id: digest("p"), chunks: [ChunkEntry(name: digest("c"), offset: 0, length: 1)])]
        let result = try index.commit(
            commit("a", packs: packs, moves: [RefMove(label: main, expected: .whatever, to: nodeID("a"))])
        )
        #expect(result.nodeIsNew)
        #expect(result.moves == [RefOutcome(label: main, moved: true, current: nodeID("a"))])
        var expected = nodeRow("a")
        expected.sequence = result.sequence
        #expect(try index.node(nodeID("a")) == expected)
        #expect(try index.node(forRun: "run-a") == expected)
        #expect(try index.newestSuccess() == nodeID("a"))
        #expect(try index.branchTip(main) == nodeID("a"))
        #expect(try index.locate(digest("c")) != nil)
        let run = try #require(try index.run("run-a"))
        #expect(run.status == .succeeded && run.node == nodeID("a") && run.createdAt == 5 && run.finishedAt == 2_000)
        #expect(run.sequence == result.sequence)
    }

    @Test("a final run is never committed again, and the attempt leaves nothing")
    func finalRun() throws {
        _ = try index.commit(commit("a"))
        var second = commit("b")
        second.runID = "run-a"
        #expect(throws: StateFailure.runFinished("run-a", status: .succeeded)) { try index.commit(second) }
        #expect(try index.node(nodeID("b")) == nil)
        #expect(try index.newestSuccess() == nodeID("a"))
    }

    @Test("what comes from elsewhere, or of another request, does not end a run that is reserved")
    func reservedForAnother() throws {
        _ = try index.reserveRun("run-a", requestHash: digest("other"), operation: "launch", parent: nil, now: 5)
        _ = try index.reserveRun("run-b", requestHash: digest("request b"), operation: "launch", parent: nil, now: 5)
        #expect(throws: StateFailure.runFinished("run-a", status: .running)) { try index.commit(commit("a")) }
        var takenIn = commit("b")
        takenIn.isTakenIn = true
        #expect(throws: StateFailure.runFinished("run-b", status: .running)) { try index.commit(takenIn) }
        #expect(try index.node(nodeID("a")) == nil)
        #expect(try index.node(nodeID("b")) == nil)
        #expect(try index.commit(commit("b")).nodeIsNew)
    }

    @Test("a failed run has a node but is not the newest success")
    func failedRun() throws {
        _ = try index.commit(commit("a"))
        _ = try index.commit(commit("b", parent: "a", status: .failed))
        #expect(try index.node(nodeID("b"))?.status == .failed)
        #expect(try index.newestSuccess() == nodeID("a"))
    }

    @Test("the same node twice is one node, and other facts under its id are refused")
    func sameNode() throws {
        _ = try index.commit(commit("a"))
        var again = commit("a")
        again.runID = "other"
        #expect(try index.commit(again).nodeIsNew == false)
        again.runID = "third"
        again.node?.step = 9
        #expect(throws: StateFailure.nodeConflict(nodeID("a"))) { try index.commit(again) }
    }

    @Test("branches move by comparing first, and losing is told, not thrown")
    func branches() throws {
        let label = try Label("work")
        _ = try index.commit(commit("a"))
        _ = try index.commit(commit("b", parent: "a"))
        let first = RefMove(label: label, expected: .exactly(nil), to: nodeID("a"))
        #expect(try index.move([first]).map(\.moved) == [true])
        #expect(try index.move([first]) == [RefOutcome(label: label, moved: false, current: nodeID("a"))])
        let ahead = RefMove(label: label, expected: .exactly(nodeID("a")), to: nodeID("b"))
        #expect(try index.move([ahead, ahead]).map(\.moved) == [true, false])
        #expect(try index.branches().map(\.node) == [nodeID("b")])
        #expect(try index.branches(at: nodeID("b")) == [label])
        #expect(try index.branches(at: nodeID("a")).isEmpty)
        #expect(try !index.removeBranch(label, expected: nodeID("a")))
        #expect(try index.removeBranch(label, expected: nodeID("b")))
        #expect(try index.branchTip(label) == nil)
    }

    @Test("the graph can be walked both ways and paged")
    func graph() throws {
        for (name, parent) in [("r", nil), ("a", "r"), ("b", "r"), ("c", "b")] as [(String, String?)] {
            _ = try index.commit(commit(name, parent: parent))
        }
        #expect(try index.children(of: nodeID("r"), limit: 10).map(\.id) == [nodeID("a"), nodeID("b")])
        #expect(try index.parentChain(of: nodeID("c"), limit: 10).map(\.id) == ["c", "b", "r"].map(nodeID))
        #expect(try index.parentChain(of: nodeID("c"), limit: 2).count == 2)
        let newest = try index.nodesPage(before: nil, limit: 3)
        #expect(newest.map(\.id) == ["c", "b", "a"].map(nodeID))
        #expect(try index.nodesPage(before: newest[2].sequence, limit: 3).map(\.id) == [nodeID("r")])
        #expect(try index.nodesPage(after: newest[2].sequence, limit: 9).map(\.id) == ["b", "c"].map(nodeID))
        #expect(try index.runs(before: nil, limit: 2).map(\.runID) == ["run-c", "run-b"])
        try index.removeNodes([nodeID("c")])
        #expect(try index.node(nodeID("c")) == nil)
    }

    @Test("a prefix finds its nodes, odd lengths and the full id included", arguments: [1, 2, 7, 32])
    func prefixes(length: Int) throws {
        let names = (0..<200).map { "n\($0)" }
        for name in names { _ = try index.commit(commit(name)) }
        let digits = String(nodeID("n7").description.dropFirst(5).prefix(length))
        let expected = names.map(nodeID).filter { $0.description.dropFirst(5).hasPrefix(digits) }.sorted()
        #expect(try index.nodes(withPrefix: digits, limit: 1000).map(\.id) == expected)
        #expect(try index.nodes(withPrefix: "node-" + digits, limit: 1000).map(\.id) == expected)
        #expect(try index.nodes(withPrefix: digits, limit: 1).count == 1)
    }

    @Test("what is no hexadecimal prefix finds nothing", arguments: ["", "node-", "xyz", "AB", "-", "%"])
    func strangePrefixes(text: String) throws {
        _ = try index.commit(commit("a"))
        #expect(try index.nodes(withPrefix: text, limit: 10).isEmpty)
        #expect(try index.nodes(withPrefix: String(repeating: "a", count: 33), limit: 10).isEmpty)
    }

    @Test("a reserved id is the same request's while it runs, and taken for everybody else")
    func reservations() throws {
        let reserve = { (hash: String) throws in
            try index.reserveRun("r1", requestHash: digest(hash), operation: "launch", parent: nodeID("p"), now: 1)
        }
        #expect(try reserve("x") == .reserved)
        let row = try #require(try index.run("r1"))
        #expect(row.status == .running && row.parent == nodeID("p"))
        #expect(try reserve("x") == .sameRequest(row))
        #expect(try reserve("y") == .taken(row))
        #expect(try index.runningRuns().map(\.runID) == ["r1"])
        var done = commit("z")
        done.runID = "r1"
        done.requestHash = digest("x")
        _ = try index.commit(done)
        guard case .taken(let final) = try reserve("x") else {
            Issue.record("a final run was given away")
            return
        }
        #expect(final.status == .succeeded)
        #expect(try index.runningRuns().isEmpty)
        try index.removeRun("r1")
        #expect(try reserve("y") == .reserved)
    }

    @Test("a value is kept under its key until it is forgotten")
    func values() throws {
        try index.setMeta("k", "v")
        #expect(try index.meta("k") == "v")
        try index.setMeta("k", "")
        #expect(try index.meta("k") == "")
        try index.setMeta("k", nil)
        #expect(try index.meta("k") == nil)
    }

    @Test("of the nodes with one state the newest is found, and none for a state that no node has")
    func states() throws {
        for name in ["a", "b", "c"] {
            var commit = commit(name)
            if name != "c" { commit.node?.stateID = "state-same" }
            _ = try index.commit(commit)
        }
        #expect(try index.node(forState: "state-same")?.id == nodeID("b"))
        #expect(try index.node(forState: nodeRow("c").stateID)?.id == nodeID("c"))
        #expect(try index.node(forState: nodeRow("a").stateID) == nil)
    }

    @Test("a hundred thousand nodes are looked up by index alone")
    func plans() throws {
        let path = folder("large.db")
        try Index.rebuild(at: path) { (builder) throws(StateFailure) in
            for number in 0..<100_000 {
                let row = nodeRow("\(number)", parent: number == 0 ? nil : "\(number / 3)")
                try builder.add(node: row)
            }
        }
        let large = try Index.open(path: path, create: false)
        try callEveryDoor(of: large)
        let plans = try large.queryPlans()
        #expect(plans.count > 30)
        for (sql, lines) in plans {
            #expect(!lines.contains { $0.hasPrefix("SCAN") || $0.contains("TEMP B-TREE") }, "\(sql): \(lines)")
        }
        #expect(try large.parentChain(of: nodeID("99999"), limit: 100).count == 12)
    }

    private func callEveryDoor(of index: Index) throws {
        let label = try Label("l")
        let entry = PackEntry(id: digest("p"), chunks: [ChunkEntry(name: digest("c"), offset: 0, length: 1)])
        _ = try index.reserveRun("q", requestHash: digest("request q"), operation: "launch", parent: nil, now: 0)
        var all = commit("q", packs: [entry], moves: [RefMove(label: label, expected: .whatever, to: nodeID("q"))])
        all.runID = "q"
        _ = try index.commit(all)
        _ = try index.commit(commit("never reserved"))
        _ = try (index.locate(digest("c")), index.locate([digest("c")]), index.hasPack(digest("p")))
        _ = try (index.packs(after: nil, limit: 9), index.chunks(after: digest("a"), limit: 9))
        _ = try (index.nodes(withPrefix: "a", limit: 9), index.children(of: nodeID("1"), limit: 9))
        _ = try (
            index.node(forRun: "run-1"), index.node(forState: "state-1"), index.newestSuccess(), index.branchTip(label),
            index.branches(at: nodeID("1"))
        )
        _ = try index.branches()
        _ = try (index.nodesPage(after: 7, limit: 9), index.nodesPage(before: nil, limit: 9))
        _ = try (index.run("q"), index.runs(before: nil, limit: 9), index.runningRuns())
        try index.setMeta("a", "b")
        try index.setMeta("a", nil)
        _ = try index.removeBranch(label, expected: nodeID("q"))
        try index.removePack(digest("p"), chunks: [digest("c")])
        try index.removeNodes([nodeID("q")])
        try index.removeRun("q")
    }
}
