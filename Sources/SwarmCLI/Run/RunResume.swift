internal import ArgumentParser
internal import SwarmContracts

struct RunResume: Verb {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Go on from a node: the newest successful run where none is named.",
        discussion: """
              swarm run resume -- make bench
              swarm run resume --node branch:idea -- make test
            """
    )

    @OptionGroup var global: GlobalOptions
    @OptionGroup var step: StepOptions

    func perform(_ context: Context) throws -> Int32 {
        try StepCommand(context: context, step: step, operation: .resume).perform()
    }
}
