internal import ArgumentParser
internal import SwarmContracts
internal import SwarmEngine

struct RunCancel: Verb {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Stop a running step.",
        discussion:
            "The step gets SIGTERM, and SIGKILL after 10 seconds. What it changed becomes a node tagged cancelled."
    )

    @OptionGroup var global: GlobalOptions

    @Option(help: ArgumentHelp("Id of the run.", valueName: "id"))
    var runID: String

    func perform(_ context: Context) throws -> Int32 {
        let store = try context.store()
        let id = try RunID(stored: runID)
        if let remote = try store.overview(id).remote, !remote.state.isAtRest {
            return try RemoteCommand(context: context, limits: nil, run: runID).cancel(force: false)
        }
        let ended = try store.cancel(id, timeoutSeconds: 60)
        let state = ended ? try store.overview(id).state : "running"
        if context.console.json {
            context.console.write(RunStatusCommand.value(try store.overview(id), store))
        } else {
            context.console.say(ended ? "\(id) is \(state)" : "\(id) was asked to stop and is still running")
        }
        return 0
    }
}
