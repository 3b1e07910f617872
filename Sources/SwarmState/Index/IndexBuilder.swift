package import SwarmContracts
internal import SwarmPlatform

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Fills a new index from what lies in the store. Valid only within `Index.rebuild`.
package struct IndexBuilder {
    fileprivate let database: Connection

    /// Enters a pack; the first place of a chunk is kept.
    package func add(pack: PackEntry) throws(StateFailure) { try Index.insert([pack], into: database) }

    /// Enters a node behind those entered before, parents first by custom. A second time is no error.
    package func add(node: NodeRow) throws(StateFailure) {
        _ = try Index.insert(node, sequence: try Index.nextSequence(in: database), into: database)
    }

    /// Enters a node with the run that made it, and points those of `branches` to it that `moves` wants moved from where
    /// they are: all under one place in the order of commits, as a run's own commit does.
    package func add(
        node: NodeRow,
        of run: RunRow,
        branches: [Label],
        moves: (Label, NodeID?) -> Bool
    ) throws(StateFailure) {
        let sequence = try Index.nextSequence(in: database)
        _ = try Index.insert(node, sequence: sequence, into: database)
        if try !hasRun(run.runID) {
            var row = run
            row.sequence = sequence
            try Index.insert(row, into: database)
        }
        for label in branches where moves(label, try Index.tip(label, in: database)) {
            let move = RefMove(label: label, expected: .whatever, to: node.id)
            _ = try Index.move([move], sequence: sequence, in: database)
        }
    }

    /// Whether a run of this id was entered.
    package func hasRun(_ runID: String) throws(StateFailure) -> Bool {
        try Index.run(runID, in: database) != nil
    }

    /// Enters a run behind those entered before; a final one takes the next place in the order of commits.
    package func add(run: RunRow) throws(StateFailure) {
        var row = run
        row.sequence = run.status.isFinal ? try Index.nextSequence(in: database) : nil
        try Index.insert(row, into: database)
    }

    /// Points a branch to a node.
    package func set(branch: Label, to node: NodeID) throws(StateFailure) {
        let move = RefMove(label: branch, expected: .whatever, to: node)
        _ = try Index.move([move], sequence: try Index.nextSequence(in: database), in: database)
    }

    /// Makes `@` name a node.
    package func setNewestSuccess(_ id: NodeID) throws(StateFailure) {
        try Index.setMeta(Index.newestKey, id.description, in: database)
    }

    /// Keeps a value under a key.
    package func setMeta(_ key: String, _ value: String) throws(StateFailure) {
        try Index.setMeta(key, value, in: database)
    }
}

extension Index {
    /// Makes a new index at a temporary path: one file, synced, complete or not there. What stood at the path goes. Throws
    /// `StateFailure`, and whatever `body` throws.
    package static func rebuild(at path: String, _ body: (IndexBuilder) throws -> Void) throws {
        do {
            try removeAll(of: path)
            let database = try Connection(path, .create)
            // Nobody else sees the file yet; FULL at the end syncs it once.
            try database.execute("PRAGMA journal_mode=DELETE; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536")
            try Schema.migrate(database)
            try database.run("BEGIN IMMEDIATE")
            try body(IndexBuilder(database: database))
            try database.run("COMMIT")
            database.close()
        } catch {
            try? removeAll(of: path)
            throw error
        }
    }

    /// Puts a rebuilt index into its place. The caller holds the store's lock: nobody may have the old one open.
    package static func install(_ temporary: String, at path: String) throws(StateFailure) {
        do throws(SystemError) {
            // Before the rename: the old log must never be taken for one of the new file. And the old file before its log,
            // which holds commits that are nowhere else: a kill in between leaves no index, and then the next command makes one.
            for ending in ["", "-wal", "-shm", "-journal"] { try Files.remove(path + ending) }
            guard rename(temporary, path) == 0 else { throw .last("replace", path) }
            try Files.syncFolder(of: path)
        } catch {
            throw .system(error)
        }
    }

    private static func removeAll(of path: String) throws(StateFailure) {
        do throws(SystemError) {
            for ending in ["", "-wal", "-shm", "-journal"] { try Files.remove(path + ending) }
        } catch {
            throw .system(error)
        }
    }
}
