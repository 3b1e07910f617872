package import SwarmContracts

extension Index {
    /// The node of the newest successful run (`@`); nil where none has succeeded yet.
    package func newestSuccess() throws(StateFailure) -> NodeID? {
        try meta(Index.newestKey).flatMap { NodeID($0) }
    }

    /// Makes `@` name another node, or none: for `gc`, which may drop the one it names.
    package func setNewestSuccess(_ id: NodeID?) throws(StateFailure) {
        try setMeta(Index.newestKey, id?.description)
    }

    /// Where a branch points; nil where there is none of this label.
    package func branchTip(_ label: Label) throws(StateFailure) -> NodeID? {
        try use { (database) throws(StateFailure) in try Index.tip(label, in: database) }
    }

    static func tip(_ label: Label, in database: Connection) throws(StateFailure) -> NodeID? {
        try database.first("SELECT node FROM refs WHERE label = ?", [.text(label.description)]) {
            (row) throws(StateFailure) in try row.requiredNode(0)
        }
    }

    /// The next branches behind `after` in the byte order of their labels.
    package func branches(after: Label? = nil, limit: Int = 10_000) throws(StateFailure) -> [Branch] {
        try use { (database) throws(StateFailure) in
            try database.rows(
                "SELECT label, node, sequence FROM refs WHERE label > ? ORDER BY label LIMIT ?",
                [.text(after?.description ?? ""), .integer(Int64(limit))]
            ) { (row) throws(StateFailure) in
                let label = try Index.label(row, of: database)
                return Branch(label: label, node: try row.requiredNode(1), sequence: row.integer(2))
            }
        }
    }

    /// The labels of the branches that point to a node, in their byte order.
    package func branches(at node: NodeID) throws(StateFailure) -> [Label] {
        try use { (database) throws(StateFailure) in
            try database.rows("SELECT label FROM refs WHERE node = ? ORDER BY label", [SQLValue(node)]) {
                (row) throws(StateFailure) in try Index.label(row, of: database)
            }
        }
    }

    private static func label(_ row: Statement, of database: Connection) throws(StateFailure) -> Label {
        do throws(IdentifierError) { return try Label(row.text(0)) } catch { throw .damaged(path: database.path) }
    }

    /// Moves branches in one transaction; each by itself succeeds or is reported as lost.
    package func move(_ moves: [RefMove]) throws(StateFailure) -> [RefOutcome] {
        try write { (database) throws(StateFailure) in
            try Index.move(moves, sequence: try Index.nextSequence(in: database), in: database)
        }
    }

    static func move(
        _ moves: [RefMove],
        sequence: Int64,
        in database: Connection
    ) throws(StateFailure) -> [RefOutcome] {
        var outcomes: [RefOutcome] = []
        for move in moves {
            let current = try tip(move.label, in: database)
            if case .exactly(let expected) = move.expected, expected != current {
                outcomes.append(RefOutcome(label: move.label, moved: false, current: current))
                continue
            }
            try database.run(
                "INSERT OR REPLACE INTO refs(label, node, sequence) VALUES (?, ?, ?)",
                [.text(move.label.description), SQLValue(move.to), .integer(sequence)]
            )
            outcomes.append(RefOutcome(label: move.label, moved: true, current: move.to))
        }
        return outcomes
    }

    /// Removes a branch that still points to `expected`. Returns whether it did.
    package func removeBranch(_ label: Label, expected: NodeID) throws(StateFailure) -> Bool {
        try use { (database) throws(StateFailure) in
            try database.run(
                "DELETE FROM refs WHERE label = ? AND node = ?",
                [.text(label.description), SQLValue(expected)]
            )
            return database.changes > 0
        }
    }
}
