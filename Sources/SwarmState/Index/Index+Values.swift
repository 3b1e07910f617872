extension Index {
    /// The value that was kept under a key.
    package func meta(_ key: String) throws(StateFailure) -> String? {
        try use { (database) throws(StateFailure) in
            try database.first("SELECT value FROM meta WHERE key = ?", [.text(key)]) { $0.text(0) }
        }
    }

    /// Keeps a value under a key; nil forgets it.
    package func setMeta(_ key: String, _ value: String?) throws(StateFailure) {
        try write { (database) throws(StateFailure) in
            guard let value else { return try database.run("DELETE FROM meta WHERE key = ?", [.text(key)]) }
            try Index.setMeta(key, value, in: database)
        }
    }

    static func setMeta(_ key: String, _ value: String, in database: Connection) throws(StateFailure) {
        try database.run("INSERT OR REPLACE INTO meta(key, value) VALUES (?, ?)", [.text(key), .text(value)])
    }
}
