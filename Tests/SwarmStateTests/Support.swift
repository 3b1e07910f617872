import CSQLite
import Glibc
import SwarmContracts
import SwarmPlatform
import SwarmState
import TestTools

extension TemporaryFolder {
    func callAsFunction(_ name: String) -> String { path + "/" + name }

    func folder(_ name: String) throws -> String {
        try Files.makeFolder(self(name), mode: 0o700)
        return self(name)
    }
}

struct RawFailure: Error { let words: String }

/// SQLite as a step would use it, without our layer.
final class Raw {
    private var handle: OpaquePointer?

    init(_ path: String) throws {
        guard sqlite3_open(path, &handle) == SQLITE_OK else { throw RawFailure(words: "open") }
        // A step may set what it likes.
        _ = swarm_sqlite_switch(handle, SQLITE_DBCONFIG_DEFENSIVE, 0)
    }

    deinit { close() }

    func close() {
        sqlite3_close_v2(handle)
        handle = nil
    }

    func run(_ sql: String) throws {
        guard sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else {
            throw RawFailure(words: String(cString: sqlite3_errmsg(handle)))
        }
    }

    func number(_ sql: String) throws -> Int64 {
        var statement: OpaquePointer?
        defer { sqlite3_finalize(statement) }
        guard sqlite3_prepare_v2(handle, sql, -1, &statement, nil) == SQLITE_OK, sqlite3_step(statement) == SQLITE_ROW
        else { throw RawFailure(words: String(cString: sqlite3_errmsg(handle))) }
        return sqlite3_column_int64(statement, 0)
    }

    static func run(_ path: String, _ sql: String) throws { try Raw(path).run(sql) }
}

/// Copies files as they are at this moment: what a power cut would leave.
func copyImage(_ path: String, to target: String) throws {
    for ending in ["", "-wal", "-journal"] where Files.kind(path + ending) != nil {
        try Files.write(try Files.read(path + ending), to: target + ending)
    }
}

func digest(_ text: String) -> Digest256 { Digest256.sha256(of: Array(text.utf8)) }

func nodeID(_ text: String) -> NodeID { NodeID(documentHash: digest(text)) }

func nodeRow(_ text: String, parent: String? = nil, status: RunState = .succeeded) -> NodeRow {
    NodeRow(
        id: nodeID(text),
        parent: parent.map(nodeID),
        runID: "run-" + text,
        operation: "launch",
        status: status,
        step: 1,
        stateID: "state-" + digest(text).hex.prefix(32),
        bundleSHA256: digest("bundle " + text),
        tree: [1, 2, 3],
        createdAt: 1_000
    )
}

func commit(
    _ text: String,
    parent: String? = nil,
    status: RunState = .succeeded,
    packs: [PackEntry] = [],
    moves: [RefMove] = []
) -> RunCommit {
    RunCommit(
        runID: "run-" + text,
        status: status,
        operation: "launch",
        requestHash: digest("request " + text),
        parent: parent.map(nodeID),
        finishedAt: 2_000,
        node: nodeRow(text, parent: parent, status: status),
        packs: packs,
        moves: moves
    )
}

/// A small generator that gives the same numbers in every run.
struct Sequence64: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ (state >> 29)
    }
}
