internal import ArgumentParser
internal import SwarmContracts
internal import SwarmEngine

struct Pull: Verb {
    static let configuration = CommandConfiguration(
        commandName: "pull",
        abstract: "Take nodes and branches in from a remote.",
        discussion: """
            Fetches what the store lacks, opens and checks every byte of it, then moves the branches that only went on \
            there. A branch that went on here and there stays where it is, and the exit code is 2. Without a name all \
            branches come; @, run:ID and short ids name nodes of this store alone. The store needs the key that the nodes were made under; on a second machine:

              swarm key export > ../key.txt             # on the first one; keep it secret
              swarm init --import-key ../key.txt
              swarm pull --remote /mnt/share/project
              swarm run resume --node branch:main -- make test
            """
    )

    @OptionGroup var global: GlobalOptions
    @OptionGroup var remote: RemoteOptions

    @Argument(help: ArgumentHelp("branch:LABEL, or a whole node id.", valueName: "ref"))
    var references: [String] = []

    func perform(_ context: Context) throws -> Int32 {
        try remote.sync(context, pushing: false) { try $0.pull(references, from: $1, progress: $2) }
    }
}
