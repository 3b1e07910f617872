import Glibc
import SwarmContracts
import SwarmPlatform
import SwarmState
import TestTools
import Testing

@Suite("A question to a state database")
struct QueryTests {
    let folder: TemporaryFolder
    let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder("a?b#c%.db")
        try StateDatabase.create(at: path)
        try Raw.run(
            path,
            "CREATE TABLE t(a INTEGER PRIMARY KEY, b); INSERT INTO t VALUES (1, 'x'), (2, NULL), (3, 1.5), (4, x'00ff')"
        )
        try Raw.run(path, "CREATE VIRTUAL TABLE words USING fts5(text); INSERT INTO words VALUES ('hello world')")
        try Raw.run(path, "CREATE VIRTUAL TABLE box USING rtree(a, b, c); INSERT INTO box VALUES (1, 2, 3)")
    }

    private func ask(_ sql: String, rows: Int = 100) throws -> QueryResult {
        try StateDatabase.query(path, sql: sql, timeLimitSeconds: 20, rowLimit: rows)
    }

    @Test("rows come with their types and the names of their columns")
    func types() throws {
        let result = try ask("SELECT a, b AS \"the b\" FROM t ORDER BY a")
        #expect(result.columns == ["a", "the b"])
        #expect(result.rows.map { $0[1] } == [.text("x"), .null, .real(1.5), .blob([0, 255])])
        #expect(!result.truncated)
        let json = try ask("SELECT 9007199254740993, b, 1e999 FROM t WHERE a = 4").json
        #expect(json["rows"] == [["9007199254740993", ["base64": "AP8="], "inf"]])
        #expect(SQLValue.blob([0, 255]).text == "x'00ff'" && SQLValue.null.text == "NULL")
    }

    @Test("more rows than asked for are cut, and it is said")
    func limit() throws {
        #expect(try ask("SELECT a FROM t", rows: 3).truncated)
        #expect(try !ask("SELECT a FROM t", rows: 4).truncated)
        #expect(try ask("SELECT a FROM t", rows: 0).rows.isEmpty)
    }

    @Test(
        "reading in any form is allowed",
        arguments: [
            "-- a comment\nSELECT 1; -- and another", ";;SELECT 1;;", "WITH n(x) AS (SELECT 1) SELECT x FROM n",
            "VALUES (1)",
            "SELECT count(*) FROM pragma_table_info('t')", "PRAGMA table_info(t)", "PRAGMA user_version",
            "EXPLAIN QUERY PLAN SELECT * FROM t", "SELECT json_extract('{\"a\":1}', '$.a')",
            "SELECT * FROM sqlite_schema", "SELECT text FROM words WHERE words MATCH 'hello'",
            "SELECT a FROM box WHERE b > 0",
        ]
    )
    func allowed(sql: String) throws { #expect(try ask(sql).rows.isEmpty == false) }

    @Test(
        "whatever does more than read one thing is refused in words",
        arguments: [
            ("INSERT INTO t VALUES (9, 9)", "more than read"), ("DELETE FROM t", "more than read"),
            ("CREATE TABLE u(a)", "more than read"), ("INSERT INTO words VALUES ('x')", "more than read"),
            ("UPDATE sqlite_master SET sql = ''", "sqlite_master"),
            ("UPDATE kv SET value = 1 RETURNING key", "more than read"), ("CREATE TEMP TABLE u(a)", "more than read"),
            ("ATTACH '/etc/passwd' AS x", "ATTACH"), ("VACUUM", "more than read"),
            ("VACUUM INTO '/tmp/x'", "more than read"),
            ("PRAGMA user_version=5", "PRAGMA"), ("PRAGMA journal_mode=WAL", "PRAGMA"),
            ("PRAGMA temp_store_directory", "PRAGMA"),
            ("PRAGMA writable_schema=ON", "PRAGMA"), ("BEGIN", "transaction"), ("SAVEPOINT s", "transaction"),
            ("SELECT load_extension('/x')", ""), ("SELECT 1; SELECT 2", "more than one"),
            ("SELECT 1; DROP TABLE t", ""),
            ("", "empty"), ("  -- nothing", "empty"), (";", "empty"), ("SELEC 1", "syntax"),
            ("SELECT * FROM nowhere", "nowhere"),
            ("SELECT 1\0; SELECT 2", "NUL"), ("SELECT zeroblob(900000000)", "too big"),
            ("EXPLAIN DELETE FROM t", "more than read"),
            ("SELECT writefile('/tmp/x', 'y')", "writefile"), ("REINDEX", "more than read"),
            ("ANALYZE", "more than read"),
        ]
    )
    func refused(sql: String, word: String) throws {
        let before = try Files.read(path)
        #expect {
            try ask(sql)
        } throws: { error in
            guard case .queryInvalid(let reason)? = error as? StateFailure else { return false }
            return word.isEmpty || reason.contains(word)
        }
        #expect(try Files.read(path) == before)
        #expect(try Files.names(in: folder.path).count == 1)
    }

    @Test("a question without end is stopped")
    func endless() throws {
        #expect(throws: StateFailure.timeLimit(seconds: 1)) {
            try StateDatabase.query(
                path,
                sql: "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n",
                timeLimitSeconds: 1,
                rowLimit: 1
            )
        }
    }

    @Test("an answer that would fill the memory is cut")
    func fat() throws {
        let result = try ask(
            "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 100) SELECT zeroblob(20000000) FROM n"
        )
        #expect(result.truncated && result.rows.count < 6)
    }

    @Test("what is no database is named as damaged, what is missing as missing")
    func broken() throws {
        try Files.write(Array("no database, not at all".utf8), to: folder("x"))
        #expect(throws: StateFailure.damaged(path: folder("x"))) {
            try StateDatabase.query(
                folder("x"),
                sql: "SELECT * FROM sqlite_schema",
                timeLimitSeconds: 1,
                rowLimit: 1
            )
        }
        #expect(throws: StateFailure.missing(path: folder("y"))) {
            try StateDatabase.query(folder("y"), sql: "SELECT 1", timeLimitSeconds: 1, rowLimit: 1)
        }
    }
}

