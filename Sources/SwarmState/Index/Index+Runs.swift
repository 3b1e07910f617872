package import SwarmContracts

extension Index {
    private static let columns =
        "run_id, status, operation, request_hash, parent, node, created_at, finished_at, summary, number, sequence"

    private static func run(_ row: Statement) throws(StateFailure) -> RunRow {
        RunRow(
            runID: row.text(0),
            status: RunState(rawValue: row.text(1)) ?? .failed,
            operation: row.text(2),
            requestHash: try row.digest(3),
            parent: try row.node(4),
            node: try row.node(5),
            createdAt: row.integer(6),
            finishedAt: row.isNull(7) ? nil : row.integer(7),
            summary: row.text(8),
            number: row.integer(9),
            sequence: row.isNull(10) ? nil : row.integer(10)
        )
    }

    static func run(_ runID: String, in database: Connection) throws(StateFailure) -> RunRow? {
        try database.first("SELECT \(columns) FROM runs WHERE run_id = ?", [.text(runID)], run)
    }

    private func runs(_ clause: String, _ values: [SQLValue]) throws(StateFailure) -> [RunRow] {
        try use { (database) throws(StateFailure) in
            try database.rows("SELECT \(Index.columns) FROM runs \(clause)", values, Index.run)
        }
    }

    /// The run with this id.
    package func run(_ runID: String) throws(StateFailure) -> RunRow? {
        try use { (database) throws(StateFailure) in try Index.run(runID, in: database) }
    }

    /// The runs reserved before `number` (nil: from the newest on), newest first.
    package func runs(before number: Int64?, limit: Int) throws(StateFailure) -> [RunRow] {
        try runs(
            "WHERE number < ? ORDER BY number DESC LIMIT ?",
            [.integer(number ?? Int64.max), .integer(Int64(limit))]
        )
    }

    /// The runs that have no final status, oldest first: live ones and interrupted ones.
    package func runningRuns(limit: Int = 10_000) throws(StateFailure) -> [RunRow] {
        // The status stands in the text, so that SQLite sees that the partial index covers it.
        try runs("WHERE status = 'running' AND number > 0 ORDER BY number LIMIT ?", [.integer(Int64(limit))])
    }

    /// Takes a run id for a request. Of any number of callers at once exactly one gets `.reserved`.
    package func reserveRun(
        _ runID: String,
        requestHash: Digest256,
        operation: String,
        parent: NodeID?,
        now: Int64
    ) throws(StateFailure) -> Reservation {
        try write { (database) throws(StateFailure) in
            if let known = try Index.run(runID, in: database) {
                guard known.status == .running, known.requestHash == requestHash else { return .taken(known) }
                // The end of the earlier attempt must not come back once this one has written other documents.
                try Index.dropUnseenCommits(in: database)
                return .sameRequest(known)
            }
            let row = RunRow(
                runID: runID,
                status: .running,
                operation: operation,
                requestHash: requestHash,
                parent: parent,
                createdAt: now
            )
            try Index.insert(row, into: database)
            return .reserved
        }
    }

    static func insert(_ row: RunRow, into database: Connection) throws(StateFailure) {
        try database.run(
            """
            INSERT INTO runs(
                run_id, status, operation, request_hash, parent, node, created_at, finished_at, summary, sequence)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .text(row.runID), .text(row.status.rawValue), .text(row.operation), SQLValue(row.requestHash),
                SQLValue(row.parent), SQLValue(row.node), .integer(row.createdAt), SQLValue(row.finishedAt),
                .text(row.summary), SQLValue(row.sequence),
            ]
        )
    }

    /// Forgets a run, so that its id is free again.
    package func removeRun(_ runID: String) throws(StateFailure) {
        try write { (database) throws(StateFailure) in
            try database.run("DELETE FROM runs WHERE run_id = ?", [.text(runID)])
        }
    }
}
