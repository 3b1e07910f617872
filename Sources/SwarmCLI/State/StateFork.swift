internal import ArgumentParser
internal import SwarmCapability
internal import SwarmContracts
internal import SwarmEngine
internal import SwarmPlatform

struct StateFork: Verb {
    static let configuration = CommandConfiguration(
        commandName: "fork",
        abstract: "Make a branch with a token.",
        discussion: """
            A token of this store makes a branch at its node, once. A token from somebody else's store, with the node's \
            bundle, brings the node's content into this one as an import, and the branch stands there.

              swarm state fork --state-cap token --label idea
              swarm state fork --state-cap token --bundle node.tar --label theirs
            """
    )

    @OptionGroup var global: GlobalOptions

    @Option(help: ArgumentHelp("The token (a file, - or fd:N).", valueName: "file|-"))
    var stateCap: String

    @Option(
        help: ArgumentHelp("Label of the branch; made from the token's id where it is left out.", valueName: "branch")
    )
    var label: String?

    @Option(help: ArgumentHelp("Bundle of the node, for a token from another store.", valueName: "file"))
    var bundle: String?

    func perform(_ context: Context) throws -> Int32 {
        let text = try Passphrase.read(stateCap)
        let token = try text.withText { try CapabilityToken(parsing: $0.trimmedLine, expecting: .state) }
        let label = try Label(label ?? "cap-" + token.claims.id.prefix(8))
        let store = try context.store()
        let now = Clock.nowSeconds()
        let report: ForkReport
        if let bundle {
            try GivenPath.file(bundle, "--bundle")
            report = try store.fork(foreign: token, bundle: bundle, label: label, now: now)
        } else {
            report = try store.fork(token: token, label: label, now: now)
        }
        context.show(report)
        return 0
    }
}
