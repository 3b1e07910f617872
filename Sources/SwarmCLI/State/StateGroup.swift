internal import ArgumentParser

struct StateGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "state",
        abstract: "Look into the state databases, and hand out the right to open a node.",
        subcommands: [StateQuery.self, StateInspect.self, StateGrant.self, StateFork.self]
    )
}
