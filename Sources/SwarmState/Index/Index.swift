internal import CSQLite
internal import SwarmContracts
internal import SwarmPlatform
internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// The store's index, `.swarm/index.db`: which node, run, branch and chunk there is, and where.
///
/// Whatever it names lies on the disk already, and it can be rebuilt from that. Every look-up follows a key or an index
/// of the database, so that none takes longer for a million nodes. Any number of processes and threads may use it at
/// once; a writer waits for another up to 30 s and then gets `StateFailure.busy`.
package final class Index: Sendable {
    /// The path as it was opened.
    package let path: String
    private let connection: Mutex<Connection>
    /// Which file is open under `path`.
    private let file: Mutex<FileIdentity?>

    /// How long a call waits for another process, in milliseconds.
    static let patience: Int32 = 30_000

    private init(_ connection: Connection) {
        path = connection.path
        file = Mutex(FileIdentity(connection.path))
        self.connection = Mutex(connection)
    }

    /// Opens the index; with `create` it is made where it is missing. An older format is brought up to date.
    ///
    /// Throws `.missing`, `.newer`, `.damaged` (another database, or none), `.busy`, `.permission`, `.diskFull`.
    package static func open(path: String, create: Bool) throws(StateFailure) -> Index {
        Index(try connect(path, create: create))
    }

    /// Where another file stands at the path by now (a rebuilt index), goes over to that one. Throws as `open` does.
    package func reopenIfReplaced() throws(StateFailure) {
        let now = FileIdentity(path)
        if file.withLock({ $0 == now }) { return }
        let database = try Index.connect(path, create: false)
        connection.withLock { connection in
            connection.close()
            connection = database
        }
        file.withLock { $0 = now }
    }

    private static func connect(_ path: String, create: Bool) throws(StateFailure) -> Connection {
        let deadline = Clock.monotonic() + Int64(patience) * 1_000_000
        while true {
            do throws(StateFailure) {
                let database = try Connection(path, create ? .create : .readWrite, patience: patience)
                try prepare(database, create: create)
                return database
            } catch {
                // Where two processes turn the same new file into WAL mode, SQLite refuses one at once instead of
                // waiting.
                guard case .busy = error, Clock.monotonic() < deadline else { throw error }
                sqlite3_sleep(5)
            }
        }
    }

    private static func prepare(_ database: Connection, create: Bool) throws(StateFailure) {
        // Seen at one moment: another process may be making the index right now.
        let (version, mark, tables) = try database.reading { () throws(StateFailure) in
            (
                try number("PRAGMA user_version", in: database), try number("PRAGMA application_id", in: database),
                try number("SELECT count(*) FROM (SELECT 1 FROM sqlite_schema LIMIT 1)", in: database)
            )
        }
        if version > Schema.version { throw .newer(database.path, found: version, known: Schema.version) }
        if version == 0 {
            // An empty file is what a process leaves that was killed while it made the index.
            guard create, tables == 0, mark == 0 else { throw .damaged(path: database.path) }
        } else if mark != Schema.mark {
            throw .damaged(path: database.path)
        }
        // The log stays when the last process closes, so that a short command that writes waits for the disk once; a small log
        // is quickly read by the next.
        try database.keepLogOnClose()
        try database.execute(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=OFF; PRAGMA wal_autocheckpoint=128"
        )
        if version < Schema.version {
            try alone(database.path) { () throws(StateFailure) in try Schema.migrate(database) }
        }
        shortenLog(database)
    }

    /// The log is read from end to end by each process that finds no other at work. Commits keep it short; one large
    /// transaction does not: a migration, a pull of many nodes.
    private static func shortenLog(_ database: Connection) {
        guard let size = try? Files.size(database.path + "-wal"), size > longestLog else { return }
        // Where somebody else is at work just now, the next one does it.
        guard let lock = try? FileLock.exclusiveIfFree(database.path + lockEnding) else { return }
        defer { lock.release() }
        database.withoutPatience { try? $0.execute("PRAGMA wal_checkpoint(TRUNCATE)") }
    }

    /// Bytes: twice what commits of a usual size let it grow to.
    private static let longestLog: UInt64 = 2 << 20

    private static func number(_ sql: String, in database: Connection) throws(StateFailure) -> Int {
        let (statement, _) = try database.prepare(sql)
        guard let statement, try statement.step() else { throw .damaged(path: database.path) }
        return Int(statement.integer(0))
    }

    /// Closes now. No other call may follow.
    package func close() { connection.withLock { $0.close() } }

    /// Lets `body` alone use the connection.
    func use<Result: Sendable>(
        _ body: (Connection) throws(StateFailure) -> Result
    ) throws(StateFailure) -> Result {
        try connection.withLock { (database) throws(StateFailure) in try body(database) }
    }

    /// One transaction, at a moment in which no other process writes to the index or shortens its log.
    ///
    /// SQLite alone sees to that a moment too late: up to 3.51.2 a commit that begins the log anew while two connections
    /// copy it into the database can lose commits (https://www.sqlite.org/wal.html#walresetbug), and what the index has lost
    /// `gc` takes for nobody's.
    func write<Result: Sendable>(
        _ body: (Connection) throws(StateFailure) -> Result
    ) throws(StateFailure) -> Result {
        try use { (database) throws(StateFailure) in
            try Index.alone(path) { () throws(StateFailure) in
                try database.transaction { () throws(StateFailure) in try body(database) }
            }
        }
    }

    private static func alone<Result>(
        _ path: String,
        _ body: () throws(StateFailure) -> Result
    ) throws(StateFailure) -> Result {
        let lock: FileLock?
        do throws(SystemError) {
            lock = try FileLock.exclusive(path + lockEnding, patience: Int64(patience))
        } catch { throw .system(error) }
        guard let lock else { throw .busy(path: path) }
        defer { lock.release() }
        return try body()
    }

    /// What the name of the file ends in that a writer locks; it is never removed, and a rebuilt index keeps it.
    private static let lockEnding = "-lock"

    /// What SQLite finds wrong with the file, or nil. Takes time in proportion to the file.
    package func integrityProblem() throws(StateFailure) -> String? {
        try use { (database) throws(StateFailure) in
            let words = try database.first("PRAGMA integrity_check(1)") { $0.text(0) } ?? "no answer"
            return words == "ok" ? nil : printable(words)
        }
    }

    /// How SQLite carries out each statement that was used so far: what shows that none walks a table.
    package func queryPlans() throws(StateFailure) -> [String: [String]] {
        try use { (database) throws(StateFailure) in
            var plans: [String: [String]] = [:]
            for sql in database.knownStatements {
                let (statement, _) = try database.prepare("EXPLAIN QUERY PLAN " + sql)
                guard let statement else { continue }
                var lines: [String] = []
                while try statement.step() { lines.append(statement.text(3)) }
                plans[sql] = lines
            }
            return plans
        }
    }
}

/// What tells two files at one path apart.
private struct FileIdentity: Equatable, Sendable {
    private let device: UInt64
    private let inode: UInt64

    /// Nil where nothing is there.
    init?(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        (device, inode) = (UInt64(status.st_dev), UInt64(status.st_ino))
    }
}
