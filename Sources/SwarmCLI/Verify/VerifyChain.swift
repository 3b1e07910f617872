internal import ArgumentParser
internal import SwarmContracts
internal import SwarmEngine
internal import SwarmVerify

struct VerifyChain: Verb {
    static let configuration = CommandConfiguration(
        commandName: "chain",
        abstract: "Check every document from the root to a node.",
        discussion: """
            Does every certificate name its parent's, do steps rise by one, do bundles and policies match, is nothing \
            missing? --content opens every byte of the node as well.
            """
    )

    @OptionGroup var global: GlobalOptions

    @Argument(help: ArgumentHelp("The node.", valueName: "ref"))
    var node: String = "@"

    @Flag(help: "Open every byte of the node too.")
    var content = false

    func perform(_ context: Context) throws -> Int32 {
        let store = try context.store()
        let id = try store.resolve(node)
        let code = VerdictOutput(console: context.console).show(ChainVerifier.verify(store.evidence.chain(to: id)))
        guard code == 0, content else { return code }
        do {
            try store.verifyContent(of: try store.node(id))
        } catch let failure as EngineFailure where failure.category == .restore {
            throw EngineFailure.importUntrusted(failure.message)
        }
        context.console.say("every byte of \(id.short) opens to its hash")
        return 0
    }
}
