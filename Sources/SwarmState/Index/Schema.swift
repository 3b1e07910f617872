/// The tables of the index, and how an older format becomes the present one.
enum Schema {
    /// `PRAGMA application_id`: "swrm".
    static let mark = 0x7377_726d

    /// `PRAGMA user_version`: the number of steps that this version knows.
    static var version: Int { steps.count }

    /// Step n turns format n into n + 1. A step that was released is never changed.
    private static let steps = [
        """
        CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE counters(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
        INSERT INTO counters VALUES ('commit', 0);

        CREATE TABLE packs(number INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL UNIQUE);
        CREATE TABLE chunks(
            name BLOB PRIMARY KEY, pack INTEGER NOT NULL, offset INTEGER NOT NULL, length INTEGER NOT NULL
        ) WITHOUT ROWID;

        CREATE TABLE nodes(
            sequence INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, parent BLOB, run_id TEXT NOT NULL,
            operation TEXT NOT NULL, status TEXT NOT NULL, step INTEGER NOT NULL, state_id TEXT NOT NULL,
            bundle BLOB NOT NULL, tree BLOB, created_at INTEGER NOT NULL);
        CREATE INDEX nodes_by_parent ON nodes(parent, sequence);
        CREATE INDEX nodes_by_run ON nodes(run_id, sequence);

        CREATE TABLE runs(
            number INTEGER PRIMARY KEY AUTOINCREMENT, run_id TEXT NOT NULL UNIQUE, status TEXT NOT NULL,
            operation TEXT NOT NULL, request_hash BLOB NOT NULL, parent BLOB, node BLOB, created_at INTEGER NOT NULL,
            finished_at INTEGER, summary TEXT NOT NULL, sequence INTEGER);
        CREATE INDEX runs_running ON runs(number) WHERE status = 'running';

        CREATE TABLE refs(label TEXT PRIMARY KEY, node BLOB NOT NULL, sequence INTEGER NOT NULL) WITHOUT ROWID;
        CREATE INDEX refs_by_node ON refs(node, label);
        CREATE TABLE imports(key TEXT PRIMARY KEY, node BLOB NOT NULL) WITHOUT ROWID;
        CREATE INDEX imports_by_node ON imports(node);
        CREATE TABLE tokens(id BLOB PRIMARY KEY, run_id TEXT NOT NULL, consumed_at INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE remote_runs(run_id TEXT PRIMARY KEY, backend TEXT NOT NULL, handle TEXT NOT NULL) WITHOUT ROWID;
        """,
        "CREATE INDEX nodes_by_state ON nodes(state_id, sequence);",
    ]

    /// Brings the database up to date in one transaction; of several processes one does it.
    static func migrate(_ database: Connection) throws(StateFailure) {
        try database.transaction { () throws(StateFailure) in
            let (statement, _) = try database.prepare("PRAGMA user_version")
            guard let statement, try statement.step() else { throw .damaged(path: database.path) }
            let found = Int(statement.integer(0))
            statement.reset()
            if found >= version { return }
            for step in steps[found...] { try database.execute(step) }
            try database.execute("PRAGMA application_id=\(mark); PRAGMA user_version=\(version)")
        }
    }
}
