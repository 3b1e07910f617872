internal import ArgumentParser
internal import SwarmContracts
internal import SwarmEngine
internal import SwarmSnapshot
internal import SwarmState
internal import TextDiff

struct Diff: Verb {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Show what differs between two nodes.",
        discussion: """
            With one node it is compared with its parent. Files are shown as a unified diff, or by name or count; \
            --state shows the rows of the state databases.

              swarm diff @
              swarm diff branch:a branch:b --stat
            """
    )

    @OptionGroup var global: GlobalOptions

    @Argument(help: ArgumentHelp("The older node, or the only one.", valueName: "ref"))
    var old: String

    @Argument(help: ArgumentHelp("The newer node.", valueName: "ref"))
    var new: String?

    @Flag(help: "Count the lines that changed in each file.")
    var stat = false

    @Flag(help: "Print only the names.")
    var nameOnly = false

    @Flag(help: "Print each name behind A, D, M or T (added, removed, modified, other kind).")
    var nameStatus = false

    @Flag(help: "Show the rows of the state databases.")
    var state = false

    func validate() throws {
        if [stat, nameOnly, nameStatus, state].filter({ $0 }).count > 1 {
            throw ValidationError("--stat, --name-only, --name-status and --state exclude each other.")
        }
    }

    func perform(_ context: Context) throws -> Int32 {
        let store = try context.store()
        let newer = try context.node(new ?? old, in: store)
        let older = try new == nil ? parent(of: newer, in: store) : context.node(old, in: store)
        if state { return try showState(store, older, newer, context) }
        let changes = try store.difference(older, newer)
        let commits = try store.commits(from: older, to: newer)
        if context.console.json {
            context.console.write(
                try DiffOutput(store: store, console: context.console).json(changes, commits, older, newer)
            )
            return 0
        }
        let output = DiffOutput(store: store, console: context.console)
        for commit in commits { context.console.write("commit \(PlainText.line(commit))\n") }
        var bookkeeping = 0
        for change in changes {
            if nameOnly {
                context.console.write(PathText.shown(change.path) + "\n")
            } else if nameStatus {
                context.console.write("\(change.letter)\t\(PathText.shown(change.path))\n")
            } else if stat {
                continue
            } else if change.isGitBookkeeping {
                bookkeeping += 1
            } else {
                try output.unified(change)
            }
        }
        if stat { try output.stat(changes) }
        if bookkeeping > 0 {
            let files = Quantity.count(bookkeeping, "file")
            context.console.say(
                "\(files) of git's own bookkeeping (objects, logs, index) not shown; --name-status lists all"
            )
        }
        return 0
    }

    private func parent(of node: OpenedNode, in store: Store) throws -> OpenedNode {
        guard let parent = node.document.parentNodeID else { throw EngineFailure.nodeWithoutParent(Name.shown(old)) }
        return try store.node(parent)
    }

    private func showState(_ store: Store, _ older: OpenedNode, _ newer: OpenedNode, _ context: Context) throws -> Int32
    {
        let difference = try store.stateDifference(older, newer, rowLimit: 10_000)
        if context.console.json {
            context.console.write(difference.json)
        } else {
            context.console.write(difference.text)
        }
        return 0
    }
}

/// Renders file changes.
struct DiffOutput {
    let store: Store
    let console: Console

    func unified(_ change: TreeChange) throws {
        let path = PathText.shown(change.path)
        guard let old = try store.bytes(of: change.old), let new = try store.bytes(of: change.new) else {
            console.write("diff \(path)\nfiles are too large to compare by lines\n")
            return
        }
        console.write("diff \(path)\n" + modes(change))
        if TextDiff.isBinary(old) || TextDiff.isBinary(new) {
            if old != new { console.write("binary files differ: \(old.count) bytes, \(new.count) bytes\n") }
            return
        }
        var text = TextDiff.unified(
            old: old,
            new: new,
            oldName: change.old == nil ? "/dev/null" : PathText.shown("a/".utf8 + change.path),
            newName: change.new == nil ? "/dev/null" : PathText.shown("b/".utf8 + change.path)
        )
        if console.terminalOutput { text = PlainText.lines(text) }
        console.write(console.colourOutput ? coloured(text) : text)
    }

    private func modes(_ change: TreeChange) -> String {
        switch (change.old, change.new) {
        case (nil, let new?): "new \(new.kindName)\n"
        case (let old?, nil): "removed \(old.kindName)\n"
        case (let old?, let new?) where old.kindName != new.kindName: "\(old.kindName) became \(new.kindName)\n"
        default: ""
        }
    }

    private func coloured(_ text: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        for line in text.split(separator: 10, omittingEmptySubsequences: true) {
            switch line.first {
            case UInt8(ascii: "+"): result += "\u{1b}[32m".utf8
            case UInt8(ascii: "-"): result += "\u{1b}[31m".utf8
            case UInt8(ascii: "@"): result += "\u{1b}[36m".utf8
            default: break
            }
            result += line
            result += "\u{1b}[0m\n".utf8
        }
        return result
    }

    func counts(_ change: TreeChange) throws -> (added: Int, removed: Int)? {
        guard let old = try store.bytes(of: change.old), let new = try store.bytes(of: change.new),
            !TextDiff.isBinary(old), !TextDiff.isBinary(new)
        else { return nil }
        return TextDiff.counts(old: old, new: new)
    }

    func stat(_ changes: [TreeChange]) throws {
        var rows: [[String]] = []
        var total = (added: 0, removed: 0)
        for change in changes {
            let counts = try counts(change)
            total.added += counts?.added ?? 0
            total.removed += counts?.removed ?? 0
            rows.append([
                PathText.shown(change.path), "|", counts.map { "+\($0.added) -\($0.removed)" } ?? "binary",
            ])
        }
        console.write(Table.rows(rows))
        let paths = Quantity.count(changes.count, "path")
        console.write("\(paths) changed, \(Quantity.count(total.added, "line")) added, \(total.removed) removed\n")
    }

    func json(_ changes: [TreeChange], _ commits: [String], _ old: OpenedNode, _ new: OpenedNode) throws -> JSONValue {
        [
            "old": .string(old.id.description), "new": .string(new.id.description),
            "commits": .array(commits.map(JSONValue.string)),
            "changes": .array(
                try changes.map { change in
                    let counts = try counts(change)
                    return [
                        "path": .string(PathText.shown(change.path)), "status": .string(change.letter),
                        "added": JSONValue(counts?.added), "removed": JSONValue(counts?.removed),
                    ]
                }
            ),
        ]
    }
}

extension TreeChange {
    /// Whether it is one of the files that git keeps for itself: an object, a log of a ref, an index.
    fileprivate var isGitBookkeeping: Bool {
        let parts = path.split(separator: UInt8(ascii: "/"))
        guard let place = parts.firstIndex(where: { $0.elementsEqual(".git".utf8) }), place + 1 < parts.count else {
            return false
        }
        return ["objects", "logs", "index"].contains { parts[place + 1].elementsEqual($0.utf8) }
    }
}
