internal import ArgumentParser
internal import SwarmContracts

struct RunLaunch: Verb {
    static let configuration = CommandConfiguration(
        commandName: "launch",
        abstract: "Run a step from the project as it is now, or from a node.",
        discussion: """
            Without --node the project directory is taken as it is, and the step works on a copy of it: your own files \
            stay untouched. What it changed becomes a node. What a file .swarmignore at the top of the project names, in \
            the syntax of a .gitignore, is left out; a .gitignore does not count.

              swarm run launch -- make test
              swarm run launch --node @ --login claude --keep .claude -- \\
                claude -p "mend the tests"
            """
    )

    @OptionGroup var global: GlobalOptions
    @OptionGroup var step: StepOptions

    func perform(_ context: Context) throws -> Int32 {
        try StepCommand(context: context, step: step, operation: .launch).perform()
    }
}
