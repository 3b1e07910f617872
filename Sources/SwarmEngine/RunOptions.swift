package import SwarmContracts
package import SwarmSandbox

/// What a person asks of `run launch` and `run resume`.
package struct RunOptions: Sendable {
    /// The step: a program with its arguments, or one line for the shell.
    package enum Command: Sendable, Equatable {
        case arguments([String])
        case shell(String)
    }

    package var operation: Operation
    /// Where to start from; nil is the default of the operation.
    package var node: String?
    package var runID: String?
    package var command: Command
    /// The directory that a launch from root takes; nil is the project.
    package var workspace: String?
    /// Where the workspace stands inside the sandbox; nil is the path of the project.
    package var workdir: String?
    package var routeMode: RouteMode?
    /// The bytes of a policy capsule given with `--policy`.
    package var policy: [UInt8]?
    package var sandbox: SandboxLevel = .strict
    package var allowRead: [String] = []
    package var allowWrite: [String] = []
    package var passEnvironment: [String] = []
    package var keep: [String] = []
    package var login: String?
    package var input: StepInput = .null
    package var discardFailed = false
    package var allowColdStart = false
    package var allowDirectFallback = false
    package var agentImage: String?
    package var maxAttempts: Int?
    package var timeoutSeconds: Int?
    /// A directory that gets a copy of the run's documents.
    package var out: String?

    package init(operation: Operation, command: Command) {
        self.operation = operation
        self.command = command
    }

    /// The words that run: a shell line goes to `/bin/sh -c`.
    package var words: [String] {
        switch command {
        case .arguments(let words): words
        case .shell(let line): ["/bin/sh", "-c", line]
        }
    }
}

/// What the process around swarm gives a run: read once, at the door.
package struct HostContext: Sendable {
    /// The account's home folder as `$HOME` names it.
    package var home: String
    package var path: String
    package var language: String?
    package var terminal: String?
    package var currentFolder: String
    /// The route mode that the configuration sets, if any.
    package var configuredRoute: RouteMode?
    /// Values of the variables that may be passed by name.
    package var variable: @Sendable (String) -> String?

    package init(
        home: String,
        path: String,
        language: String?,
        terminal: String?,
        currentFolder: String,
        configuredRoute: RouteMode?,
        variable: @escaping @Sendable (String) -> String?
    ) {
        self.home = home
        self.path = path
        self.language = language
        self.terminal = terminal
        self.currentFolder = currentFolder
        self.configuredRoute = configuredRoute
        self.variable = variable
    }
}
