internal import ArgumentParser
internal import SwarmContracts
internal import SwarmEngine

struct RunRecover: Verb {
    static let configuration = CommandConfiguration(
        commandName: "recover",
        abstract: "Make a node of what an interrupted run left.",
        discussion: "The node is tagged failed and recovered; no branch moves. `swarm log` shows interrupted runs."
    )

    @OptionGroup var global: GlobalOptions

    @Option(help: ArgumentHelp("Id of the run.", valueName: "id"))
    var runID: String

    func perform(_ context: Context) throws -> Int32 {
        let store = try context.store()
        var report = try store.recover(try RunID(stored: runID))
        // The recovery itself succeeded; that the step did not is in the node's tags.
        report.failure = nil
        return RunOutput(console: context.console).show(report, signal: nil)
    }
}
