internal import ArgumentParser

struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run steps, and look after the runs.",
        subcommands: [
            RunLaunch.self, RunResume.self, RunFork.self, RunFanout.self, RunStatusCommand.self, RunLogs.self,
            RunWatch.self, RunCancel.self,
            RunRecover.self,
        ]
    )
}