@Suite("The difference of two state databases")
struct DifferenceTests {
    let folder: TemporaryFolder
    let old: String
    let new: String

    init() throws {
        folder = try TemporaryFolder()
        old = folder("old.db")
        new = folder("new.db")
        for path in [old, new] {
            try StateDatabase.create(at: path)
            try Raw.run(path, "INSERT INTO kv VALUES ('a', 1), ('b', 2), ('c', 3)")
        }
    }

    private func compare(rows: Int = 100) throws -> StateDifference {
        try StateDatabase.difference(old: old, new: new, timeLimitSeconds: 20, rowLimit: rows)
    }

    @Test("text is told apart by its bytes, where Unicode takes it for the same and where it is none")
    func exactText() throws {
        let texts = ["CAST(x'636166C3A9' AS TEXT)", "CAST(x'63616665CC81' AS TEXT)", "CAST(x'ff' AS TEXT)"]
        for (path, offset) in [(old, 0), (new, 1)] {
            for number in 0..<3 {
                try Raw.run(path, "INSERT INTO kv VALUES ('t\(number)', \(texts[(number + offset) % 3]))")
            }
            try Raw.run(path, "INSERT INTO kv VALUES ('broken', CAST(x'f\(offset)' AS TEXT))")
            try Raw.run(path, "CREATE TABLE \"caf\(offset == 0 ? "\u{e9}" : "e\u{301}")\"(x)")
            try Raw.run(path, "CREATE TABLE keyed(k PRIMARY KEY, v) WITHOUT ROWID")
            try Raw.run(path, "INSERT INTO keyed VALUES (CAST(x'ff' AS TEXT), \(offset)), (CAST(x'fe' AS TEXT), 7)")
        }
        let difference = try compare()
        let kv = try #require(difference.tables.first { $0.table == "kv" })
        #expect(kv.changed == 4 && kv.added == 0 && kv.removed == 0)
        let keyed = try #require(difference.tables.first { $0.table == "keyed" })
        #expect(keyed.changed == 1 && keyed.added == 0 && keyed.removed == 0)
        #expect(difference.schema.map(\.kind).sorted { "\($0)" < "\($1)" } == [.added, .removed])
    }

    @Test("equal databases differ in nothing")
    func equal() throws {
        try Raw.run(new, "VACUUM")
        #expect(try compare().isEmpty)
    }

