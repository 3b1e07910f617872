package import SwarmContracts

extension Index {
    /// The value that was kept under a key.
    package func meta(_ key: String) throws(StateFailure) -> String? {
        try use { (database) throws(StateFailure) in
            try database.first("SELECT value FROM meta WHERE key = ?", [.text(key)]) { $0.text(0) }
        }
    }

    /// Keeps a value under a key; nil forgets it.
    package func setMeta(_ key: String, _ value: String?) throws(StateFailure) {
        try use { (database) throws(StateFailure) in
            guard let value else { return try database.run("DELETE FROM meta WHERE key = ?", [.text(key)]) }
            try Index.setMeta(key, value, in: database)
        }
    }

    static func setMeta(_ key: String, _ value: String, in database: Connection) throws(StateFailure) {
        try database.run("INSERT OR REPLACE INTO meta(key, value) VALUES (?, ?)", [.text(key), .text(value)])
    }

    /// The node that an import of the same content made.
    package func importNode(forKey key: String) throws(StateFailure) -> NodeID? {
        try use { (database) throws(StateFailure) in
            try database.first("SELECT node FROM imports WHERE key = ?", [.text(key)]) {
                (row) throws(StateFailure) in try row.requiredNode(0)
            }
        }
    }

    /// Uses a token up. Nil where it was free or the same run used it before; else the run that did.
    package func consumeToken(_ id: [UInt8], by runID: String, now: Int64) throws(StateFailure) -> String? {
        try use { (database) throws(StateFailure) in
            try database.transaction { () throws(StateFailure) in
                if let user = try Index.token(id, in: database) { return user == runID ? nil : user }
                try database.run(
                    "INSERT INTO tokens(id, run_id, consumed_at) VALUES (?, ?, ?)",
                    [.blob(id), .text(runID), .integer(now)]
                )
                return nil
            }
        }
    }

    /// The run that used a token up; nil where none has.
    package func token(_ id: [UInt8]) throws(StateFailure) -> String? {
        try use { (database) throws(StateFailure) in try Index.token(id, in: database) }
    }

    private static func token(_ id: [UInt8], in database: Connection) throws(StateFailure) -> String? {
        try database.first("SELECT run_id FROM tokens WHERE id = ?", [.blob(id)]) { $0.text(0) }
    }
}
