import CSQLite
import Glibc
import SwarmContracts
import SwarmPlatform
import SwarmState
import Testing

/// Takes a database through all that happens to it after a step, and returns the bytes that are kept.
func harvest(_ folder: TemporaryFolder, _ path: String, seconds: Int = 20) throws -> [UInt8] {
    let exchange = try folder.folder("private-" + Hex.encode(Randomness.bytes(4)))
    let name = String(path.split(separator: "/").last ?? "")
    let copy = try StateDatabase.collect(
        folder: Files.parent(of: path),
        name: name,
        into: exchange,
        limit: 64 << 20
    )
    let output = exchange + "/out.db"
    let line = StateDatabase.sanitiseLine(input: copy, output: output, timeLimitSeconds: seconds)
    try StateDatabase.finish(output, StateDatabase.report(fromLine: line), limit: 64 << 20)
    return try Files.read(output)
}

/// The reason for which a database was refused; nil for any other outcome.
func refusal(_ body: () throws -> Void) -> String? {
    do { try body() } catch {
        if case .stateUnusable(let reason)? = error as? StateFailure { return reason }
    }
    return nil
}

@Suite("The agent's own database")
struct StateDatabaseTests {
    let folder: TemporaryFolder
    let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder("state.db")
        try StateDatabase.create(at: path)
    }

    @Test("the initial database is the same file everywhere")
    func initial() throws {
        let bytes = try Files.read(path)
        try StateDatabase.create(at: folder("again.db"))
        #expect(try Files.read(folder("again.db")) == bytes)
        #expect(try harvest(folder, path) == bytes)
        // Written down once, so that another version of SQLite that writes something else is noticed.
        #expect(bytes.count == 16384)
        #expect(Array(bytes[96..<100]) == [0x00, 0x2e, 0x63, 0x00])
        #expect(
            try Files.names(in: folder.path).sorted().filter { !$0.hasPrefix("private") } == ["again.db", "state.db"]
        )
    }

    @Test("events are numbered on, whoever wrote before")
    func events() throws {
        let event = StateEvent(
            eventType: "launch",
            runID: "r",
            nodeID: nil,
            backend: "local",
            routeMode: "none",
            detail: "{}"
        )
        try StateDatabase.appendEvents(path, [event, event], values: [("k", "v")])
        try Raw.run(path, "INSERT INTO events VALUES (10, 'own', 'r', 'n', 'b', 'm', 'd')")
        try StateDatabase.appendEvents(path, [event], values: [("k", "w")])
        let database = try Raw(path)
        #expect(try database.number("SELECT sum(seq) FROM events") == 1 + 2 + 10 + 11)
        #expect(try database.number("SELECT count(*) FROM kv WHERE key = 'k' AND value = 'w'") == 1)
        #expect(Files.kind(path + "-wal") == nil && Files.kind(path + "-journal") == nil)
    }

    @Test("tables that a step dropped come back; what takes no rows makes the database unusable")
    func ownTables() throws {
        let event = StateEvent(eventType: "e", runID: "r", nodeID: nil, backend: "b", routeMode: "m", detail: "d")
        try Raw.run(path, "DROP TABLE events; DROP TABLE kv")
        _ = try harvest(folder, path)
        try StateDatabase.appendEvents(path, [event])
        #expect(try Raw(path).number("SELECT count(*) FROM events") == 1)

        try Raw.run(path, "DROP TABLE events; CREATE VIEW events AS SELECT 1 AS seq")
        #expect(refusal { _ = try harvest(folder, path) } != nil)
        #expect(refusal { try StateDatabase.appendEvents(path, [event]) } != nil)

        try StateDatabase.create(at: path)
        try Raw.run(path, "INSERT INTO events VALUES (9223372036854775807, '', '', '', '', '', '')")
        #expect(refusal { _ = try harvest(folder, path) }?.contains("used up") == true)
    }

    @Test("the same content gives the same bytes, however it came about")
    func deterministic() throws {
        let other = folder("other.db")
        try StateDatabase.create(at: other)
        try Raw.run(path, "CREATE TABLE t(a INTEGER PRIMARY KEY, b); CREATE INDEX i ON t(b);")
        try Raw.run(
            path,
            "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 3000) "
                + "INSERT INTO t SELECT x, 'value ' || x FROM n"
        )
        try Raw.run(other, "CREATE TABLE junk(a); INSERT INTO junk VALUES (zeroblob(100000)); DROP TABLE junk;")
        try Raw.run(other, "CREATE TABLE t(a INTEGER PRIMARY KEY, b); CREATE INDEX i ON t(b);")
        try Raw.run(
            other,
            "WITH RECURSIVE n(x) AS (SELECT 3000 UNION ALL SELECT x - 1 FROM n WHERE x > 1) "
                + "INSERT INTO t SELECT x, 'wrong' FROM n"
        )
        for _ in 0..<3 { try Raw.run(other, "UPDATE t SET b = 'value ' || a") }
        let bytes = try harvest(folder, path)
        #expect(try Files.read(path) != Files.read(other))
        #expect(try harvest(folder, other) == bytes)
        // What was kept is its own normal form.
        try Files.write(bytes, to: folder("kept.db"))
        #expect(try harvest(folder, folder("kept.db")) == bytes)
    }

    @Test("rows that were committed to a write-ahead log count, and the mode is kept")
    func writeAheadLog() throws {
        let step = try Raw(path)
        try step.run(
            "PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; CREATE TABLE t(a); INSERT INTO t VALUES (42)"
        )
        #expect(Files.kind(path + "-wal") == .regular)
        try step.run("BEGIN; INSERT INTO t VALUES (43)")
        let bytes = try harvest(folder, path)
        #expect(bytes[18] == 2 && bytes[19] == 2)
        let kept = folder("kept.db")
        try Files.write(bytes, to: kept)
        let result = try StateDatabase.query(kept, sql: "SELECT a FROM t", timeLimitSeconds: 9, rowLimit: 9)
        #expect(result.rows == [[.integer(42)]])
        #expect(try Raw(kept).number("SELECT count(*) FROM pragma_journal_mode WHERE journal_mode = 'wal'") == 1)
        #expect(try harvest(folder, kept) == bytes)
    }

    @Test("a transaction that a killed step left in its journal is rolled back")
    func hotJournal() throws {
        try Raw.run(path, "CREATE TABLE t(a); INSERT INTO t VALUES (1)")
        let clean = try harvest(folder, path)
        let step = try Raw(path)
        try step.run("PRAGMA cache_size=1; BEGIN IMMEDIATE; UPDATE t SET a = 2; CREATE TABLE u(b)")
        try step.run(
            "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 900) "
                + "INSERT INTO u SELECT hex(zeroblob(500)) FROM n"
        )
        #expect(Files.kind(path + "-journal") == .regular)
        try copyImage(path, to: folder("killed.db"))
        #expect(try Files.read(folder("killed.db")) != Files.read(path) || Files.kind(path) == .regular)
        #expect(try harvest(folder, folder("killed.db")) == clean)
    }

    @Test("what a step made of the page size, the text encoding and its marks stays")
    func kept() throws {
        let own = folder("own.db")
        try Raw.run(
            own,
            "PRAGMA page_size=8192; PRAGMA encoding='UTF-16le'; PRAGMA user_version=7; "
                + "PRAGMA application_id=9; CREATE TABLE t(a TEXT); INSERT INTO t VALUES ('é')"
        )
        let bytes = try harvest(folder, own)
        try Files.write(bytes, to: folder("kept.db"))
        let kept = try Raw(folder("kept.db"))
        #expect(try kept.number("PRAGMA page_size") == 8192)
        #expect(try kept.number("PRAGMA user_version") == 7)
        #expect(try kept.number("PRAGMA application_id") == 9)
        #expect(try kept.number("SELECT a = 'é' FROM t") == 1)
    }

    @Test("an empty file is an empty database")
    func empty() throws {
        try Files.write([], to: folder("empty.db"))
        let bytes = try harvest(folder, folder("empty.db"))
        #expect(bytes.count == 4096)
    }
}

