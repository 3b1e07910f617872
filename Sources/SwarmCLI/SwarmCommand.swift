internal import ArgumentParser

/// The command line: groups by noun, a file for each verb.
struct SwarmCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "swarm",
        abstract: "git for agent runs, with proof.",
        discussion: """
            swarm runs any command from any point of a branching history, in a sandbox, on a copy of your project. \
            Files and SQLite state come back as encrypted snapshots, and every run leaves a certificate that anyone \
            can check offline.

            Begin in a project directory:

              swarm init
              swarm run launch -- make test
              swarm log

            Exit codes: 0 success, 1 defect or system error, 2 invalid input, 3 verification failed, 4 backend, \
            5 restore failed, 6 policy, 7 the step failed, 130 interrupted.
            """,
        version: "swarm \(Program.version)",
        subcommands: [Init.self, Doctor.self],
        groupedSubcommands: [
            CommandGroup(name: "Running steps", subcommands: [Run.self, PlanGroup.self, Backend.self]),
            CommandGroup(
                name: "Looking at nodes",
                subcommands: [Log.self, Graph.self, Show.self, Diff.self, StateGroup.self]
            ),
            CommandGroup(name: "Getting files out", subcommands: [Checkout.self, Apply.self, Bundle.self]),
            CommandGroup(name: "Other machines", subcommands: [Push.self, Pull.self]),
            CommandGroup(name: "Proof", subcommands: [Verify.self, TrustGroup.self, Schema.self]),
            CommandGroup(name: "The store", subcommands: [Fsck.self, Gc.self]),
            CommandGroup(name: "Settings and keys", subcommands: [Config.self, KeyGroup.self, Completions.self]),
        ]
    )
}
