internal import ArgumentParser
internal import SwarmContracts
internal import SwarmEngine
internal import SwarmState

struct Graph: Verb {
    enum Format: String, ExpressibleByArgument, CaseIterable { case tree, dot, mermaid, json }

    static let configuration = CommandConfiguration(
        commandName: "graph",
        abstract: "Draw the run graph.",
        discussion: """
            A node stands below its parent; where several go on from one, they are indented.

              swarm graph
              swarm graph --format dot | dot -Tsvg > graph.svg
            """
    )

    @OptionGroup var global: GlobalOptions

    @Option(help: "tree, dot, mermaid or json.")
    var format: Format = .tree

    @Option(help: ArgumentHelp("At most this many nodes, the newest: 1000 in a tree, else 10000.", valueName: "n"))
    var limit: Int?

    @Option(help: ArgumentHelp("Only nodes that are older than this one.", valueName: "ref"))
    var before: String?

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit must be 1 or more.") }
    }

    func perform(_ context: Context) throws -> Int32 {
        let store = try context.store()
        let format = global.json ? .json : format
        // A tree that forks at every node is as wide as it is deep.
        let limit = limit ?? (format == .tree ? 1000 : 10_000)
        var rows: [NodeRow] = []
        var before: Int64?
        if let node = self.before { before = try store.index.node(store.resolve(node))?.sequence }
        while rows.count < limit {
            let count = min(1000, limit - rows.count)
            let page = try store.index.nodesPage(before: before, limit: count)
            rows += page
            guard page.count == count, let last = page.last else { break }
            before = last.sequence
        }
        if rows.count == limit, let last = rows.last,
            try !store.index.nodesPage(before: last.sequence, limit: 1).isEmpty
        {
            context.console.say("older nodes are left out; `swarm graph --before \(last.id.short)` goes on")
        }
        rows.reverse()
        let drawing = GraphDrawing(rows: rows, branches: Branches(store), pager: Pager(console: context.console))
        switch format {
        case .tree: try drawing.tree { context.console.write($0) }
        case .dot: context.console.write(try drawing.dot())
        case .mermaid: context.console.write(try drawing.mermaid())
        case .json: context.console.write(try drawing.json())
        }
        return 0
    }
}

/// The run graph in the forms that it is drawn in. Rows are oldest first.
struct GraphDrawing {
    let rows: [NodeRow]
    let branches: Branches
    let pager: Pager

    private func name(_ row: NodeRow) -> String {
        row.operation == "init" ? "root" : "run:\(row.runID)"
    }

    /// One node a line below its parent, in its column where it is the only one that goes on from there, written as it goes.
    /// Between nodes without a common ancestor here stands an empty line.
    func tree(_ write: (String) -> Void) throws {
        let known = Set(rows.map(\.id))
        var children: [NodeID: [NodeRow]] = [:]
        var roots: [NodeRow] = []
        for row in rows {
            if let parent = row.parent, known.contains(parent) {
                children[parent, default: []].append(row)
            } else {
                roots.append(row)
            }
        }
        var text = ""
        defer { write(text) }
        for (position, root) in roots.enumerated() {
            if position > 0 { text += "\n" }
            var stack = [(row: root, lead: "", below: "")]
            while let (row, lead, below) = stack.popLast() {
                text += lead + (try describe(row)) + "\n"
                if text.utf8.count > 1 << 16 {
                    write(text)
                    text = ""
                }
                let next = children[row.id] ?? []
                if next.count == 1 { stack.append((next[0], below, below)) }
                guard next.count > 1 else { continue }
                for (position, child) in next.enumerated().reversed() {
                    let isLast = position == next.count - 1
                    stack.append((child, below + (isLast ? "└─ " : "├─ "), below + (isLast ? "   " : "│  ")))
                }
            }
        }
    }

    private func describe(_ row: NodeRow) throws -> String {
        var parts = [pager.emphasised(row.id.short), name(row)]
        parts += try branches.labels(at: row.id).map { pager.label("branch:\($0)") }
        if row.status != .succeeded { parts.append(pager.status(row.status.rawValue)) }
        return parts.joined(separator: "  ")
    }

    func dot() throws -> String {
        var text = "digraph swarm {\n  rankdir=LR;\n  node [shape=box, fontname=monospace];\n"
        for row in rows {
            let labels = try branches.labels(at: row.id).map { "\\nbranch:\($0)" }.joined()
            let style = row.status == .succeeded ? "" : ", style=dashed"
            text += "  \"\(row.id.short)\" [label=\"\(name(row))\\n\(row.id.short)\(labels)\"\(style)];\n"
        }
        for row in rows {
            if let parent = row.parent { text += "  \"\(parent.short)\" -> \"\(row.id.short)\";\n" }
        }
        return text + "}\n"
    }

    func mermaid() throws -> String {
        var text = "graph LR\n"
        for row in rows {
            let labels = try branches.labels(at: row.id).map { "<br/>branch:\($0)" }.joined()
            text += "  \(row.id.short)[\"\(name(row))<br/>\(row.id.short)\(labels)\"]\n"
        }
        for row in rows {
            if let parent = row.parent { text += "  \(parent.short) --> \(row.id.short)\n" }
        }
        return text
    }

    func json() throws -> JSONValue {
        [
            "nodes": .array(
                try rows.map { row in
                    [
                        "node_id": .string(row.id.description), "parent_node_id": JSONValue(row.parent?.description),
                        "run_id": .string(row.runID), "operation": .string(row.operation),
                        "status": .string(row.status.rawValue), "ratchet_step": JSONValue(row.step),
                        "state_id": .string(row.stateID),
                        "branches": .array(try branches.labels(at: row.id).map(JSONValue.string)),
                    ]
                }
            )
        ]
    }
}
