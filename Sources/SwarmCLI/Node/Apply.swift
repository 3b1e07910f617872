internal import ArgumentParser
internal import SwarmContracts
internal import SwarmEngine
internal import SwarmPlatform
internal import WorkingTree

struct Apply: Verb {
    static let configuration = CommandConfiguration(
        commandName: "apply",
        abstract: "Bring what a node changed into your directory.",
        discussion: """
            A three-way merge: the base is the import that the node descends from. A file that you changed meanwhile is \
            merged where that is clear, and never overwritten: else nothing at all is written and the conflicts are \
            listed (exit 2). With --conflict-markers both versions are written into the files instead, and the exit code is 2 as \
            well. --dry-run ends as the command without it would. .git is never written; \
            commits that the step made come with --git, as refs/swarm/<run id>.

              swarm apply branch:idea
            """
    )

    @OptionGroup var global: GlobalOptions

    @Argument(help: ArgumentHelp("The node.", valueName: "ref"))
    var node: String = "@"

    @Argument(help: ArgumentHelp("The directory; the project where it is left out.", valueName: "dir"))
    var directory: String?

    @Flag(help: "Fetch the commits that the step made, as refs/swarm/<run id>, and nothing else.")
    var git = false

    @Flag(help: "Write conflict markers instead of refusing.")
    var conflictMarkers = false

    @Flag(help: "Say what would be done, and do nothing.")
    var dryRun = false

    func perform(_ context: Context) throws -> Int32 {
        let store = try context.store()
        let opened = try context.node(node, in: store)
        let target = try GivenPath.folder(directory ?? store.layout.project, "DIR")
        if git { return try fetch(opened, target, store, context) }
        let outcome = try store.apply(
            opened,
            to: target,
            style: conflictMarkers ? .markers : .refuse,
            dryRun: dryRun
        )
        if context.console.json {
            context.console.write([
                "node_id": .string(opened.id.description), "directory": .string(target), "dry_run": .bool(dryRun),
                "actions": .array(
                    outcome.actions.map {
                        ["path": .string(PathText.shown($0.path)), "action": .string($0.kind.rawValue)]
                    }
                ),
                "conflicts": .array(
                    outcome.conflicts.map {
                        ["path": .string(PathText.shown($0.path)), "reason": .string($0.reason.rawValue)]
                    }
                ),
                "left_out": .array(outcome.leftOut.map { .string(PathText.shown($0)) }),
            ])
        } else {
            for action in outcome.actions {
                context.console.write("\(action.kind.rawValue)\t\(PathText.shown(action.path))\n")
            }
            for conflict in outcome.conflicts {
                context.console.warn("\(PathText.shown(conflict.path)): conflict (\(conflict.reason.rawValue))")
            }
            for path in outcome.leftOut.prefix(3) { context.console.say("left alone: \(PathText.shown(path))") }
            if dryRun, case .conflicts(let conflicts) = outcome.failure {
                context.console.report(WorkingTreeFailure.conflicts(conflicts))
                return FailureCategory.invalidInput.exitCode
            }
            let commits = try store.commits(from: try store.applyBase(of: opened), to: opened)
            if !commits.isEmpty {
                context.console.say(
                    "\(Quantity.count(commits.count, "commit")) came with it; fetch with `swarm apply \(node) --git`"
                )
            }
            context.console.say(
                outcome.actions.isEmpty
                    ? "nothing to do: \(target) has all of it"
                    : "\(Quantity.count(outcome.actions.count, "path")) \(dryRun ? "would change" : "changed") in \(target)"
            )
        }
        guard let failure = outcome.failure else { return 0 }
        if !context.console.json, !dryRun { context.console.report(failure) }
        return failure.category.exitCode
    }

    private func fetch(_ node: OpenedNode, _ target: String, _ store: Store, _ context: Context) throws -> Int32 {
        let fetched = try store.fetchCommits(of: node, into: target)
        if context.console.json {
            context.console.write([
                "node_id": .string(node.id.description), "ref": JSONValue(fetched?.reference),
                "commit": JSONValue(fetched?.commit),
            ])
        } else if let fetched {
            context.console.write("\(fetched.commit) \(fetched.reference)\n")
        } else {
            context.console.say("the node has no commit")
        }
        return 0
    }
}
