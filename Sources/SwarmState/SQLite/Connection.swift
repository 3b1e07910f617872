internal import CSQLite
internal import SwarmContracts
internal import SwarmPlatform

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// An open SQLite database.
///
/// `@unchecked Sendable`: not safe by itself; whoever owns it lets one thread at a time use it (the index keeps it
/// behind a `Mutex`, the functions of `StateDatabase` keep it to themselves).
final class Connection: @unchecked Sendable {
    /// How to open the file.
    enum Mode {
        case readWrite, create
        /// A file that nobody changes meanwhile; no lock is taken and no sibling is read or made.
        case immutable
    }

    /// The path as a person knows it.
    let path: String
    private let patience: Int32
    private(set) var handle: OpaquePointer?
    private var statements: [String: Statement] = [:]
    /// What the progress handler and the authorizer look at; see `Connection+Guard`.
    let guardian = Guardian()

    /// Opens the file. A locked database is waited for, up to `patience` milliseconds a call.
    init(_ path: String, _ mode: Mode, patience: Int32 = 30_000) throws(StateFailure) {
        self.path = path
        self.patience = patience
        var flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        var name = path
        switch mode {
        case .readWrite: flags |= SQLITE_OPEN_READWRITE
        case .create: flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        case .immutable:
            flags |= SQLITE_OPEN_READONLY | SQLITE_OPEN_URI
            name = "file:" + Connection.escaped(Files.absolute(path)) + "?immutable=1"
        }
        // A name that begins with `file:` or `:` means something else to SQLite.
        if mode != .immutable { name = Files.absolute(path) }
        let code = sqlite3_open_v2(name, &handle, flags, nil)
        guard code == SQLITE_OK else {
            let failure = failure(code)
            sqlite3_close_v2(handle)
            handle = nil
            throw failure
        }
        sqlite3_busy_timeout(handle, patience)
    }

    /// Runs `body` in such a way that what others have locked fails at once.
    func withoutPatience(_ body: (Connection) -> Void) {
        sqlite3_busy_timeout(handle, 0)
        body(self)
        sqlite3_busy_timeout(handle, patience)
    }

    deinit { close() }

    /// Closes now. Nothing may be called after it.
    func close() {
        statements = [:]
        sqlite3_close_v2(handle)
        handle = nil
    }

    /// Leaves the write-ahead log in its place when the last connection closes, instead of copying it into the database.
    func keepLogOnClose() throws(StateFailure) {
        let code = swarm_sqlite_switch(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        guard code == SQLITE_OK else { throw failure(code) }
    }

    /// Prepares a statement that is kept for the next use of the same text.
    func statement(_ sql: String) throws(StateFailure) -> Statement {
        if let kept = statements[sql] { return kept }
        let (statement, _) = try prepare(sql, flags: UInt32(SQLITE_PREPARE_PERSISTENT))
        guard let statement else { throw .sql(path, reason: "an empty statement") }
        statements[sql] = statement
        return statement
    }

    /// Prepares the first statement of the text; nil where there is none. The second value is the text behind it.
    func prepare(_ sql: String, flags: UInt32 = 0) throws(StateFailure) -> (Statement?, rest: String) {
        var prepared: OpaquePointer?
        var rest = ""
        var text = sql
        let code = text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { characters in
                var tail: UnsafePointer<CChar>?
                let code = sqlite3_prepare_v3(
                    handle,
                    characters.baseAddress,
                    Int32(clamping: characters.count),
                    flags,
                    &prepared,
                    &tail
                )
                if let tail, let base = characters.baseAddress {
                    rest = String(decoding: bytes[(tail - base)...], as: UTF8.self)
                }
                return code
            }
        }
        if code != SQLITE_OK { throw failure(code) }
        return (prepared.map { Statement($0, of: self) }, rest)
    }

