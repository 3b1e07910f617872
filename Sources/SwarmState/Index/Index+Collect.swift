package import SwarmContracts

/// A pack that goes, and what becomes of the chunks that the index finds in it.
package struct PackRemoval: Sendable {
    package let id: Digest256
    /// Chunks that nothing needs: their rows go with the pack. What lies in another pack by then stays.
    package let dead: [Digest256]

    package init(id: Digest256, dead: [Digest256]) { (self.id, self.dead) = (id, dead) }
}

extension Index {
    /// Enters packs that hold copies, lets the chunks be found there, and takes the old packs out: all in one transaction,
    /// so that every chunk is found at every moment.
    package func replacePacks(_ removals: [PackRemoval], by copies: [PackEntry]) throws(StateFailure) {
        try write { (database) throws(StateFailure) in
            try Index.insert(copies, into: database)
            for copy in copies {
                guard let number = try Index.packNumber(copy.id, in: database) else { continue }
                for chunk in copy.chunks {
                    try database.run(
                        "UPDATE chunks SET pack = ?, offset = ?, length = ? WHERE name = ?",
                        [
                            .integer(number), .integer(Int64(clamping: chunk.offset)),
                            .integer(Int64(chunk.length)), SQLValue(chunk.name),
                        ]
                    )
                }
            }
            if removals.contains(where: { !$0.dead.isEmpty }) { try Index.takeVouchersBack(in: database) }
            for removal in removals {
                guard let number = try Index.packNumber(removal.id, in: database) else { continue }
                for name in removal.dead {
                    try database.run(
                        "DELETE FROM chunks WHERE name = ? AND pack = ?",
                        [SQLValue(name), .integer(number)]
                    )
                }
                try database.run("DELETE FROM packs WHERE number = ?", [.integer(number)])
            }
        }
    }

    private static func packNumber(_ id: Digest256, in database: Connection) throws(StateFailure) -> Int64? {
        try database.first("SELECT number FROM packs WHERE id = ?", [SQLValue(id)]) { $0.integer(0) }
    }

    /// Makes what this connection sees all that there is. To be called before something is removed because no row names it.
    ///
    /// A process that is killed while it commits may have written all of it to the log and not yet shown it to others. They
    /// do not see it, but whoever opens the index when nobody else has it open reads the log from its beginning, and there it
    /// is. A commit of one's own takes its place in the log (https://www.sqlite.org/walformat.html, "The WAL-Index Header").
    package func dropUnseenCommits() throws(StateFailure) {
        try write { (database) throws(StateFailure) in try Index.dropUnseenCommits(in: database) }
    }

    /// The same as a part of a transaction that may write nothing else.
    static func dropUnseenCommits(in database: Connection) throws(StateFailure) {
        // It has to change a page: an update to the same value writes nothing.
        _ = try nextSequence(in: database)
    }

    /// How many chunks there are. Takes time in proportion to that.
    package func chunkCount() throws(StateFailure) -> Int {
        try use { (database) throws(StateFailure) in
            try database.first("SELECT count(*) FROM chunks") { Int($0.integer(0)) } ?? 0
        }
    }

    /// How many nodes there are. Takes time in proportion to that.
    package func nodeCount() throws(StateFailure) -> Int {
        try use { (database) throws(StateFailure) in
            try database.first("SELECT count(*) FROM nodes") { Int($0.integer(0)) } ?? 0
        }
    }

    /// The place of the newest node in the order of commits; 0 where there is none.
    package func newestSequence() throws(StateFailure) -> Int64 {
        try use { (database) throws(StateFailure) in
            try database.first("SELECT max(sequence) FROM nodes") { $0.integer(0) } ?? 0
        }
    }
}