@Suite("A hostile state database")
struct HostileDatabaseTests {
    let folder: TemporaryFolder
    let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder("state.db")
        try StateDatabase.create(at: path)
    }

    @Test(
        "what is no regular file of its own is refused without waiting",
        arguments: ["link", "pipe", "folder", "hard", "gone"]
    )
    func notAFile(kind: String) throws {
        try Files.write(Array("secret".utf8), to: folder("secret"))
        unlink(path)
        switch kind {
        case "link": symlink(folder("secret"), path)
        case "pipe": mkfifo(path, 0o600)
        case "folder": mkdir(path, 0o700)
        case "hard": link(folder("secret"), path)
        default: break
        }
        let exchange = try folder.folder("private")
        let reason = refusal {
            _ = try StateDatabase.collect(folder: folder.path, name: "state.db", into: exchange, limit: 1 << 20)
        }
        #expect(reason != nil)
        #expect(try Files.names(in: exchange).isEmpty)
    }

    @Test("a log or journal that is a link or a pipe is refused", arguments: ["-wal", "-journal"])
    func siblings(ending: String) throws {
        symlink("/etc/passwd", path + ending)
        #expect(refusal { _ = try harvest(folder, path) } != nil)
        unlink(path + ending)
        mkfifo(path + ending, 0o600)
        #expect(refusal { _ = try harvest(folder, path) } != nil)
    }

    @Test("a folder that is a link and a name with a slash lead nowhere")
    func linkedFolder() throws {
        symlink(folder.path, folder("elsewhere"))
        let exchange = try folder.folder("private")
        #expect(throws: StateFailure.self) {
            try StateDatabase.collect(folder: folder("elsewhere"), name: "state.db", into: exchange, limit: 1 << 20)
        }
        #expect(
            refusal {
                _ = try StateDatabase.collect(folder: folder.path, name: "../x", into: exchange, limit: 1 << 20)
            } != nil
        )
    }

    @Test("more than the limit is refused, the log counted in")
    func large() throws {
        let exchange = try folder.folder("private")
        let size = UInt64(try Files.read(path).count)
        try Files.write([UInt8](repeating: 0, count: 100), to: path + "-wal")
        let reason = refusal {
            _ = try StateDatabase.collect(folder: folder.path, name: "state.db", into: exchange, limit: size + 99)
        }
        #expect(reason?.contains("larger") == true)
        #expect(try Files.names(in: exchange).isEmpty)
        // A hole of a terabyte costs nothing to make.
        truncate(path, 1 << 40)
        #expect(refusal { _ = try harvest(folder, path) }?.contains("larger") == true)
    }

    @Test("triggers, views and defaults of the step never run")
    func triggers() throws {
        try Raw.run(
            path,
            """
            CREATE TABLE mark(a);
            CREATE TRIGGER evil AFTER INSERT ON events BEGIN INSERT INTO mark VALUES (1); SELECT load_extension('/x'); END;
            CREATE VIEW endless AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n;
            """
        )
        let bytes = try harvest(folder, path)
        let kept = folder("kept.db")
        try Files.write(bytes, to: kept)
        let event = StateEvent(eventType: "e", runID: "r", nodeID: nil, backend: "b", routeMode: "m", detail: "d")
        try StateDatabase.appendEvents(kept, [event])
        let database = try Raw(kept)
        #expect(try database.number("SELECT count(*) FROM events") == 1)
        #expect(try database.number("SELECT count(*) FROM mark") == 0)
        #expect(try database.number("SELECT count(*) FROM sqlite_schema WHERE name IN ('evil', 'endless')") == 2)
        #expect(throws: StateFailure.timeLimit(seconds: 1)) {
            try StateDatabase.query(bytesFile(bytes), sql: "SELECT * FROM endless", timeLimitSeconds: 1, rowLimit: 1)
        }
    }

    private func bytesFile(_ bytes: [UInt8]) throws -> String {
        let path = folder("bytes-" + Hex.encode(Randomness.bytes(4)))
        try Files.write(bytes, to: path)
        return path
    }

    @Test("a schema that says what SQLite never writes is refused")
    func schema() throws {
        try Raw.run(
            path,
            "PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql = 'CREATE TABLE events(' WHERE name = 'events'"
        )
        #expect(refusal { _ = try harvest(folder, path) } != nil)
    }

    @Test("an index that calls a function of consequence is not computed")
    func functions() throws {
        try Raw.run(
            path,
            """
            CREATE TABLE t(a); INSERT INTO t VALUES (1); PRAGMA writable_schema=ON;
            UPDATE sqlite_schema SET sql = 'CREATE TABLE t(a, b AS (load_extension(''/x'')))' WHERE name = 't';
            """
        )
        #expect(refusal { _ = try harvest(folder, path) } != nil)
    }

    @Test("an index that lost an entry is refused")
    func brokenIndex() throws {
        try Raw.run(
            path,
            """
            CREATE TABLE t(a); CREATE INDEX i ON t(a); INSERT INTO t VALUES (1); PRAGMA writable_schema=ON;
            CREATE TABLE u(a); CREATE INDEX j ON u(a);
            UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'j') WHERE name = 'i';
            """
        )
        #expect(refusal { _ = try harvest(folder, path) } != nil)
    }

    @Test("no truncation or flipped byte crashes, hangs or gets through as a broken file")
    func mutations() throws {
        try Raw.run(path, "CREATE TABLE t(a PRIMARY KEY, b); CREATE INDEX i ON t(b);")
        try Raw.run(
            path,
            "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 200) "
                + "INSERT INTO t SELECT x, hex(zeroblob(50 + x)) FROM n"
        )
        let whole = try Files.read(path)
        var random = Sequence64(state: 11)
        var survivors = 0
        for round in 0..<200 {
            var bytes = whole
            switch round % 4 {
            case 0: bytes.removeLast(Int.random(in: 1...bytes.count, using: &random))
            case 1: bytes[Int.random(in: 0..<100, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
            case 2: bytes[Int.random(in: 0..<4096, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
            default:
                for _ in 0..<30 {
                    bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
                }
            }
            let changed = folder("m\(round).db")
            try Files.write(bytes, to: changed, sync: false)
            var kept: [UInt8]?
            do { kept = try harvest(folder, changed, seconds: 5) } catch {
                guard case .stateUnusable(let reason)? = error as? StateFailure else { throw error }
                #expect(reason.unicodeScalars.allSatisfy { $0.isASCII && $0.value >= 32 })
            }
            guard let kept else { continue }
            survivors += 1
            let clean = folder("k\(round).db")
            try Files.write(kept, to: clean, sync: false)
            #expect(
                try Raw(clean).number("SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'") == 1
            )
            #expect(try harvest(folder, clean) == kept)
        }
        #expect(survivors < 200)
    }

    @Test("a log with flipped bytes gives a beginning of its transactions or a refusal")
    func mutatedLog() throws {
        let step = try Raw(path)
        try step.run("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; CREATE TABLE t(a)")
        for number in 1...20 { try step.run("INSERT INTO t VALUES (\(number))") }
        let file = try Files.read(path)
        let log = try Files.read(path + "-wal")
        var random = Sequence64(state: 5)
        for round in 0..<60 {
            var bytes = log
            bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
            let changed = folder("w\(round).db")
            try Files.write(file, to: changed, sync: false)
            try Files.write(bytes, to: changed + "-wal", sync: false)
            let clean = folder("c\(round).db")
            guard let kept = try? harvest(folder, changed) else { continue }
            try Files.write(kept, to: clean, sync: false)
            let database = try Raw(clean)
            guard try database.number("SELECT count(*) FROM sqlite_schema WHERE name = 't'") == 1 else { continue }
            #expect(try database.number("SELECT coalesce(max(a), 0) = count(*) FROM t") == 1)
        }
    }

    @Test("the answer of the checking process is not trusted either")
    func answers() throws {
        #expect(try StateDatabase.report(fromLine: "ok wal\n").journalMode == .wal)
        #expect(try StateDatabase.report(fromLine: "ok rollback").journalMode == .rollback)
        for line in ["", "ok", "ok  wal", "ok off", "OK wal", "unusable", "unusable \u{1b}[2J", "\n"] {
            let reason = refusal { _ = try StateDatabase.report(fromLine: line) }
            #expect(
                reason?.unicodeScalars.allSatisfy { $0.isASCII && $0.value >= 32 } == true,
                "\(line.debugDescription)"
            )
        }
        #expect(throws: StateFailure.self) { try StateDatabase.report(fromLine: "full") }
        #expect(throws: StateFailure.self) { try StateDatabase.report(fromLine: "failed for some reason") }
    }

    @Test(
        "a copy that is a link, cut or of another size than it says is refused",
        arguments: ["link", "cut", "none", "size", "limit"]
    )
    func copies(kind: String) throws {
        let output = folder("out.db")
        var bytes = try Files.read(path)
        switch kind {
        case "link": symlink(path, output)
        case "cut": try Files.write(Array(bytes.dropLast(100)), to: output)
        case "size":
            bytes[31] &+= 1
            try Files.write(bytes, to: output)
        case "limit": try Files.write(bytes, to: output)
        default: break
        }
        let before = try Files.read(path)
        let report = SanitiseReport(journalMode: .wal)
        let limit: UInt64 = kind == "limit" ? 100 : 1 << 20
        #expect(refusal { try StateDatabase.finish(output, report, limit: limit) } != nil)
        #expect(try Files.read(path) == before)
    }
}
