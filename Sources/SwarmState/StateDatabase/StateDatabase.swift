package import SwarmContracts
internal import SwarmPlatform

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// How a database keeps its transactions; part of the file (bytes 18 and 19 of its header).
package enum JournalMode: String, Sendable, CaseIterable {
    /// A rollback journal beside the file.
    case rollback
    /// A write-ahead log beside the file.
    case wal
}

/// The agent's own database: a SQLite file that a step may use as it likes, and that is a stranger's file after it.
package enum StateDatabase {
    /// How long a small piece of work of ours may take, in seconds.
    static let ownTimeLimit = 30

    /// SQLite keeps this text as it is: with another line break in it every root node has another id.
    private static let tables = """
        CREATE TABLE IF NOT EXISTS kv(key TEXT PRIMARY KEY, value);
        CREATE TABLE IF NOT EXISTS events(
            seq INTEGER PRIMARY KEY, event_type TEXT NOT NULL, run_id TEXT NOT NULL, node_id TEXT,
            backend TEXT NOT NULL, route_mode TEXT NOT NULL, detail TEXT NOT NULL);
        """

    /// Makes the initial database, always of the same bytes; a file at the path is replaced. Throws `StateFailure`.
    package static func create(at path: String) throws(StateFailure) {
        let draft = path + ".draft-" + Hex.encode(Randomness.bytes(8))
        let output = draft + "-out"
        do throws(StateFailure) {
            let database = try Connection(draft, .create)
            try database.execute("PRAGMA page_size=4096; PRAGMA encoding='UTF-8'; PRAGMA auto_vacuum=NONE")
            try database.execute("PRAGMA journal_mode=DELETE; PRAGMA synchronous=OFF")
            try database.execute(tables)
            database.close()
            try normalise(input: draft, output: output)
            guard rename(output, path) == 0 else { throw StateFailure.system(.last("write", path)) }
        } catch {
            removeAll([draft, output])
            throw error
        }
        removeAll([draft, output])
    }

    /// Appends events, and keeps values under keys, in one transaction; makes the two tables where a step has dropped
    /// them.
    ///
    /// The database may be a step's: no trigger runs, no view is read. The path is the only file when it returns.
    /// Throws `.stateUnusable` where the step has made of the two tables something that takes no rows.
    package static func appendEvents(
        _ path: String,
        _ events: [StateEvent],
        values: [(key: String, value: String)] = []
    ) throws(StateFailure) {
        do throws(StateFailure) {
            let database = try Connection(path, .readWrite)
            try database.distrust(views: false)
            database.limitTime(seconds: ownTimeLimit)
            try database.execute("PRAGMA secure_delete=ON; PRAGMA synchronous=OFF")
            try database.transaction { () throws(StateFailure) in try append(events, values, to: database) }
            // The last connection folds a write-ahead log into the file and removes it.
            database.close()
        } catch {
            throw unusable(error)
        }
    }

    static func append(
        _ events: [StateEvent],
        _ values: [(key: String, value: String)],
        to database: Connection
    ) throws(StateFailure) {
        try database.execute(tables)
        // Left to itself SQLite takes random numbers once the largest is used.
        let last =
            try database.first("SELECT max(seq) FROM events WHERE typeof(seq) = 'integer'") { $0.integer(0) } ?? 0
        guard last < JSONValue.largestInteger - Int64(events.count) else {
            throw .stateUnusable("the numbers of the table events are used up")
        }
        var next = max(last, 0)
        for event in events {
            next += 1
            try database.run(
                """
                INSERT INTO events(seq, event_type, run_id, node_id, backend, route_mode, detail)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    .integer(next), .text(event.eventType), .text(event.runID), SQLValue(event.nodeID),
                    .text(event.backend), .text(event.routeMode), .text(event.detail),
                ]
            )
        }
        for (key, value) in values {
            try database.run("INSERT OR REPLACE INTO kv(key, value) VALUES (?, ?)", [.text(key), .text(value)])
        }
    }

    /// What an error means for a database that a step had in its hands.
    static func unusable(_ failure: StateFailure) -> StateFailure {
        switch failure {
        case .damaged: .stateUnusable("it is no SQLite database, or a damaged one")
        case .timeLimit(let seconds): .stateUnusable("its check took longer than \(seconds) s")
        case .sql(_, let reason): .stateUnusable(reason)
        // The copy is ours: what cannot be written is a header of a format that SQLite only reads.
        case .permission: .stateUnusable("its format cannot be written")
        default: failure
        }
    }

    static func removeAll(_ paths: [String]) {
        for path in paths {
            for ending in ["", "-wal", "-shm", "-journal"] { unlink(path + ending) }
        }
    }
}
