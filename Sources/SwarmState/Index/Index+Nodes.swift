package import SwarmContracts

extension Index {
    private static let columns =
        "id, parent, run_id, operation, status, step, state_id, bundle, tree, created_at, sequence"

    static func node(_ row: Statement) throws(StateFailure) -> NodeRow {
        NodeRow(
            id: try row.requiredNode(0),
            parent: try row.node(1),
            runID: row.text(2),
            operation: row.text(3),
            status: RunState(rawValue: row.text(4)) ?? .failed,
            step: Int(row.integer(5)),
            stateID: row.text(6),
            bundleSHA256: try row.digest(7),
            tree: row.isNull(8) ? nil : row.blob(8),
            createdAt: row.integer(9),
            sequence: row.integer(10)
        )
    }

    private func nodes(_ clause: String, _ values: [SQLValue]) throws(StateFailure) -> [NodeRow] {
        try use { (database) throws(StateFailure) in
            try database.rows("SELECT \(Index.columns) FROM nodes \(clause)", values, Index.node)
        }
    }

    static func node(_ id: NodeID, in database: Connection) throws(StateFailure) -> NodeRow? {
        try database.first("SELECT \(columns) FROM nodes WHERE id = ?", [SQLValue(id)], node)
    }

    /// The node with this id.
    package func node(_ id: NodeID) throws(StateFailure) -> NodeRow? {
        try use { (database) throws(StateFailure) in try Index.node(id, in: database) }
    }

    /// The nodes whose ids begin with `prefix` (hexadecimal digits; a leading `node-` may stand), in the order of their
    /// ids.
    package func nodes(withPrefix prefix: String, limit: Int) throws(StateFailure) -> [NodeRow] {
        let digits = prefix.hasPrefix("node-") ? String(prefix.dropFirst(5)) : prefix
        let missing = 32 - digits.utf8.count
        guard missing >= 0, !digits.isEmpty,
            let first = Hex.decode(digits + String(repeating: "0", count: missing)),
            let last = Hex.decode(digits + String(repeating: "f", count: missing))
        else { return [] }
        return try nodes(
            "WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?",
            [.blob(first), .blob(last), .integer(Int64(limit))]
        )
    }

    /// The children of a node in the order of their commits, those behind `sequence`.
    package func children(
        of id: NodeID,
        after sequence: Int64 = 0,
        limit: Int = 1000
    ) throws(StateFailure) -> [NodeRow] {
        try nodes(
            "WHERE parent = ? AND sequence > ? ORDER BY sequence LIMIT ?",
            [SQLValue(id), .integer(sequence), .integer(Int64(limit))]
        )
    }

    /// The node and its ancestors, itself first, at most `limit` of them.
    package func parentChain(of id: NodeID, limit: Int) throws(StateFailure) -> [NodeRow] {
        try use { (database) throws(StateFailure) in
            try database.reading { () throws(StateFailure) in
                var chain: [NodeRow] = []
                var next: NodeID? = id
                while let id = next, chain.count < limit, let row = try Index.node(id, in: database) {
                    chain.append(row)
                    next = row.parent
                }
                return chain
            }
        }
    }

    /// The node that a run made.
    package func node(forRun runID: String) throws(StateFailure) -> NodeRow? {
        try nodes("WHERE run_id = ? ORDER BY sequence LIMIT 1", [.text(runID)]).first
    }

    /// The newest node with this state.
    package func node(forState stateID: String) throws(StateFailure) -> NodeRow? {
        try nodes("WHERE state_id = ? ORDER BY sequence DESC LIMIT 1", [.text(stateID)]).first
    }

    /// The next nodes behind `sequence`, oldest first.
    package func nodesPage(after sequence: Int64, limit: Int) throws(StateFailure) -> [NodeRow] {
        try nodes("WHERE sequence > ? ORDER BY sequence LIMIT ?", [.integer(sequence), .integer(Int64(limit))])
    }

    /// The nodes before `sequence` (nil: from the newest on), newest first.
    package func nodesPage(before sequence: Int64?, limit: Int) throws(StateFailure) -> [NodeRow] {
        try nodes(
            "WHERE sequence < ? ORDER BY sequence DESC LIMIT ?",
            [.integer(sequence ?? Int64.max), .integer(Int64(limit))]
        )
    }

    /// Takes nodes out. Branches and children are the caller's care.
    package func removeNodes(_ ids: [NodeID]) throws(StateFailure) {
        try write { (database) throws(StateFailure) in
            for id in ids {
                try database.run("DELETE FROM nodes WHERE id = ?", [SQLValue(id)])
            }
        }
    }

    /// Enters a node, unless it is there with the same facts. Returns whether it was new.
    static func insert(_ node: NodeRow, sequence: Int64, into database: Connection) throws(StateFailure) -> Bool {
        if var known = try Index.node(node.id, in: database) {
            // When, and by which run, one content came in twice is no fact of the node.
            known.sequence = node.sequence
            known.createdAt = node.createdAt
            known.runID = node.runID
            known.tree = node.tree
            guard known == node else { throw .nodeConflict(node.id) }
            return false
        }
        try database.run(
            "INSERT INTO nodes(\(columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                SQLValue(node.id), SQLValue(node.parent), .text(node.runID), .text(node.operation),
                .text(node.status.rawValue), .integer(Int64(node.step)), .text(node.stateID),
                SQLValue(node.bundleSHA256), node.tree.map(SQLValue.blob) ?? .null, .integer(node.createdAt),
                .integer(sequence),
            ]
        )
        return true
    }
}