    @Test("rows are told by their primary key, whatever their rowids have become")
    func primaryKey() throws {
        try Raw.run(
            new,
            "DELETE FROM kv WHERE key = 'a'; INSERT OR REPLACE INTO kv VALUES ('b', 2), ('c', 4), ('d', 5)"
        )
        let difference = try compare()
        let table = try #require(difference.tables.first)
        #expect(difference.tables.count == 1 && difference.schema.isEmpty && !difference.truncated)
        #expect(table.table == "kv" && table.keyColumns == ["key"])
        #expect((table.added, table.changed, table.removed) == (1, 1, 1))
        #expect(
            table.rows == [
                RowChange(
                    kind: .changed,
                    key: [.text("c")],
                    old: [.text("c"), .integer(3)],
                    new: [.text("c"), .integer(4)]
                ),
                RowChange(kind: .added, key: [.text("d")], old: nil, new: [.text("d"), .integer(5)]),
                RowChange(kind: .removed, key: [.text("a")], old: [.text("a"), .integer(1)], new: nil),
            ]
        )
    }

    @Test("tables without a key, without a rowid, with shadowed rowids and strange names are compared")
    func kinds() throws {
        for path in [old, new] {
            try Raw.run(
                path,
                """
                CREATE TABLE plain(a); INSERT INTO plain VALUES ('p'), ('q');
                CREATE TABLE pair(a, b, c, PRIMARY KEY (b, a)) WITHOUT ROWID; INSERT INTO pair VALUES (1, 2, 3), (2, 2, 3);
                CREATE TABLE shadow(rowid TEXT, oid TEXT, _rowid_ TEXT); INSERT INTO shadow VALUES ('x', 'y', 'z');
                CREATE TABLE "o""dd '%"("sel ect" PRIMARY KEY, "x""y"); INSERT INTO "o""dd '%" VALUES (NULL, 1), (NULL, 2);
                CREATE TABLE made(a INTEGER PRIMARY KEY, b AS (a * 2) STORED); INSERT INTO made VALUES (1);
                CREATE VIRTUAL TABLE words USING fts5(text); INSERT INTO words VALUES ('hello');
                """
            )
        }
        #expect(try compare().isEmpty)
        try Raw.run(
            new,
            """
            UPDATE plain SET a = 'r' WHERE a = 'q'; UPDATE pair SET c = 9 WHERE a = 2; INSERT INTO shadow VALUES ('1', '2', '3');
            UPDATE "o""dd '%" SET "x""y" = 5 WHERE "x""y" = 2; INSERT INTO made VALUES (2);
            """
        )
        let counts = try compare().tables.map { "\($0.table) \($0.added) \($0.changed) \($0.removed)" }
        #expect(counts == ["made 1 0 0", "o\"dd '% 0 1 0", "pair 0 1 0", "plain 0 1 0", "shadow 1 0 0"])
    }

    @Test("a changed schema is told, and a new column of nothing changes no row")
    func schema() throws {
        try Raw.run(
            new,
            "ALTER TABLE kv ADD COLUMN note; CREATE TABLE extra(a); INSERT INTO extra VALUES (1); CREATE INDEX i ON extra(a)"
        )
        try Raw.run(old, "CREATE TABLE gone(a); INSERT INTO gone VALUES (1)")
        let difference = try compare()
        #expect(
            difference.schema.map { "\($0.kind.rawValue) \($0.type) \($0.name)" }
                == ["added index i", "added table extra", "removed table gone", "changed table kv"]
        )
        #expect(
            difference.tables.map { "\($0.table) \($0.added) \($0.changed) \($0.removed)" } == [
                "extra 1 0 0", "gone 0 0 1",
            ]
        )
        #expect(difference.json["schema"]?.elements?.count == 4)
    }

    @Test("databases of two text encodings can be compared")
    func encodings() throws {
        unlink(old)
        try Raw.run(
            old,
            "PRAGMA encoding='UTF-16le'; CREATE TABLE t(a PRIMARY KEY, b); INSERT INTO t VALUES ('é', 1), ('\u{1F600}', 2)"
        )
        unlink(new)
        try Raw.run(new, "CREATE TABLE t(a PRIMARY KEY, b); INSERT INTO t VALUES ('\u{1F600}', 2), ('é', 3)")
        #expect(try compare().tables.first?.rows.map(\.key) == [[.text("é")]])
    }

    @Test("the list is cut at its limit and the counts are not")
    func limit() throws {
        try Raw.run(
            new,
            "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 5000) INSERT INTO kv SELECT 'n' || x, x FROM n"
        )
        let difference = try compare(rows: 10)
        #expect(difference.truncated)
        #expect(difference.tables.first?.rows.count == 10 && difference.tables.first?.added == 5000)
        #expect(try compare(rows: 10) == difference)
    }
}
