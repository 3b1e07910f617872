internal import ArgumentParser
internal import SwarmBackend
internal import SwarmBackendGitHub
internal import SwarmCapability
internal import SwarmContracts
internal import SwarmEngine
internal import SwarmPlatform
internal import SwarmSandbox

struct BackendGitHub: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "github",
        abstract: "Runners of GitHub.",
        discussion: """
            The repository is that of git's remote 'origin', or github.repository. The token is GITHUB_TOKEN, GH_TOKEN, or \
            what `gh` is logged in with.

              swarm init --backend github --workflow-ref owner/repo/.github/workflows/swarm-run.yml@<commit>
              swarm backend github setup
              swarm run launch --backend github --wait -- make test
            """,
        subcommands: [
            BackendGitHubSetup.self, BackendGitHubDispatch.self, BackendGitHubWatch.self, BackendGitHubLogs.self,
            BackendGitHubCollect.self, BackendGitHubCancel.self,
        ]
    )
}

struct BackendGitHubSetup: Verb {
    static let configuration = CommandConfiguration(
        commandName: "setup",
        abstract: "Ready the repository: environment, operator, and a key for runs without one of their own.",
        discussion: """
            Each run gets a key pair of its own where the token may write secrets. For the others the private half of one goes, \
            sealed for GitHub, into the secret SWARM_WORKER_KEY and is kept nowhere else; the public half stays in the store. \
            Called again it replaces both; do so every seven days.
            """
    )

    @OptionGroup var global: GlobalOptions
    @OptionGroup var limits: RemoteLimits

    func perform(_ context: Context) throws -> Int32 {
        let store = try context.store()
        let backend = try GitHubWiring(context: context).backend(limits)
        guard let key = RecipientKey(seed: Randomness.bytes(32)) else {
            throw UnexpectedFailure(description: "the system's generator gave no key")
        }
        let did = store.publicKey.did
        try backend.setUp(workerKey: key.text, keyID: key.publicKey.id, operatorDID: did)
        try store.layout.setWorkerKey(key.publicKey, of: backend.place)
        if context.console.json {
            context.console.write([
                "status": "ready", "place": .string(backend.place), "worker_key_id": .string(key.publicKey.id),
                "operator": .string(did), "environment": .string(backend.setting.environment),
            ])
        } else {
            context.console.say(
                "\(backend.place): environment \(backend.setting.environment), and the key \(key.publicKey.id) as a secret of "
                    + (backend.keepsEpochKeyInEnvironment ? "it" : "the repository")
            )
        }
        return 0
    }
}

struct BackendGitHubDispatch: Verb {
    static let configuration = CommandConfiguration(
        commandName: "dispatch",
        abstract: "Send a step: `run launch --backend github`.",
        discussion: "For scripts that name the backend first. The options are those of `swarm run launch`."
    )

    @OptionGroup var global: GlobalOptions
    @OptionGroup var step: StepOptions

    func perform(_ context: Context) throws -> Int32 {
        try step.rules.requireBackend("github")
        return try RemoteStep(context: context, step: step, operation: .launch).perform()
    }
}

/// The run that a command is about.
struct RemoteRunOption: ParsableArguments {
    @Option(help: ArgumentHelp("Id of the run.", valueName: "id"))
    var runID: String
}

struct BackendGitHubWatch: Verb {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Wait until a run has ended there.",
        discussion:
            """
            Continues a dispatch that was interrupted. Exit code 0 for success, 7 failure, 130 cancelled, else 4; of a run \
            that was collected its own.
            """
    )

    @OptionGroup var global: GlobalOptions
    @OptionGroup var run: RemoteRunOption
    @OptionGroup var limits: RemoteLimits

    func perform(_ context: Context) throws -> Int32 {
        try RemoteCommand(context: context, limits: limits, run: run.runID).watch()
    }
}

struct BackendGitHubLogs: Verb {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Print what the jobs of a run printed.",
        discussion:
            "Of a running job GitHub often gives nothing before its end. With --out the logs of all steps as files."
    )

    @OptionGroup var global: GlobalOptions
    @OptionGroup var run: RemoteRunOption
    @OptionGroup var limits: RemoteLimits

    @Flag(name: .shortAndLong, help: "Go on until the run has ended.")
    var follow = false

    @Option(help: ArgumentHelp("Write a file for each step into this new directory.", valueName: "dir"))
    var out: String?

    func perform(_ context: Context) throws -> Int32 {
        try RemoteCommand(context: context, limits: limits, run: run.runID).logs(follow: follow, out: out)
    }
}

struct BackendGitHubCollect: Verb {
    static let configuration = CommandConfiguration(
        commandName: "collect",
        abstract: "Verify what a run left, and take its node in.",
        discussion: """
            Whatever does not hold is refused: then there is no node, and the files are kept aside. Collecting again \
            answers the same.
            """
    )

    @OptionGroup var global: GlobalOptions
    @OptionGroup var run: RemoteRunOption
    @OptionGroup var limits: RemoteLimits

    @Flag(help: "Take the node without an attestation and mark it unverified, for ever. For debugging.")
    var skipVerifyCert = false

    @Option(help: ArgumentHelp("Copy the run's documents to this directory.", valueName: "dir"))
    var out: String?

    func perform(_ context: Context) throws -> Int32 {
        try RemoteCommand(context: context, limits: limits, run: run.runID).collect(skip: skipVerifyCert, out: out)
    }
}

struct BackendGitHubCancel: Verb {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Ask a run there to end.",
        discussion: "GitHub lets the jobs end in order; with --force it does not."
    )

    @OptionGroup var global: GlobalOptions
    @OptionGroup var run: RemoteRunOption
    @OptionGroup var limits: RemoteLimits

    @Flag(help: "End it at once, whatever its conditions say.")
    var force = false

    func perform(_ context: Context) throws -> Int32 {
        try RemoteCommand(context: context, limits: limits, run: run.runID).cancel(force: force)
    }
}
