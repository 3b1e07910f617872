internal import CSQLite
package import SwarmContracts

/// The answer to a query.
package struct QueryResult: Sendable, Equatable {
    package let columns: [String]
    package let rows: [[SQLValue]]
    /// Whether there was more than the limits allow.
    package let truncated: Bool

    /// `{"columns": [..], "rows": [[..]], "truncated": ..}`
    package var json: JSONValue {
        [
            "columns": .array(columns.map(JSONValue.string)),
            "rows": .array(rows.map { .array($0.map(\.json)) }),
            "truncated": .bool(truncated),
        ]
    }
}

extension StateDatabase {
    /// The most bytes that an answer holds, and one value.
    private static let answerLimit = 64 << 20

    /// Asks a database one question. The file is one that `finish` made (no log beside it is read) and nobody changes
    /// it.
    ///
    /// Throws `.queryInvalid` for text that is no single reading statement or that SQLite refuses, `.timeLimit`,
    /// `.damaged`.
    package static func query(
        _ path: String,
        sql: String,
        timeLimitSeconds: Int,
        rowLimit: Int
    ) throws(StateFailure) -> QueryResult {
        if sql.utf8.contains(0) { throw .queryInvalid("it holds a NUL character") }
        let database = try reader(path, timeLimitSeconds: timeLimitSeconds)
        do throws(StateFailure) {
            let statement = try single(sql, in: database)
            var rows: [[SQLValue]] = []
            var size = 0
            var truncated = false
            let columns = statement.columnCount
            while try statement.step() {
                if rows.count >= rowLimit || size > answerLimit {
                    truncated = true
                    break
                }
                let row = (0..<columns).map { statement.value($0) }
                size += row.reduce(0) { $0 + $1.size }
                rows.append(row)
            }
            return QueryResult(columns: (0..<columns).map(statement.columnName), rows: rows, truncated: truncated)
        } catch {
            if let refused = database.guardian.refused { throw .queryInvalid(refused) }
            guard case .sql(_, let reason) = error else { throw error }
            throw .queryInvalid(reason)
        }
    }

    /// A connection that reads and does nothing else.
    static func reader(_ path: String, timeLimitSeconds: Int) throws(StateFailure) -> Connection {
        let database = try Connection(path, .immutable)
        try database.distrust(views: true)
        sqlite3_limit(database.handle, SQLITE_LIMIT_LENGTH, Int32(answerLimit))
        sqlite3_limit(database.handle, SQLITE_LIMIT_ATTACHED, 0)
        try database.execute("PRAGMA query_only=ON; PRAGMA temp_store=MEMORY")
        database.allowOnlyReading()
        database.limitTime(seconds: timeLimitSeconds)
        return database
    }

    private static func single(_ sql: String, in database: Connection) throws(StateFailure) -> Statement {
        var (found, rest) = try database.prepare(sql)
        // A comment in front is an empty statement to SQLite, as is a lone semicolon.
        while found == nil, !rest.isEmpty { (found, rest) = try database.prepare(rest) }
        guard let found else { throw .queryInvalid("it is empty") }
        while !rest.isEmpty {
            let (next, behind) = try database.prepare(rest)
            if next != nil { throw .queryInvalid("it is more than one statement") }
            rest = behind
        }
        guard sqlite3_stmt_readonly(found.handle) != 0 else { throw .queryInvalid("it does more than read") }
        return found
    }
}
