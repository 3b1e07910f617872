import Glibc
import SwarmContracts
import SwarmPlatform
import SwarmState
import Synchronization
import TestTools
import Testing

@Suite("The file of the index")
struct IndexFileTests {
    let folder: TemporaryFolder
    let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder("index.db")
    }

    @Test("what is not there is missing, and not made without being asked")
    func missing() throws {
        #expect(throws: StateFailure.missing(path: path)) { try Index.open(path: path, create: false) }
        #expect(Files.kind(path) == nil)
    }

    @Test("a format of a later version is named as such and left alone")
    func newer() throws {
        try Index.open(path: path, create: true).close()
        try Raw.run(path, "PRAGMA user_version=99")
        #expect {
            try Index.open(path: path, create: true)
        } throws: { error in
            guard case .newer(_, found: 99, known: _) = error as? StateFailure else { return false }
            return (error as? StateFailure)?.category == .invalidInput
        }
    }

    @Test("the first format is brought up to date with all that it holds, whoever opens it first")
    func older() throws {
        let index = try Index.open(path: path, create: true)
        for name in ["a", "b"] { _ = try index.commit(commit(name)) }
        index.close()
        try Raw.run(path, "DROP INDEX nodes_by_state; PRAGMA user_version=1")
        let path = path
        let failures = Mutex<[String]>([])
        try WorkerThread.concurrently(4) { _ in
            do throws(StateFailure) {
                let index = try Index.open(path: path, create: false)
                if try index.node(forState: nodeRow("b").stateID)?.id != nodeID("b") {
                    failures.withLock { $0.append("not found") }
                }
            } catch { failures.withLock { $0.append(error.message) } }
        }
        #expect(failures.withLock { $0 } == [])
        #expect(try Raw(path).number("PRAGMA user_version") == 2)
        #expect(try Raw(path).number("SELECT count(*) FROM sqlite_schema WHERE name = 'nodes_by_state'") == 1)
        #expect(try Index.open(path: path, create: false).nodesPage(after: 0, limit: 9).count == 2)
    }

    @Test("the log that one large transaction left is short again once the index has been opened")
    func longLog() throws {
        let index = try Index.open(path: path, create: true)
        let chunks = (0..<80_000).map { ChunkEntry(name: digest("\($0)"), offset: UInt64($0), length: 1) }
        try index.insertPacks([PackEntry(id: digest("pack"), chunks: chunks)])
        index.close()
        #expect(try Files.size(path + "-wal") > 2 << 20)
        let other = try Raw(path)
        try other.run("BEGIN; SELECT count(*) FROM chunks")
        // Nobody waits for a reader.
        #expect(try Index.open(path: path, create: false).locate(digest("29999"))?.offset == 29_999)
        try other.run("COMMIT")
        other.close()
        let next = try Index.open(path: path, create: false)
        #expect(try Files.size(path + "-wal") == 0)
        #expect(try next.locate(digest("29999"))?.offset == 29_999)
    }

    @Test(
        "a commit whose process was killed before others saw it comes with the next reading of the log, or never",
        arguments: [false, true]
    )
    func unseen(isDropped: Bool) throws {
        let index = try Index.open(path: path, create: true)
        _ = try index.commit(commit("a"))
        let other = try Index.open(path: path, create: false)
        let unseen = UnseenCommit(of: path)
        _ = try index.commit(commit("unseen"))
        index.close()
        unseen.hide()
        #expect(try other.node(nodeID("unseen")) == nil)
        if isDropped { try other.dropUnseenCommits() }
        other.close()
        let next = try Index.open(path: path, create: false)
        #expect((try next.node(nodeID("unseen")) == nil) == isDropped)
        #expect(try next.node(nodeID("a"))?.id == nodeID("a"))
        #expect(try next.integrityProblem() == nil)
    }

    @Test("whoever writes waits for whoever else writes or shortens the log; who reads waits for nobody")
    func turns() throws {
        let index = try Index.open(path: path, create: true)
        let chunks = (0..<80_000).map { ChunkEntry(name: digest("\($0)"), offset: UInt64($0), length: 1) }
        try index.insertPacks([PackEntry(id: digest("pack"), chunks: chunks)])
        let lock = try FileLock.exclusive(path + "-lock")
        let failure = Mutex<StateFailure?>(nil)
        let writer = try WorkerThread {
            do throws(StateFailure) { _ = try index.commit(commit("a")) } catch { failure.withLock { $0 = error } }
        }
        let reader = try Index.open(path: path, create: false)
        usleep(100_000)
        #expect(try reader.node(nodeID("a")) == nil)
        #expect(try Files.size(path + "-wal") > 2 << 20, "it was not shortened either")
        lock.release()
        writer.join()
        #expect(failure.withLock { $0 } == nil)
        #expect(try reader.node(nodeID("a"))?.id == nodeID("a"))
    }

    @Test("what is no index is damaged", arguments: ["text", "foreign", "empty"])
    func foreign(kind: String) throws {
        switch kind {
        case "text": try Files.write(Array(repeating: UInt8(ascii: "x"), count: 5000), to: path)
        case "foreign": try Raw.run(path, "CREATE TABLE t(a)")
        default: try Files.write([], to: path)
        }
        #expect(throws: StateFailure.damaged(path: path)) { try Index.open(path: path, create: false) }
    }

    @Test("an empty file, as a killed process leaves it, becomes an index")
    func halfMade() throws {
        try Files.write([], to: path)
        #expect(try Index.open(path: path, create: true).node(nodeID("a")) == nil)
    }

    @Test("pages that were overwritten are reported as damage, never read as facts")
    func overwritten() throws {
        let index = try Index.open(path: path, create: true)
        for number in 0..<300 { _ = try index.commit(commit("\(number)")) }
        index.close()
        let whole = try Files.read(path)
        var random = Sequence64(state: 7)
        for round in 0..<40 {
            var bytes = whole
            let start = Int.random(in: 4096..<bytes.count, using: &random)
            for offset in start..<min(start + 3000, bytes.count) {
                bytes[offset] = UInt8.random(in: 0...255, using: &random)
            }
            let copy = folder("copy\(round).db")
            try Files.write(bytes, to: copy)
            do throws(StateFailure) {
                let index = try Index.open(path: copy, create: false)
                for number in 0..<300 {
                    let row = try index.node(nodeID("\(number)"))
                    #expect(row == nil || row?.id == nodeID("\(number)"))
                }
            } catch {
                #expect(error == .damaged(path: copy))
            }
        }
    }

    @Test("of many who open, make and reserve at once exactly one gets the run id")
    func race() throws {
        let path = path
        let won = Mutex(0)
        let failures = Mutex<[String]>([])
        try WorkerThread.concurrently(8) { number in
            do throws(StateFailure) {
                // One connection each, as processes would have.
                let index = try Index.open(path: path, create: true)
                let hash = digest("request \(number)")
                let outcome = try index.reserveRun("r", requestHash: hash, operation: "launch", parent: nil, now: 1)
                if outcome == .reserved { won.withLock { $0 += 1 } }
                for round in 0..<10 { _ = try index.commit(commit("\(number)-\(round)")) }
            } catch {
                failures.withLock { $0.append(error.message) }
            }
        }
        #expect(failures.withLock { $0 } == [])
        #expect(won.withLock { $0 } == 1)
        let index = try Index.open(path: path, create: false)
        let all = try index.nodesPage(after: 0, limit: 1000)
        #expect(all.count == 80)
        #expect(Set(all.map(\.sequence)).count == 80)
        #expect(try index.newestSuccess() == all.last?.id)
    }

    @Test("an index that is being made by others is never taken for a damaged one")
    func makingRace() throws {
        let failures = Mutex<[String]>([])
        for round in 0..<25 {
            let path = folder("race\(round).db")
            try WorkerThread.concurrently(6) { _ in
                do throws(StateFailure) { _ = try Index.open(path: path, create: true).newestSuccess() } catch {
                    failures.withLock { $0.append(error.message) }
                }
            }
        }
        #expect(failures.withLock { $0 } == [])
    }

    @Test("of many who move a branch from the same node exactly one wins")
    func branchRace() throws {
        let label = try Label("main")
        let index = try Index.open(path: path, create: true)
        _ = try index.commit(commit("base", moves: [RefMove(label: label, expected: .whatever, to: nodeID("base"))]))
        let won = Mutex(0)
        try WorkerThread.concurrently(6) { number in
            let move = RefMove(label: label, expected: .exactly(nodeID("base")), to: nodeID("\(number)"))
            let result = try? index.commit(commit("\(number)", parent: "base", moves: [move]))
            if result?.moves.first?.moved == true { won.withLock { $0 += 1 } }
        }
        #expect(won.withLock { $0 } == 1)
        #expect(try index.children(of: nodeID("base"), limit: 10).count == 6)
    }

    @Test("an image taken at any moment opens and holds a beginning of the commits")
    func crash() throws {
        let index = try Index.open(path: path, create: true)
        for number in 0..<20 { _ = try index.commit(commit("\(number)")) }
        // A writer in the middle of a transaction that has reached the disk in part.
        let writer = try Raw(path)
        try writer.run("PRAGMA cache_size=1; BEGIN IMMEDIATE; INSERT INTO meta VALUES ('half', hex(zeroblob(200000)))")
        try copyImage(path, to: folder("image.db"))
        let image = try Index.open(path: folder("image.db"), create: false)
        #expect(try image.nodesPage(after: 0, limit: 100).count == 20)
        #expect(try image.meta("half") == nil)
        #expect(try image.integrityProblem() == nil)

        let file = try Files.read(path)
        let log = try Files.read(path + "-wal")
        var random = Sequence64(state: 3)
        for round in 0..<40 {
            let copy = folder("cut\(round).db")
            try Files.write(file, to: copy)
            try Files.write(Array(log.prefix(Int.random(in: 0...log.count, using: &random))), to: copy + "-wal")
            // The format itself may lie in the part of the log that is gone.
            let cut = try Index.open(path: copy, create: true)
            let rows = try cut.nodesPage(after: 0, limit: 100)
            #expect(rows.map(\.id) == (0..<rows.count).map { nodeID("\($0)") })
            #expect(try cut.integrityProblem() == nil)
        }
    }

    @Test("a rebuilt index takes the place of a damaged one, its old log included")
    func rebuild() throws {
        let old = try Index.open(path: path, create: true)
        _ = try old.commit(commit("old"))
        try copyImage(path, to: folder("kept.db"))
        old.close()
        try copyImage(folder("kept.db"), to: path)
        #expect(Files.kind(path + "-wal") == .regular)

        let temporary = folder("new.db")
        let label = try Label("main")
        try Index.rebuild(at: temporary) { (builder) throws(StateFailure) in
            try builder.add(
                pack: PackEntry(id: digest("p"), chunks: [ChunkEntry(name: digest("c"), offset: 3, length: 4)])
            )
            try builder.add(node: nodeRow("a"))
            try builder.add(node: nodeRow("a"))
            try builder.add(node: nodeRow("b", parent: "a"))
            try builder.add(
                run: RunRow(
                    runID: "run-b",
                    status: .succeeded,
                    operation: "launch",
                    requestHash: digest("b"),
                    parent: nodeID("a"),
                    node: nodeID("b"),
                    createdAt: 1,
                    finishedAt: 2
                )
            )
            try builder.set(branch: label, to: nodeID("b"))
            try builder.setNewestSuccess(nodeID("b"))
        }
        #expect(Files.kind(temporary + "-wal") == nil && Files.kind(temporary + "-journal") == nil)
        try Index.install(temporary, at: path)
        let index = try Index.open(path: path, create: false)
        #expect(try index.nodesPage(after: 0, limit: 9).map(\.id) == [nodeID("a"), nodeID("b")])
        #expect(try index.newestSuccess() == nodeID("b"))
        #expect(try index.branchTip(label) == nodeID("b"))
        #expect(try index.run("run-b")?.status == .succeeded)
        #expect(try index.locate(digest("c"))?.offset == 3)
        #expect(try index.integrityProblem() == nil)
    }

    @Test("an installation that stops half-way leaves no index rather than one without its log")
    func halfInstalled() throws {
        let old = try Index.open(path: path, create: true)
        _ = try old.commit(commit("old"))
        old.close()
        let temporary = folder("new.db")
        try Index.rebuild(at: temporary) { _ in }
        // The log cannot be removed.
        try Files.remove(path + "-wal")
        try Files.makeFolder(path + "-wal/stays")
        #expect(throws: StateFailure.self) { try Index.install(temporary, at: path) }
        #expect(Files.kind(path) == nil)
    }

    @Test("a rebuild that fails leaves no file")
    func failedRebuild() throws {
        let failure = StateFailure.damaged(path: "pack")
        #expect(throws: failure) {
            try Index.rebuild(at: path) { (builder) throws(StateFailure) in
                try builder.add(node: nodeRow("a"))
                throw failure
            }
        }
        #expect(Files.kind(path) == nil)
    }

    @Test("a path may hold what SQLite reads as an option")
    func strangePath() throws {
        let strange = folder("a?mode=memory#%41 ü.db")
        let index = try Index.open(path: strange, create: true)
        _ = try index.commit(commit("a"))
        #expect(Files.kind(strange) == .regular)
    }
}
