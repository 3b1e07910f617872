internal import ArgumentParser
internal import SwarmContracts
internal import SwarmEngine
internal import SwarmPlatform
internal import SwarmSandbox

/// The options of a step, which launch, resume, plan and `backend local execute` share.
struct StepOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Node to start from.", valueName: "ref"))
    var node: String?

    @Option(help: ArgumentHelp("Where the step runs: local.", valueName: "name"))
    var backend: String?

    @Option(help: ArgumentHelp("Id of the run; made up where it is left out.", valueName: "id"))
    var runID: String?

    @Option(help: ArgumentHelp("One line for /bin/sh, instead of a command behind --.", valueName: "cmd"))
    var agentStep: String?

    @Option(help: ArgumentHelp("Directory that a launch from root takes, instead of the project.", valueName: "dir"))
    var workspace: String?

    @Option(help: ArgumentHelp("Where the workspace stands inside the sandbox.", valueName: "path"))
    var workdir: String?

    @Option(help: ArgumentHelp("Network of the step: direct or none.", valueName: "mode"))
    var routeMode: String?

    @Option(help: ArgumentHelp("Policy capsule to run under.", valueName: "file"))
    var policy: String?

    @Option(help: ArgumentHelp("strict, or none for no sandbox at all.", valueName: "level"))
    var sandbox: String = "strict"

    @Option(name: .customLong("allow-read"), help: ArgumentHelp("Open a path for reading.", valueName: "path"))
    var allowRead: [String] = []

    @Option(name: .customLong("allow-write"), help: ArgumentHelp("Open a path for writing.", valueName: "path"))
    var allowWrite: [String] = []

    @Option(name: .customLong("pass-env"), help: ArgumentHelp("Pass a variable of the environment.", valueName: "name"))
    var passEnvironment: [String] = []

    @Option(help: ArgumentHelp("Snapshot this path of HOME with the node; resume restores it.", valueName: "path"))
    var keep: [String] = []

    @Option(help: ArgumentHelp("Give the step a private copy of claude's or codex's login.", valueName: "program"))
    var login: String?

    @Flag(name: .customShort("i"), help: "Pass standard input to the step.")
    var interactive = false

    @Flag(name: .customShort("t"), help: "Give the step a terminal.")
    var terminal = false

    @Flag(help: "Print the run id and return; the run goes on.")
    var detach = false

    @Flag(help: "Make no node of a failed or cancelled step.")
    var discardFailed = false

    @Flag(help: "Start from the nearest node that can be restored, where the one asked for cannot.")
    var allowColdStart = false

    @Option(help: ArgumentHelp("Attempts before the run counts as failed.", valueName: "n"))
    var maxAttempts: Int?

    @Option(help: ArgumentHelp("Stop the step after this many seconds.", valueName: "n"))
    var timeoutSecs: Int?

    @Option(help: ArgumentHelp("Copy the run's documents to this directory.", valueName: "dir"))
    var out: String?

    @Option(help: ArgumentHelp("Name of the agent's image; recorded in the request.", valueName: "image"))
    var agentImage: String?

    @Option(help: ArgumentHelp("Pinned workflow of a remote backend.", valueName: "owner/repo/path@sha"))
    var workflowRef: String?

    @Option(help: ArgumentHelp("Ticket of a client_exit route.", valueName: "file"))
    var netCapTicket: String?

    @Flag(help: "Say what would be done, and do nothing.")
    var dryRun = false

    @Argument(parsing: .postTerminator, help: ArgumentHelp("The step: a command and its arguments.", valueName: "cmd"))
    var command: [String] = []

    func validate() throws {
        if agentStep != nil, !command.isEmpty {
            throw ValidationError("Give either --agent-step or a command behind --, not both.")
        }
        if detach, interactive || terminal { throw ValidationError("--detach goes with neither -i nor -t.") }
        if let timeoutSecs, timeoutSecs < 1 { throw ValidationError("--timeout-secs must be 1 or more.") }
        if let maxAttempts, maxAttempts < 1 { throw ValidationError("--max-attempts must be 1 or more.") }
        guard sandbox == "strict" || sandbox == "none" else {
            throw ValidationError("--sandbox is strict or none, not '\(sandbox)'.")
        }
        if let routeMode, RouteMode(rawValue: routeMode) == nil {
            throw ValidationError("--route-mode is none, direct or client_exit, not '\(routeMode)'.")
        }
        if let workdir, !workdir.hasPrefix("/") { throw ValidationError("--workdir must be an absolute path.") }
    }

    /// The options as the engine takes them. Throws exit 2, naming the flag.
    func options(_ operation: Operation) throws -> RunOptions {
        guard backend == nil || backend == "local" else { throw EngineFailure.backendUnavailable(backend ?? "") }
        if routeMode == RouteMode.clientExit.rawValue || netCapTicket != nil {
            throw EngineFailure.routeUnavailable("client_exit")
        }
        guard agentStep != nil || !command.isEmpty else { throw EngineFailure.noCommand }
        var options = RunOptions(operation: operation, command: agentStep.map { .shell($0) } ?? .arguments(command))
        options.node = node
        options.runID = runID
        options.workspace = workspace
        options.workdir = workdir
        options.routeMode = routeMode.flatMap { RouteMode(rawValue: $0) }
        options.policy = try policy.map { try Passphrase.readBytes($0) }
        options.sandbox = sandbox == "none" ? .none : .strict
        options.allowRead = allowRead
        options.allowWrite = allowWrite
        options.passEnvironment = passEnvironment
        options.keep = keep
        options.login = login
        options.input = terminal ? .terminal : interactive ? .inherit : .null
        options.discardFailed = discardFailed
        options.allowColdStart = allowColdStart
        options.agentImage = agentImage
        options.maxAttempts = maxAttempts
        options.timeoutSeconds = timeoutSecs
        options.out = out.map { Files.absolute($0) }
        return options
    }
}