    /// Runs a statement to its end.
    func run(_ sql: String, _ values: [SQLValue] = []) throws(StateFailure) {
        let statement = try statement(sql)
        defer { statement.reset() }
        try statement.bind(values)
        while try statement.step() {}
    }

    /// Every row of a statement, read by `read`.
    func rows<Row>(
        _ sql: String,
        _ values: [SQLValue] = [],
        _ read: (Statement) throws(StateFailure) -> Row
    ) throws(StateFailure) -> [Row] {
        let statement = try statement(sql)
        defer { statement.reset() }
        try statement.bind(values)
        var rows: [Row] = []
        while try statement.step() { rows.append(try read(statement)) }
        return rows
    }

    /// The first row of a statement, or nil where there is none.
    func first<Row>(
        _ sql: String,
        _ values: [SQLValue] = [],
        _ read: (Statement) throws(StateFailure) -> Row
    ) throws(StateFailure) -> Row? {
        let statement = try statement(sql)
        defer { statement.reset() }
        try statement.bind(values)
        return try statement.step() ? try read(statement) : nil
    }

    /// Runs fixed text of several statements.
    func execute(_ script: String) throws(StateFailure) {
        let code = sqlite3_exec(handle, script, nil, nil, nil)
        if code != SQLITE_OK { throw failure(code) }
    }

    /// Does all of the body or nothing. The write lock is taken at once, so that nobody changes what the body has read.
    func transaction<Result>(_ body: () throws(StateFailure) -> Result) throws(StateFailure) -> Result {
        try enclosed("BEGIN IMMEDIATE", body)
    }

    /// Lets the body see one state of the database, whatever others commit meanwhile.
    func reading<Result>(_ body: () throws(StateFailure) -> Result) throws(StateFailure) -> Result {
        try enclosed("BEGIN", body)
    }

    private func enclosed<Result>(
        _ begin: String,
        _ body: () throws(StateFailure) -> Result
    ) throws(StateFailure) -> Result {
        try run(begin)
        do throws(StateFailure) {
            let result = try body()
            try run("COMMIT")
            return result
        } catch {
            // A full disk has rolled back already; what failed first is what a person should read.
            if sqlite3_get_autocommit(handle) == 0 { try? run("ROLLBACK") }
            throw error
        }
    }

    /// How many rows the last INSERT, UPDATE or DELETE changed.
    var changes: Int { Int(sqlite3_changes(handle)) }

    /// The texts of the statements that are kept.
    var knownStatements: [String] { statements.keys.sorted() }

    private static func escaped(_ path: String) -> String {
        var text = ""
        for byte in path.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "_"):
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default: text += "%" + Hex.encode([byte])
            }
        }
        return text
    }
}

extension Connection {
    /// The words for SQLite's result code, with what is known of its cause.
    func failure(_ code: Int32) -> StateFailure {
        let system = handle.map { sqlite3_system_errno($0) } ?? 0
        switch code & 0xff {
        case SQLITE_CORRUPT, SQLITE_NOTADB: return .damaged(path: path)
        case SQLITE_FULL: return .diskFull(path: path)
        case SQLITE_BUSY, SQLITE_LOCKED: return .busy(path: path)
        case SQLITE_CANTOPEN where system == ENOENT: return .missing(path: path)
        case SQLITE_CANTOPEN where system == EMFILE || system == ENFILE:
            return .system(SystemError("open", path, system))
        case SQLITE_READONLY, SQLITE_CANTOPEN, SQLITE_PERM: return .permission(path: path)
        case SQLITE_IOERR where system == ENOSPC || system == EDQUOT: return .diskFull(path: path)
        case SQLITE_IOERR where system != 0: return .system(SystemError("read or write", path, system))
        case SQLITE_INTERRUPT: return .timeLimit(seconds: guardian.seconds)
        default:
            let words = handle.map { String(cString: sqlite3_errmsg($0)) } ?? String(cString: sqlite3_errstr(code))
            return .sql(path, reason: printable(words))
        }
    }
}
