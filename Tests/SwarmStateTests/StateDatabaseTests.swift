import Glibc
import SwarmContracts
import SwarmPlatform
import SwarmState
import TestTools
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
        #expect(Digest256.sha256(of: bytes).hex == "5172de55cbe8f23d3f23143c7c25e786cd053ef11a8e5e6d8ef6a282d10ae9fa")
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
