internal import ArgumentParser
internal import SwarmContracts
internal import SwarmEngine
internal import SwarmPlatform
internal import SwarmState

struct Log: Verb {
    static let configuration = CommandConfiguration(
        commandName: "log",
        abstract: "List runs, newest first; with a node, its way back to the root.",
        discussion: """
            Without a node every run is listed, failed and interrupted ones too. With a node its ancestors are.

              swarm log
              swarm log branch:idea
            """
    )

    @OptionGroup var global: GlobalOptions

    @Argument(help: ArgumentHelp("A node: only it and its ancestors.", valueName: "ref"))
    var node: String?

    @Option(
        name: [.customShort("n", allowingJoined: true), .long],
        help: ArgumentHelp("At most this many.", valueName: "n")
    )
    var limit: Int?

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit must be 1 or more.") }
    }

    func perform(_ context: Context) throws -> Int32 {
        let store = try context.store()
        if let node { return try ancestors(of: store.resolve(node), context, store) }
        let branches = Branches(store)
        let pager = Pager(console: context.console)
        var left = limit ?? Int.max
        var isEmpty = true
        var before: Int64?
        while left > 0 {
            let page = try store.index.runs(before: before, limit: min(left, 200))
            isEmpty = isEmpty && page.isEmpty
            for row in page {
                let overview = try store.overview(row)
                if context.console.json {
                    context.console.write(RunStatusCommand.value(overview, store))
                } else {
                    context.console.write(try line(overview, branches, pager))
                }
            }
            guard page.count == min(left, 200), let last = page.last else { break }
            before = last.number
            left -= page.count
        }
        if isEmpty, !context.console.json {
            context.console.say("no runs yet; `swarm run launch -- CMD` makes the first")
        }
        return 0
    }

    private func ancestors(of node: NodeID, _ context: Context, _ store: Store) throws -> Int32 {
        let branches = Branches(store)
        let pager = Pager(console: context.console)
        var next: NodeID? = node
        var left = limit ?? Int.max
        while let id = next, left > 0 {
            guard let row = try store.index.node(id) else { break }
            if let run = try store.index.run(row.runID) {
                let overview = try store.overview(run)
                try context.console.json
                    ? context.console.write(RunStatusCommand.value(overview, store))
                    : context.console.write(line(overview, branches, pager))
            } else if context.console.json {
                context.console.write(["node_id": .string(id.description), "operation": .string(row.operation)])
            } else {
                context.console.write("\(pager.emphasised(id.short))  root\n")
            }
            next = row.parent
            left -= 1
        }
        return 0
    }

    private func line(_ overview: RunOverview, _ branches: Branches, _ pager: Pager) throws -> String {
        let row = overview.row
        var parts = [pager.emphasised(row.node?.short ?? "-----------------"), pager.status(overview.state)]
        if overview.remote?.isUnverified == true { parts.append(pager.removed("unverified")) }
        parts.append("run:\(row.runID)")
        if let node = row.node { parts += try branches.labels(at: node).map { pager.label("branch:\($0)") } }
        if row.operation == "import" || row.operation == "fork" {
            parts.append(row.operation)
        } else if let command = overview.command {
            parts.append(PlainText.line(command))
        }
        if let code = overview.exitCode, code != 0 { parts.append("(exit \(code))") }
        if let cost = Metrics.cost(overview.summary) { parts.append("$\(cost)") }
        if let duration = overview.durationMilliseconds, duration > 0 { parts.append(Quantity.duration(duration)) }
        parts.append(Quantity.ago(Clock.nowSeconds() - (row.finishedAt ?? row.createdAt)))
        return parts.joined(separator: "  ") + "\n"
    }
}

/// Which branches stand where: looked up for each node that is shown, so that a store of a million branches costs no more.
struct Branches {
    private let store: Store

    init(_ store: Store) { self.store = store }

    func labels(at node: NodeID) throws -> [String] { try store.index.branches(at: node).map(\.description) }
}

/// What a step reported of itself.
enum Metrics {
    /// `cost_usd` of all attempts as text. Runs of earlier versions have that of the last one alone.
    static func cost(_ summary: JSONValue) -> String? {
        let all = summary["cost_usd"] ?? .null
        return switch all == .null ? summary["metrics"]?["cost_usd"] : all {
        case .integer(let value): String(value)
        case .number(let value): value.description
        default: nil
        }
    }
}

/// Colour for data on standard output.
struct Pager {
    let console: Console

    func emphasised(_ text: String) -> String { paint(text, "33") }
    func label(_ text: String) -> String { paint(text, "36") }

    func status(_ state: String) -> String {
        switch state {
        case "succeeded": paint(state, "32")
        case "failed", "cancelled": paint(state, "31")
        default: paint(state, "35")
        }
    }

    func added(_ text: String) -> String { paint(text, "32") }
    func removed(_ text: String) -> String { paint(text, "31") }

    private func paint(_ text: String, _ code: String) -> String {
        console.colourOutput ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text
    }
}
