internal import ArgumentParser
internal import SwarmContracts
internal import SwarmEngine

struct Push: Verb {
    static let configuration = CommandConfiguration(
        commandName: "push",
        abstract: "Copy nodes and branches to a remote.",
        discussion: """
            Sends what the remote lacks, encrypted as it lies in the store, then moves the branches there. Without a name \
            all branches go. A branch that somebody else has moved meanwhile is left alone, and the exit code is 2: pull \
            first. After an interruption the same command goes on. A node that is there counts as whole; --repair looks at \
            everything that the remote should have.

              swarm config set remote.url /mnt/share/project
              swarm push
              swarm push branch:idea --remote s3://my-bucket/project

            Keys, outputs of steps and telemetry are never sent.
            """
    )

    @OptionGroup var global: GlobalOptions
    @OptionGroup var remote: RemoteOptions

    @Argument(help: ArgumentHelp("branch:LABEL, or any other node, which goes without a branch.", valueName: "ref"))
    var references: [String] = []

    @Flag(help: "Send again what the remote has lost, and replace packs that are cut there.")
    var repair = false

    func perform(_ context: Context) throws -> Int32 {
        try remote.sync(context, pushing: true) { try $0.push(references, to: $1, repairs: repair, progress: $2) }
    }
}
