internal import CSQLite
internal import SwarmPlatform

/// What SQLite's callbacks consult.
///
/// Used by the thread that uses the connection: SQLite calls back on no other.
final class Guardian {
    /// The moment on the monotonic clock at which work stops.
    var deadline = Int64.max
    /// The time limit as the caller gave it.
    var seconds = 0
    /// What the authorizer refused first.
    var refused: String?
}

extension Connection {
    /// Makes the connection safe for a database that a stranger wrote (https://sqlite.org/security.html): its schema
    /// may call no function of consequence, run no trigger, show no view unless `views`, and not be written.
    func distrust(views: Bool) throws(StateFailure) {
        let switches: [(Int32, Int32)] = [
            (SQLITE_DBCONFIG_DEFENSIVE, 1),
            (SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0),
            (SQLITE_DBCONFIG_ENABLE_TRIGGER, 0),
            (SQLITE_DBCONFIG_ENABLE_VIEW, views ? 1 : 0),
            (SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0),
            (SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0),
            (SQLITE_DBCONFIG_WRITABLE_SCHEMA, 0),
        ]
        for (which, value) in switches {
            let code = swarm_sqlite_switch(handle, which, value)
            if code != SQLITE_OK { throw failure(code) }
        }
        let limits: [(Int32, Int32)] = [
            (SQLITE_LIMIT_SQL_LENGTH, 1 << 20),
            (SQLITE_LIMIT_EXPR_DEPTH, 200),
            (SQLITE_LIMIT_COMPOUND_SELECT, 100),
            (SQLITE_LIMIT_VDBE_OP, 5_000_000),
            (SQLITE_LIMIT_TRIGGER_DEPTH, 10),
            (SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000),
            // VACUUM INTO attaches its output.
            (SQLITE_LIMIT_ATTACHED, 1),
            (SQLITE_LIMIT_WORKER_THREADS, 0),
        ]
        for (which, value) in limits { sqlite3_limit(handle, which, value) }
        // Mapped pages of a file that is cut short kill the process.
        try execute("PRAGMA mmap_size=0; PRAGMA cell_size_check=ON")
    }

    /// Work on this connection ends with `timeLimit` once `seconds` have passed from now.
    func limitTime(seconds: Int) {
        guardian.seconds = seconds
        guardian.deadline = Clock.monotonic() &+ Int64(clamping: seconds).multipliedClamping(by: 1_000_000_000)
        let context = Unmanaged.passUnretained(guardian).toOpaque()
        sqlite3_progress_handler(
            handle,
            1000,
            { context in
                guard let context else { return 0 }
                return Clock.monotonic() > Unmanaged<Guardian>.fromOpaque(context).takeUnretainedValue().deadline
                    ? 1 : 0
            },
            context
        )
    }

    /// From now on statements may only read, and may ask for the facts of the schema.
    func allowOnlyReading() {
        let context = Unmanaged.passUnretained(guardian).toOpaque()
        sqlite3_set_authorizer(
            handle,
            { context, action, first, second, _, _ in
                let first = first.map { String(cString: $0) }
                let second = second.map { String(cString: $0) }
                guard let defect = Reading.defect(action, first, second) else { return SQLITE_OK }
                if let context {
                    let guardian = Unmanaged<Guardian>.fromOpaque(context).takeUnretainedValue()
                    if guardian.refused == nil { guardian.refused = defect }
                }
                return SQLITE_DENY
            },
            context
        )
    }
}

/// What a reading statement may do.
private enum Reading {
    private static let pragmas: Set<String> = [
        "table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo", "foreign_key_list",
        "collation_list", "function_list", "compile_options",
    ]
    private static let facts: Set<String> = [
        "user_version", "application_id", "schema_version", "encoding", "page_size", "page_count", "freelist_count",
        "auto_vacuum", "data_version",
    ]

    /// Why an action is none of reading, or nil where it is. The values are those of sqlite3_set_authorizer.
    static func defect(_ action: Int32, _ first: String?, _ second: String?) -> String? {
        switch action {
        case SQLITE_SELECT, SQLITE_READ, SQLITE_RECURSIVE: return nil
        // Virtual tables (search indexes, table-valued functions) prepare such statements for themselves when they are
        // opened. One of the caller's own fails: the file is open for reading alone.
        case SQLITE_INSERT, SQLITE_UPDATE, SQLITE_DELETE: return nil
        case SQLITE_FUNCTION:
            let name = (second ?? "").lowercased()
            return name == "load_extension" || name == "fts3_tokenizer" ? "it calls \(name)" : nil
        case SQLITE_PRAGMA:
            let name = (first ?? "").lowercased()
            if pragmas.contains(name) || (facts.contains(name) && second == nil) { return nil }
            return "PRAGMA \(printable(name)) is not allowed"
        case SQLITE_ATTACH, SQLITE_DETACH: return "ATTACH and DETACH are not allowed"
        case SQLITE_TRANSACTION, SQLITE_SAVEPOINT: return "it begins or ends a transaction"
        default: return "it does more than read"
        }
    }
}

extension Int64 {
    /// The product, or the largest value where it does not fit.
    func multipliedClamping(by factor: Int64) -> Int64 {
        let (product, overflow) = multipliedReportingOverflow(by: factor)
        return overflow ? Int64.max / 2 : product
    }
}
