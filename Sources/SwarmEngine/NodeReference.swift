package import SwarmContracts
internal import SwarmState
internal import TextDiff

/// Resolution of what a person writes where a node is named: `root`, `@`, `run:<id>`, `branch:<label>`, a node id, a unique
/// prefix of one (4 characters or more), and `<ref>~N`.
extension Store {
    /// The node that `reference` names. Throws exit 2 with the candidates where it names none or more than one.
    package func resolve(_ reference: String) throws -> NodeID {
        guard let (base, steps) = NodeReference.split(reference) else {
            throw EngineFailure.nodeUnknown(Name.shown(reference), candidates: try newestCandidates())
        }
        var node = try resolveBase(base, whole: reference)
        for _ in 0..<steps {
            guard let row = try index.node(node), let parent = row.parent else {
                throw EngineFailure.nodeUnknown(
                    Name.shown(reference),
                    candidates: ["\(base)~\(try depth(of: base)) (the oldest)"]
                )
            }
            node = parent
        }
        return node
    }

    private func depth(of base: String) throws -> Int {
        try index.node(try resolveBase(base, whole: base)).map { $0.step } ?? 0
    }

    private func resolveBase(_ base: String, whole: String) throws -> NodeID {
        if base == "root" { return try rootNode() }
        if base == "@" {
            guard let node = try index.newestSuccess() else { throw EngineFailure.noSuccess }
            return node
        }
        if base.hasPrefix("run:") {
            let id = String(base.dropFirst(4))
            guard let run = try? RunID(stored: id), let node = try index.node(forRun: run.description)?.id else {
                try refuseRunWithoutNode(id)
                throw EngineFailure.nodeUnknown(Name.shown(whole), candidates: try runCandidates(id))
            }
            return node
        }
        if base.hasPrefix("branch:") {
            let label = String(base.dropFirst(7))
            guard let name = try? Label(label), let node = try index.branchTip(name) else {
                var candidates = try index.branches(limit: 10).map { "branch:\($0.label)" }
                if candidates.isEmpty { candidates = try newestCandidates() }
                throw EngineFailure.nodeUnknown(Name.shown(whole), candidates: candidates)
            }
            return node
        }
        return try resolveIdentifier(base, whole: whole)
    }

    private func resolveIdentifier(_ text: String, whole: String) throws -> NodeID {
        if let id = NodeID(text), try index.node(id) != nil { return id }
        // Four characters are enough, of the id or of its digits.
        let isWhole = text.hasPrefix("node-")
        let digits = isWhole ? text.dropFirst(5) : Substring(text)
        guard isWhole || digits.utf8.count >= 4, digits.utf8.count <= 32, digits.utf8.allSatisfy({ Hex.isDigit($0) })
        else { throw try unknown(text, whole: whole) }
        let found = try index.nodes(withPrefix: "node-" + digits, limit: 10)
        switch found.count {
        case 0: throw try unknown(text, whole: whole)
        case 1: return found[0].id
        default: throw EngineFailure.nodeAmbiguous(Name.shown(whole), candidates: found.map(\.id.description))
        }
    }

    /// What is said of a text without a prefix that is no id: whether it is a run's id or a branch's label.
    private func unknown(_ text: String, whole: String) throws -> EngineFailure {
        let behind = whole.dropFirst(text.count)
        var meant: [String] = []
        if let run = try? RunID(stored: text), let row = try index.run(run.description) {
            if row.node == nil { try refuseRunWithoutNode(text) }
            meant.append("run:\(text)\(behind)")
        }
        if let label = try? Label(text), try index.branchTip(label) != nil { meant.append("branch:\(text)\(behind)") }
        return .nodeUnknown(Name.shown(whole), candidates: try newestCandidates(), meant: meant)
    }

    /// Throws where a run of that id is known and made no node.
    private func refuseRunWithoutNode(_ text: String) throws {
        guard let id = try? RunID(stored: text), let row = try index.run(id.description), row.node == nil else {
            return
        }
        throw EngineFailure.runWithoutNode(id.description, status: try overview(row).state)
    }

    /// What is said of a run id that no run has.
    func unknownRun(_ id: RunID) throws -> EngineFailure {
        let newest = try index.runs(before: nil, limit: 200).map(\.runID)
        let meant = NearNames.nearest(to: id.description, among: newest)
        return .runUnknown(id.description, candidates: Array(newest.prefix(5)), meant: meant)
    }

    private func runCandidates(_ id: String) throws -> [String] {
        let newest = try index.runs(before: nil, limit: 200).filter { $0.node != nil }.map(\.runID)
        let alike = newest.filter { $0.hasPrefix(id.prefix(3)) }
        return (alike.isEmpty ? newest : alike).prefix(10).map { "run:\($0)" }
    }

    private func newestCandidates() throws -> [String] {
        let newest = try index.runs(before: nil, limit: 5).compactMap { run in
            run.node.map { "\($0) (run:\(run.runID))" }
        }
        return newest.isEmpty ? ["root"] : newest
    }

    /// The store's root node.
    package func rootNode() throws -> NodeID {
        guard let text = try index.meta("root_node"), let node = NodeID(text) else {
            throw StateFailure.damaged(path: layout.index)
        }
        return node
    }

    /// Parents of a node, nearest first, the node itself left out.
    package func ancestors(of node: NodeID) throws -> [NodeID] {
        var chain: [NodeID] = []
        var next = try index.node(node)?.parent
        while let parent = next {
            chain.append(parent)
            next = try index.node(parent)?.parent
        }
        return chain
    }
}

enum NodeReference {
    /// Splits `<ref>~N`; `~` alone is `~1`, and several add up. Nil for what has no reference before it or no number
    /// behind it.
    static func split(_ reference: String) -> (base: String, steps: Int)? {
        var base = Substring(reference)
        var steps = 0
        while let tilde = base.lastIndex(of: "~") {
            let count = base[base.index(after: tilde)...]
            guard count.isEmpty || (count.allSatisfy { $0.isASCII && $0.isNumber } && count.count <= 9) else {
                return nil
            }
            steps += count.isEmpty ? 1 : Int(count) ?? 0
            base = base[..<tilde]
        }
        return base.isEmpty ? nil : (String(base), steps)
    }
}

extension Hex {
    static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}
