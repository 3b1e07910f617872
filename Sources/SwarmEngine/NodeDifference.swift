internal import SwarmContracts
internal import SwarmPlatform
package import SwarmSnapshot
package import SwarmState
internal import TextDiff

/// What differs in the files of two nodes.
package struct FileDifference: Sendable {
    package let change: TreeChange
    /// Lines added and removed; nil where a side is binary or too large to compare by lines.
    package let lines: (added: Int, removed: Int)?
}

extension Store {
    /// The files that differ between two nodes, in the order of their paths. Equal directories are never read.
    package func difference(_ old: OpenedNode, _ new: OpenedNode) throws -> [TreeChange] {
        try content(of: new) {
            try content(of: old) {
                try TreeDifference.changes(from: old.root.workspace, to: new.root.workspace, reader: reader)
            }
        }
    }

    /// Files longer than this are not compared by lines: 16 MiB.
    package static let longestText: UInt64 = 16 << 20

    /// The bytes of one side of a change: a file's content, a link's target, nothing where the side is absent. Nil where
    /// they are too many to show.
    package func bytes(of entry: TreeEntry?) throws -> [UInt8]? {
        switch entry {
        case .none, .directory: return []
        case .symbolicLink(let target): return target
        case .file(let content, _):
            guard content.size <= Store.longestText else { return nil }
            return try reader.bytes(of: content, limit: Int(Store.longestText))
        }
    }

    /// Writes a node's state database to `path`.
    package func writeState(of node: OpenedNode, to path: String) throws {
        try content(of: node, part: "the state database") { try reader.write(node.root.state, to: path, mode: 0o600) }
    }

    /// Runs `body` with a private copy of a node's state database.
    package func withState<R>(of node: OpenedNode, _ body: (String) throws -> R) throws -> R {
        let temporary = try TemporaryFolder.make(in: layout.tmp)
        defer { temporary.remove() }
        let path = temporary.path + "/state.db"
        try writeState(of: node, to: path)
        return try body(path)
    }

    /// The rows that differ between the state databases of two nodes.
    package func stateDifference(_ old: OpenedNode, _ new: OpenedNode, rowLimit: Int) throws -> StateDifference {
        try withState(of: old) { before in
            try withState(of: new) { after in
                try StateDatabase.difference(old: before, new: after, timeLimitSeconds: 60, rowLimit: rowLimit)
            }
        }
    }

    /// Answers one read-only statement on a node's state database.
    package func query(_ node: OpenedNode, sql: String, timeLimitSeconds: Int, rowLimit: Int) throws -> QueryResult {
        try withState(of: node) { path in
            try StateDatabase.query(path, sql: sql, timeLimitSeconds: timeLimitSeconds, rowLimit: rowLimit)
        }
    }

    /// Gets a node's files out into `target`, which must not exist or be an empty directory. Whole or not at all.
    package func checkout(_ node: OpenedNode, to target: String) throws {
        switch Files.kind(target) {
        case nil: break
        case .directory:
            guard try Files.isEmpty(target) else { throw EngineFailure.targetNotEmpty(target) }
        default: throw EngineFailure.targetNotEmpty(target)
        }
        try Files.makeFolder(Files.parent(of: target))
        let building = Files.parent(of: target) + "/.swarm-checkout-" + Hex.encode(Randomness.bytes(6))
        do {
            try materialise(node, into: building)
            // A node has no time for its top; a new directory has the time at which it was made.
            try Files.touch(building)
            try Files.move(building, to: target)
        } catch {
            FolderRemoval.remove(building)
            throw error
        }
    }
}
