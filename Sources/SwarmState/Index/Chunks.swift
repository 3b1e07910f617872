package import SwarmContracts

/// A chunk's place within its pack, in bytes.
package struct ChunkEntry: Sendable, Equatable {
    package let name: Digest256
    package let offset: UInt64
    package let length: UInt32

    package init(name: Digest256, offset: UInt64, length: UInt32) {
        self.name = name
        self.offset = offset
        self.length = length
    }
}

/// A pack and what lies in it.
package struct PackEntry: Sendable, Equatable {
    package let id: Digest256
    package let chunks: [ChunkEntry]

    package init(id: Digest256, chunks: [ChunkEntry]) {
        self.id = id
        self.chunks = chunks
    }
}

/// Where a chunk lies.
package struct ChunkLocation: Sendable, Equatable {
    package let pack: Digest256
    package let offset: UInt64
    package let length: UInt32

    package init(pack: Digest256, offset: UInt64, length: UInt32) {
        self.pack = pack
        self.offset = offset
        self.length = length
    }
}

/// A chunk and where it lies.
package struct LocatedChunk: Sendable, Equatable {
    package let name: Digest256
    package let location: ChunkLocation
}

extension Index {
    private static let locating = """
        SELECT packs.id, chunks.offset, chunks.length FROM chunks JOIN packs ON packs.number = chunks.pack
        WHERE chunks.name = ?
        """

    /// Where a chunk lies; nil where the store does not have it. Throws `StateFailure`.
    package func locate(_ name: Digest256) throws(StateFailure) -> ChunkLocation? {
        try use { (database) throws(StateFailure) in
            try database.first(Index.locating, [SQLValue(name)], Index.location)
        }
    }

    /// Where the chunks lie, all seen at one moment; those that the store does not have are left out.
    package func locate(_ names: [Digest256]) throws(StateFailure) -> [Digest256: ChunkLocation] {
        try use { (database) throws(StateFailure) in
            try database.reading { () throws(StateFailure) in
                var found: [Digest256: ChunkLocation] = [:]
                found.reserveCapacity(names.count)
                // Chunks that are wanted together mostly lie in few packs: each is looked up once.
                var packs: [Int64: Digest256] = [:]
                for name in names {
                    let row = try database.first(
                        "SELECT pack, offset, length FROM chunks WHERE name = ?",
                        [SQLValue(name)]
                    ) { ($0.integer(0), UInt64(clamping: $0.integer(1)), UInt32(clamping: $0.integer(2))) }
                    guard let (number, offset, length) = row else { continue }
                    if packs[number] == nil { packs[number] = try Index.packID(number, in: database) }
                    guard let pack = packs[number] else { continue }
                    found[name] = ChunkLocation(pack: pack, offset: offset, length: length)
                }
                return found
            }
        }
    }

    private static func packID(_ number: Int64, in database: Connection) throws(StateFailure) -> Digest256? {
        try database.first("SELECT id FROM packs WHERE number = ?", [.integer(number)]) {
            (row) throws(StateFailure) in try row.digest(0)
        }
    }

    /// Whether the store has all of the chunks, seen at one moment.
    package func has(_ names: [Digest256]) throws(StateFailure) -> Bool {
        try use { (database) throws(StateFailure) in
            try database.reading { () throws(StateFailure) in
                for name in names {
                    let found = try database.first("SELECT 1 FROM chunks WHERE name = ?", [SQLValue(name)]) { _ in true
                    }
                    if found == nil { return false }
                }
                return true
            }
        }
    }

    /// Enters packs in a transaction of their own. The first place of a chunk is kept.
    package func insertPacks(_ packs: [PackEntry]) throws(StateFailure) {
        try write { (database) throws(StateFailure) in
            try Index.insert(packs, into: database)
        }
    }

    static func insert(_ packs: [PackEntry], into database: Connection) throws(StateFailure) {
        for pack in packs {
            try database.run("INSERT OR IGNORE INTO packs(id) VALUES (?)", [SQLValue(pack.id)])
            let known = try database.first("SELECT number FROM packs WHERE id = ?", [SQLValue(pack.id)]) {
                $0.integer(0)
            }
            guard let number = known else { throw .damaged(path: database.path) }
            for chunk in pack.chunks {
                try database.run(
                    "INSERT OR IGNORE INTO chunks(name, pack, offset, length) VALUES (?, ?, ?, ?)",
                    [
                        SQLValue(chunk.name), .integer(number), .integer(Int64(clamping: chunk.offset)),
                        .integer(Int64(chunk.length)),
                    ]
                )
            }
        }
    }

    /// Whether the pack is entered.
    package func hasPack(_ id: Digest256) throws(StateFailure) -> Bool {
        try use { (database) throws(StateFailure) in
            try database.first("SELECT number FROM packs WHERE id = ?", [SQLValue(id)]) { $0.integer(0) } != nil
        }
    }

    /// The next packs behind `after` in the order of their ids.
    package func packs(after: Digest256?, limit: Int) throws(StateFailure) -> [Digest256] {
        try use { (database) throws(StateFailure) in
            try database.rows(
                "SELECT id FROM packs WHERE id > ? ORDER BY id LIMIT ?",
                [.blob(after?.bytes ?? []), .integer(Int64(limit))]
            ) { (row) throws(StateFailure) in try row.digest(0) }
        }
    }

    /// The next chunks behind `after` in the order of their names.
    package func chunks(after: Digest256?, limit: Int) throws(StateFailure) -> [LocatedChunk] {
        try use { (database) throws(StateFailure) in
            try database.rows(
                """
                SELECT packs.id, chunks.offset, chunks.length, chunks.name
                FROM chunks CROSS JOIN packs ON packs.number = chunks.pack
                WHERE chunks.name > ? ORDER BY chunks.name LIMIT ?
                """,
                [.blob(after?.bytes ?? []), .integer(Int64(limit))]
            ) { (row) throws(StateFailure) in
                LocatedChunk(name: try row.digest(3), location: try Index.location(row))
            }
        }
    }

    /// Takes a pack out. `chunks` are the names in its footer; those that lie in another pack by now stay.
    package func removePack(_ id: Digest256, chunks: [Digest256]) throws(StateFailure) {
        try write { (database) throws(StateFailure) in
            let known = try database.first("SELECT number FROM packs WHERE id = ?", [SQLValue(id)]) {
                $0.integer(0)
            }
            guard let number = known else { return }
            try Index.takeVouchersBack(in: database)
            for name in chunks {
                try database.run(
                    "DELETE FROM chunks WHERE name = ? AND pack = ?",
                    [SQLValue(name), .integer(number)]
                )
            }
            try database.run("DELETE FROM packs WHERE number = ?", [.integer(number)])
        }
    }

    private static func location(_ row: Statement) throws(StateFailure) -> ChunkLocation {
        ChunkLocation(
            pack: try row.digest(0),
            offset: UInt64(clamping: row.integer(1)),
            length: UInt32(clamping: row.integer(2))
        )
    }
}
