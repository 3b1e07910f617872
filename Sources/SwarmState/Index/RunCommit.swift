package import SwarmContracts

/// All that a finished run adds to the index, at once or not at all.
package struct RunCommit: Sendable {
    package var runID: String
    /// The final status.
    package var status: RunState
    package var operation: String
    package var requestHash: Digest256
    package var parent: NodeID?
    /// Real time in seconds since 1970.
    package var finishedAt: Int64
    /// The node that it made; nil where it kept nothing.
    package var node: NodeRow?
    package var packs: [PackEntry]
    package var moves: [RefMove]
    /// Whether `@` names this node from now on.
    package var advancesNewest: Bool
    /// Whether the node was made elsewhere: a run that is reserved here is not the one that made it.
    package var isTakenIn = false
    /// A stat cache that names only chunks which the index has when this is entered.
    package var statCache: StatCacheVoucher?
    /// JSON text.
    package var summary: String

    package init(
        runID: String,
        status: RunState,
        operation: String,
        requestHash: Digest256,
        parent: NodeID?,
        finishedAt: Int64,
        node: NodeRow? = nil,
        packs: [PackEntry] = [],
        moves: [RefMove] = [],
        advancesNewest: Bool? = nil,
        summary: String = "{}"
    ) {
        self.runID = runID
        self.status = status
        self.operation = operation
        self.requestHash = requestHash
        self.parent = parent
        self.finishedAt = finishedAt
        self.node = node
        self.packs = packs
        self.moves = moves
        self.advancesNewest = advancesNewest ?? (status == .succeeded && node != nil)
        self.summary = summary
    }
}

/// What came of a commit.
package struct CommitResult: Sendable, Equatable {
    /// Its place in the order of commits.
    package let sequence: Int64
    /// False where the same node was there already.
    package let nodeIsNew: Bool
    /// One for each wish, in the same order.
    package let moves: [RefOutcome]
}

extension Index {
    static let newestKey = "newest_success"

    /// Enters a finished run in one transaction: packs, node, final status, branches. Whatever it names must be on the
    /// disk.
    ///
    /// A run that was never reserved gets its row here. Throws `.runFinished` where the run has a final status already
    /// or was reserved for another request, `.nodeConflict` where the node's id is known with other facts.
    package func commit(_ commit: RunCommit) throws(StateFailure) -> CommitResult {
        try write { (database) throws(StateFailure) in
            let sequence = try Index.nextSequence(in: database)
            try Index.insert(commit.packs, into: database)
            var nodeIsNew = false
            if let node = commit.node {
                nodeIsNew = try Index.insert(node, sequence: sequence, into: database)
            }
            try Index.finish(commit, sequence: sequence, in: database)
            if let node = commit.node {
                if commit.advancesNewest {
                    try Index.setMeta(Index.newestKey, node.id.description, in: database)
                }
            }
            if let voucher = commit.statCache { try Index.vouch(voucher, in: database) }
            let moves = try Index.move(commit.moves, sequence: sequence, in: database)
            return CommitResult(sequence: sequence, nodeIsNew: nodeIsNew, moves: moves)
        }
    }

    private static func finish(_ commit: RunCommit, sequence: Int64, in database: Connection) throws(StateFailure) {
        guard let known = try run(commit.runID, in: database) else {
            let row = RunRow(
                runID: commit.runID,
                status: commit.status,
                operation: commit.operation,
                requestHash: commit.requestHash,
                parent: commit.parent,
                node: commit.node?.id,
                createdAt: commit.finishedAt,
                finishedAt: commit.finishedAt,
                summary: commit.summary,
                sequence: sequence
            )
            return try insert(row, into: database)
        }
        if known.status.isFinal || commit.isTakenIn || known.requestHash != commit.requestHash {
            throw .runFinished(commit.runID, status: known.status)
        }
        try database.run(
            """
            UPDATE runs SET status = ?, operation = ?, request_hash = ?, parent = ?, node = ?, finished_at = ?,
            summary = ?, sequence = ? WHERE run_id = ?
            """,
            [
                .text(commit.status.rawValue), .text(commit.operation), SQLValue(commit.requestHash),
                SQLValue(commit.parent), SQLValue(commit.node?.id), .integer(commit.finishedAt), .text(commit.summary),
                .integer(sequence), .text(commit.runID),
            ]
        )
    }

    static func nextSequence(in database: Connection) throws(StateFailure) -> Int64 {
        try database.run("UPDATE counters SET value = value + 1 WHERE name = 'commit'")
        let value = try database.first("SELECT value FROM counters WHERE name = 'commit'") { $0.integer(0) }
        guard let value else { throw .damaged(path: database.path) }
        return value
    }
}
