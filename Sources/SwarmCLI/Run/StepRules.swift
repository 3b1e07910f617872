internal import ArgumentParser
internal import SwarmContracts
internal import SwarmEngine
internal import SwarmSandbox

/// The options that say under which rules a step runs: those of one step, or of every step of a fan-out.
struct StepRules: ParsableArguments {
    @Option(help: ArgumentHelp("Where the step runs: local or github.", valueName: "name"))
    var backend: String?

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

    @Flag(help: "Make no node of a failed or cancelled step.")
    var discardFailed = false

    @Flag(help: "Start from the nearest node that can be restored, where the one asked for cannot.")
    var allowColdStart = false

    @Flag(help: "Let a client_exit route (not in this version) that fails become direct; the certificate says so.")
    var allowDirectFallback = false

    @Option(help: ArgumentHelp("Attempts before the run counts as failed.", valueName: "n"))
    var maxAttempts: Int?

    @Option(help: ArgumentHelp("Stop the step after this many seconds.", valueName: "n"))
    var timeoutSecs: Int?

    @Option(help: ArgumentHelp("Name of the agent's image; recorded in the request.", valueName: "image"))
    var agentImage: String?

    @Option(help: ArgumentHelp("Pinned workflow of a remote backend.", valueName: "owner/repo/path@sha"))
    var workflowRef: String?

    @Option(help: ArgumentHelp("Ticket of a client_exit route (not in this version).", valueName: "file"))
    var netCapTicket: String?

    func validate() throws {
        if let timeoutSecs { try TimeLimit.check(Int64(timeoutSecs)) }
        if let maxAttempts, maxAttempts < 1 { throw ValidationError("--max-attempts must be 1 or more.") }
        guard sandbox == "strict" || sandbox == "none" else {
            throw ValidationError("--sandbox is strict or none, not '\(sandbox)'.")
        }
        if let routeMode, RouteMode(rawValue: routeMode) == nil {
            throw ValidationError("--route-mode is none or direct, not '\(routeMode)'.")
        }
        if let workdir, !workdir.hasPrefix("/") { throw ValidationError("--workdir must be an absolute path.") }
    }

    /// Whether a backend elsewhere carries the step: by the flag, else by the setting. Throws exit 2 for one that is not there.
    func isRemote(_ context: Context) throws -> Bool {
        switch try backend ?? context.settings().text("run.backend") {
        case nil, "local": return false
        case "github": return true
        case .some(let name): throw EngineFailure.backendUnavailable(name)
        }
    }

    /// Throws exit 2 where `--backend` names another backend than the one that the command itself names.
    func requireBackend(_ name: String) throws {
        guard let backend, backend != name else { return }
        throw UsageFailure(
            message: "--backend \(Name.shown(backend)): this command is for the backend \(name) alone",
            hint: "`swarm run launch --backend NAME` takes any"
        )
    }

    /// Throws exit 2 for a workflow that is not pinned or a backend that is not available, exit 6 for such a route.
    func check() throws {
        if let workflowRef { _ = try WorkflowRef(workflowRef) }
        guard backend == nil || backend == "local" || backend == "github" else {
            throw EngineFailure.backendUnavailable(backend ?? "")
        }
        if routeMode == RouteMode.clientExit.rawValue || netCapTicket != nil {
            throw EngineFailure.routeUnavailable("client_exit")
        }
    }

    /// Writes the rules into the engine's options. Throws exit 2, naming the flag or file.
    func apply(to options: inout RunOptions) throws {
        options.workdir = workdir
        options.routeMode = routeMode.flatMap { RouteMode(rawValue: $0) }
        options.policy = try policy.map { try Passphrase.readBytes($0) }
        options.sandbox = sandbox == "none" ? .none : .strict
        options.allowRead = allowRead
        options.allowWrite = allowWrite
        options.passEnvironment = passEnvironment
        options.keep = keep
        options.login = login
        options.discardFailed = discardFailed
        options.allowColdStart = allowColdStart
        options.allowDirectFallback = allowDirectFallback
        options.agentImage = agentImage
        options.maxAttempts = maxAttempts
        options.timeoutSeconds = timeoutSecs
    }
}
