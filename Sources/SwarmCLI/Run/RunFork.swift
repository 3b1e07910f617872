internal import ArgumentParser
internal import SwarmContracts
internal import SwarmEngine

struct RunFork: Verb {
    static let configuration = CommandConfiguration(
        commandName: "fork",
        abstract: "Make a branch at a node.",
        discussion: """
            The branch begins with the node's content and has keys of its own. It costs the same whatever the size of \
            the tree.

              swarm run fork --node @ --label idea
              swarm run resume --node branch:idea -- make test
            """
    )

    @OptionGroup var global: GlobalOptions

    @Option(help: ArgumentHelp("Node to fork; root is the project as it is now.", valueName: "ref"))
    var node: String = "@"

    @Option(help: ArgumentHelp("Label of the branch.", valueName: "branch"))
    var label: String

    func perform(_ context: Context) throws -> Int32 {
        let label = try Label(label)
        let store = try context.store()
        let parent = node == "root" ? try store.importDirectory(store.layout.project).node : try store.resolve(node)
        let report = try store.fork(parent, label: label)
        context.show(report)
        return 0
    }
}

extension Context {
    /// Prints a fork.
    func show(_ report: ForkReport) {
        if console.json {
            console.write([
                "run_id": .string(report.runID.description), "status": "succeeded", "operation": "fork",
                "restore_mode": "checkpoint", "branch": .string(report.label.description),
                "node_id": .string(report.node.description), "parent_node_id": .string(report.parent.description),
                "state_id": .string(report.stateID.description),
                "certificate_ref": .string("local://runs/\(report.runID)/certificate.json"),
                "artifact_hash": .string(report.artifactHash.description),
                "state_cap_next_ref": .string("swarm:run/\(report.runID)#state_cap"),
                "net_cap_next_ref": .string("swarm:run/\(report.runID)#net_cap"), "cli_protocol": 1, "backend": "local",
                "exit_code": 0,
                "duration_ms": .integer(report.durationNanoseconds / 1_000_000), "errors": [],
            ])
        } else {
            console.write("\(report.node)\n")
            console.say("branch:\(report.label) at \(report.node.short), forked from \(report.parent.short)")
        }
    }
}

extension NodeID {
    /// As much of the id as a person reads: `node-` and 12 digits.
    var short: String { String(description.prefix(17)) }
}
