internal import ArgumentParser
internal import SwarmContracts
internal import SwarmEngine
internal import SwarmPlatform
internal import SwarmSandbox

/// The options of a step, which launch, resume, plan and `backend local execute` share.
struct StepOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Node to start from.", valueName: "ref"))
    var node: String?

    @Option(help: ArgumentHelp("Id of the run; made up where it is left out.", valueName: "id"))
    var runID: String?

    @Option(help: ArgumentHelp("One line for /bin/sh, instead of a command behind --.", valueName: "cmd"))
    var agentStep: String?

    @Option(help: ArgumentHelp("Directory that a launch from root takes, instead of the project.", valueName: "dir"))
    var workspace: String?

    @OptionGroup var rules: StepRules

    @Flag(name: .customShort("i"), help: "Pass standard input to the step.")
    var interactive = false

    @Flag(name: .customShort("t"), help: "Give the step a terminal.")
    var terminal = false

    @Flag(help: "Print the run id and return; the run goes on.")
    var detach = false

    @Option(help: ArgumentHelp("Copy the run's documents to this directory.", valueName: "dir"))
    var out: String?

    @Flag(help: "On a backend: wait for the end, verify, and take the node in.")
    var wait = false

    @Option(
        help: ArgumentHelp("On a backend: the branch or tag to start from, instead of the default.", valueName: "ref")
    )
    var ref: String?

    @Flag(help: "With --wait: take the node without an attestation and mark it unverified, for ever. For debugging.")
    var skipVerifyCert = false

    @Flag(help: "Say what would be done, and do nothing.")
    var dryRun = false

    @Argument(parsing: .postTerminator, help: ArgumentHelp("The step: a command and its arguments.", valueName: "cmd"))
    var command: [String] = []

    func validate() throws {
        if agentStep != nil, !command.isEmpty {
            throw ValidationError("Give either --agent-step or a command behind --, not both.")
        }
        if detach, wait { throw ValidationError("--detach and --wait contradict each other.") }
        if detach, interactive || terminal { throw ValidationError("--detach goes with neither -i nor -t.") }
    }

    /// The options as the engine takes them. Throws exit 2, naming the flag.
    func options(_ operation: Operation) throws -> RunOptions {
        try rules.check()
        guard agentStep != nil || !command.isEmpty else { throw EngineFailure.noCommand }
        var options = RunOptions(operation: operation, command: agentStep.map { .shell($0) } ?? .arguments(command))
        try rules.apply(to: &options)
        options.node = node
        options.runID = runID
        options.workspace = workspace
        options.input = terminal ? .terminal : interactive ? .inherit : .null
        options.out = try out.map { try GivenPath.placeForFolder($0, "--out") }
        return options
    }
}
