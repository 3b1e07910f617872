internal import SwarmContracts
internal import SwarmEngine
internal import SwarmPlatform
internal import SwarmState

#if canImport(Glibc)
internal import Glibc
#endif

// Makes a store large, for benchmarks alone: `swarm-store-of-many PROJECT forks N` makes real nodes in one process;
// `rows N` enters what a store of N more nodes has in its index and its folders' names, and no content.

/// What the program was asked to do.
enum Task {
    case forks(Int)
    case rows(Int)

    init?(_ word: String, _ number: String) {
        guard let count = Int(number) else { return nil }
        switch word {
        case "forks": self = .forks(count)
        case "rows": self = .rows(count)
        default: return nil
        }
    }
}

/// Real nodes: chains of eight forks from `run:base`.
func fork(_ count: Int, in store: Store) throws {
    var parent = try store.resolve("run:base")
    let base = parent
    for number in 0..<count {
        let report = try store.fork(parent, label: try Label("many-\(number)"))
        parent = number % 8 == 7 ? base : report.node
    }
}

/// Rows of nodes, runs, branches, packs and chunks, and an empty file where each folder would be, so that every table and
/// every directory is as large as a store of real nodes has it.
func enter(_ count: Int, in store: Store) throws {
    func digest(_ text: String) -> Digest256 { Digest256.sha256(of: Array(text.utf8)) }
    var parent = try store.resolve("run:base")
    for number in 0..<count {
        let run = "row-\(number)"
        let id = NodeID(documentHash: digest("node \(number)"))
        var commit = RunCommit(
            runID: run,
            status: .succeeded,
            operation: "resume",
            requestHash: digest("request \(number)"),
            parent: parent,
            finishedAt: 1_700_000_000 + Int64(number)
        )
        commit.node = NodeRow(
            id: id,
            parent: parent,
            runID: run,
            operation: "resume",
            status: .succeeded,
            step: number % 1000 + 2,
            stateID: "state-" + digest("state \(number)").hex.prefix(32),
            bundleSHA256: digest("bundle \(number)"),
            createdAt: 1_700_000_000 + Int64(number)
        )
        // The run that people look at stays the newest success.
        commit.advancesNewest = false
        commit.summary = #"{"command":"make test","duration_ms":1234,"error":null,"exit_code":0,"metrics":null}"#
        commit.moves = [RefMove(label: try Label("branch-\(number)"), expected: .whatever, to: id)]
        let chunk = ChunkEntry(name: digest("chunk \(number)"), offset: 16, length: 4000)
        commit.packs = [PackEntry(id: digest("pack \(number / 100)"), chunks: [chunk])]
        _ = try store.index.commit(commit)
        try Files.write([], to: store.layout.node(id).path, sync: false)
        try Files.write([], to: store.layout.run(try RunID(run)).path, sync: false)
        if number % 3 != 0 { parent = id }
    }
}

let arguments = CommandLine.arguments
guard arguments.count == 4, let task = Task(arguments[2], arguments[3]) else {
    print("usage: swarm-store-of-many PROJECT forks|rows N")
    exit(2)
}
do {
    let store = try Store.open(try Store.find(from: arguments[1])) { nil }
    switch task {
    case .forks(let count): try fork(count, in: store)
    case .rows(let count): try enter(count, in: store)
    }
} catch {
    print("swarm-store-of-many: \((error as? any Failure)?.message ?? "\(error)")")
    exit(1)
}
