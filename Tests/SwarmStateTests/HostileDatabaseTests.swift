import Glibc
import SwarmContracts
import SwarmPlatform
import SwarmState
import TestTools
import Testing

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

    @Test("a check that takes too long ends as a refusal")
    func slow() throws {
        try Raw.run(
            path,
            "CREATE TABLE t(a); WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 20000) "
                + "INSERT INTO t SELECT x FROM n"
        )
        #expect(refusal { _ = try harvest(folder, path, seconds: 0) }?.contains("longer than 0 s") == true)
    }

    @Test("a file that names another journal mode than SQLite knows is refused or read, never half")
    func versions() throws {
        let whole = try Files.read(path)
        for (write, read) in [(0, 0), (1, 2), (2, 1), (3, 3), (9, 1), (255, 255)] as [(UInt8, UInt8)] {
            var bytes = whole
            bytes[18] = write
            bytes[19] = read
            try Files.write(bytes, to: folder("v\(write)-\(read).db"))
            var kept: [UInt8]?
            let reason = refusal { kept = try harvest(folder, folder("v\(write)-\(read).db")) }
            #expect((kept == nil) == (reason != nil))
            if let kept { #expect(kept[18] == kept[19] && (1...2).contains(kept[18])) }
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
