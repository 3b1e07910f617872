internal import SwarmContracts
internal import SwarmSnapshot
internal import SwarmState
internal import Synchronization

/// Damaged content that a check has met, gathered by the file of the store that is at fault. Any thread may add.
///
/// A check reads what nodes share once, so it meets damage at one of them; who else needs it is found afterwards, and only
/// where there is damage at all.
final class DamageList: Sendable {
    private struct Group {
        let file: String
        /// One of those that were met, the same one whatever the order: without the path in the tree.
        var error: any Error
        var count = 0
        /// A node that was reading it.
        var holder: Int64
    }

    private struct State {
        var groups: [Group] = []
        var numbers: [String: Int] = [:]
        var damaged: [Digest256: Int] = [:]
    }

    /// Damaged contents of which every holder is found. Of more, one holder each is named.
    private static let most = 1_000_000

    private let packs: String
    private let state = Mutex(State())

    init(packs: String) { self.packs = packs }

    /// Remembers damaged content.
    func add(_ content: Digest256, _ damage: ContentSweep.Damage) {
        let failure = damage.error as? SnapshotFailure
        let file = failure?.file ?? packs
        let text = DamageList.message(damage.error)
        // A thousand missing chunks are one finding, and so are a thousand damaged ones in one pack.
        let key = failure.map { "\($0.code) \(file)" } ?? text
        state.withLock { state in
            let number = state.numbers[key] ?? state.groups.count
            if number == state.groups.count {
                state.numbers[key] = number
                state.groups.append(Group(file: file, error: damage.error, holder: damage.holder))
            }
            state.groups[number].count += 1
            state.groups[number].holder = min(state.groups[number].holder, damage.holder)
            if text < DamageList.message(state.groups[number].error) { state.groups[number].error = damage.error }
            if state.damaged.count < DamageList.most { state.damaged[content] = number }
        }
    }

    /// One problem for each file of the store and kind of damage, with all nodes that need it.
    func problems(
        in store: Store,
        chunks: Int,
        total: Int,
        progress: (StoreProgress) -> Void
    ) throws -> [FsckProblem] {
        let (groups, damaged) = state.withLock { ($0.groups, $0.damaged) }
        guard !groups.isEmpty else { return [] }
        var trace = DamageTrace(damaged, reader: store.reader, chunks: chunks)
        var nodes: [Int: [NodeID]] = [:]
        var seen = 0
        var after: Int64 = 0
        while true {
            let page = try store.index.nodesPage(after: after, limit: 500)
            for row in page {
                seen += 1
                progress(StoreProgress("finding who needs what is damaged", seen, of: total, "nodes"))
                var found: Set<Int> = []
                if let contents = try? store.node(row.id).root.namedContents { found = trace.damages(in: contents) }
                for (number, group) in groups.enumerated() where group.holder == row.sequence { found.insert(number) }
                for number in found { nodes[number, default: []].append(row.id) }
            }
            guard page.count == 500, let last = page.last else { break }
            after = last.sequence
        }
        return groups.enumerated().map { number, group in
            FsckProblem(
                file: group.file,
                detail: DamageList.detail(group.error, trace.firstPaths[number], group.count),
                nodes: nodes[number] ?? []
            )
        }.sorted { ($0.file, $0.detail) < ($1.file, $1.detail) }
    }

    private static func detail(_ error: any Error, _ path: [UInt8]?, _ count: Int) -> String {
        var named = error
        if let path, let failure = error as? SnapshotFailure { named = failure.at(path) }
        return message(named) + (count > 1 ? "; \(count - 1) more files and folders need what is damaged there" : "")
    }

    private static func message(_ error: any Error) -> String { (error as? any Failure)?.message ?? "\(error)" }
}
