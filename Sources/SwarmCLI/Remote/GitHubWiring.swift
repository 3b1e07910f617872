internal import ArgumentParser
internal import Sigstore
internal import SwarmBackend
internal import SwarmBackendGitHub
internal import SwarmCapability
internal import SwarmContracts
internal import SwarmEngine
internal import SwarmPlatform
internal import SwarmRemote

/// How long and how often a command speaks to a backend.
struct RemoteLimits: ParsableArguments {
    @Option(help: ArgumentHelp("Give up waiting after this many seconds; the run there goes on.", valueName: "n"))
    var timeoutSecs: Int64?

    @Option(help: ArgumentHelp("How often a request is sent before it counts as failed.", valueName: "n"))
    var maxAttempts: Int?

    func validate() throws {
        if let timeoutSecs { try TimeLimit.check(timeoutSecs) }
        if let maxAttempts, !(1...100).contains(maxAttempts) {
            throw ValidationError("--max-attempts must be from 1 to 100.")
        }
    }
}

/// Where GitHub's backend is put together from settings and environment.
struct GitHubWiring {
    let context: Context

    /// The backend of the configured repository. Throws exit 2 where no repository or token is known.
    /// `interruption` ends its waits and transfers; `heard` is told where requests are held back.
    func backend(
        _ limits: RemoteLimits? = nil,
        interruption: Interruption = Interruption(),
        token: Bool = true,
        heard: @escaping @Sendable (RateNotice) -> Void = { _ in }
    ) throws -> GitHubBackend {
        let settings = try context.settings()
        let address = try GitHubAddress(
            api: settings.text("github.api_url") ?? nonEmpty("GITHUB_API_URL") ?? GitHubAddress.publicAPI,
            repository: try repository(settings)
        )
        let found = try self.token(address)
        if found == nil, token { throw GitHubFailure.tokenMissing }
        var setting = GitHubBackend.Setting()
        if let workflow = settings.text("github.workflow") { setting.workflow = workflow }
        if let environment = settings.text("github.environment") { setting.environment = environment }
        setting.pin = try settings.text("github.workflow_ref").map { try WorkflowRef($0) }
        setting.usesRunKeys = settings.text("github.worker_key") != WorkerKeyScope.epoch.rawValue
        let layout = try? context.layout()
        setting.epochKeyID = try layout?.workerKey(of: "\(address.api)/\(address)")?.id
        if let layout, Files.kind(layout.tmp) == .directory { setting.scratch = layout.tmp }
        let pacer = LivePacer(timeoutSeconds: limits?.timeoutSecs) { interruption.requested }
        let api = GitHubAPI(
            address: address,
            token: found,
            transport: interruption.client(),
            pacer: pacer,
            attempts: limits?.maxAttempts ?? 5,
            gate: RateGate(heard: heard)
        )
        return GitHubBackend(api, setting)
    }

    /// Runs what speaks to the backend, its state shown. Ctrl-C ends the command's waits and transfers and leaves the run there
    /// alone; a second one ends the command wherever it is.
    func session<Result>(
        _ limits: RemoteLimits? = nil,
        _ body: (GitHubBackend, RemoteDisplay) throws -> Result
    ) throws -> Result {
        let interruption = Interruption()
        // Before the display and the client have threads of their own, which would take the signals.
        let signals = SignalWatcher.start(once: true) { interruption.raise() }
        defer { signals.stop() }
        let display = RemoteDisplay(console: context.console)
        defer { display.end() }
        return try body(try backend(limits, interruption: interruption) { display.note($0) }, display)
    }

    private func nonEmpty(_ name: String) -> String? { Environment.text(name) }

    /// `github.repository`, else GITHUB_REPOSITORY, else git's remote `origin`.
    private func repository(_ settings: Settings) throws -> String {
        if let repository = settings.text("github.repository") ?? nonEmpty("GITHUB_REPOSITORY") { return repository }
        let project = (try? context.layout())?.project ?? Files.currentFolder()
        let remote = output("git", ["-C", project, "config", "--get", "remote.origin.url"])
        guard let remote else {
            throw GitHubFailure.addressInvalid("no repository of GitHub's is known: git has no remote 'origin' here")
        }
        guard let repository = GitHubAddress.repository(ofRemote: remote) else {
            throw GitHubFailure.addressInvalid("no repository of GitHub's is known: git's remote 'origin' is none")
        }
        return repository
    }

    /// GITHUB_TOKEN, else GH_TOKEN, else what `gh` is logged in with.
    private func token(_ address: GitHubAddress) throws -> SecretText? {
        if let text = nonEmpty("GITHUB_TOKEN") ?? nonEmpty("GH_TOKEN") { return SecretText(text) }
        let host = address.api == GitHubAddress.publicAPI ? "github.com" : hostName(address.api)
        return output("gh", ["auth", "token", "--hostname", host]).map { SecretText($0) }
    }

    private func hostName(_ url: String) -> String {
        String(url.drop { $0 != ":" }.dropFirst(3).prefix { $0 != "/" && $0 != ":" })
    }

    /// The first line of what a program prints; nil where it fails or is not there.
    private func output(_ program: String, _ arguments: [String]) -> String? {
        let kept = ["PATH", "HOME", "XDG_CONFIG_HOME", "GH_CONFIG_DIR", "DBUS_SESSION_BUS_ADDRESS"]
        let environment = kept.compactMap { name in Environment.value(name).map { "\(name)=\($0)" } }
        guard
            let result = try? ChildProcess.run(program, arguments, environment: environment, folder: "/tmp"),
            result.exitCode == 0
        else { return nil }
        let line = String(decoding: result.output.prefix { $0 != 10 }, as: UTF8.self)
        return line.isEmpty ? nil : line
    }

    // MARK: - What a run needs

    /// The pin and the worker's key. Throws exit 2 naming what is missing.
    func options(workflowRef: String?, ref: String?, _ store: Store, _ backend: GitHubBackend) throws
        -> RemoteRunOptions
    {
        let settings = try context.settings()
        guard let text = workflowRef ?? settings.text("github.workflow_ref") else {
            throw RemoteRunFailure.workflowRefRequired
        }
        let pin = try WorkflowRef(text)
        guard pin.path.split(separator: "/").count >= 3 else { throw WorkflowRefError.malformed(Name.shown(text)) }
        guard let epochKey = try store.layout.workerKey(of: backend.place) else {
            throw RemoteRunFailure.workerKeyMissing(backend.place)
        }
        let runner: RunnerClass = settings.text("github.runner_class") == "self-hosted" ? .selfHosted : .githubHosted
        var options = RemoteRunOptions(
            workflowRef: pin,
            workerKey: backend.setting.usesRunKeys ? .run : .epoch,
            epochKey: epochKey,
            ref: ref ?? settings.text("github.ref"),
            runnerClass: runner
        )
        if settings.text("remote.url") != nil { options.publish = publisher(try context.remote(nil)) }
        return options
    }

    /// How long a published bundle can be fetched, in seconds: longer than a job may wait and run.
    private static let publishedSeconds: Int64 = 48 * 3600

    private func publisher(_ remote: any RemoteStore) -> @Sendable (String) throws -> ParentSource {
        { file in
            try remote.prepare()
            let publication = try remote.publish(file, seconds: GitHubWiring.publishedSeconds)
            return switch publication.location {
            case .url(let url): .url(url, sha256: publication.sha256)
            case .path(let path): .path(path, sha256: publication.sha256)
            }
        }
    }

    /// Whose signature counts, by the trusted roots that are installed.
    func trust(_ backend: GitHubBackend, skipsVerification: Bool) throws -> RemoteTrust {
        if skipsVerification {
            context.console.warn(
                "--skip-verify-cert: nobody vouches for what comes back; the node is marked unverified, for ever"
            )
        }
        let settings = try context.settings()
        let api = backend.api.address.api
        let isPublic = api == GitHubAddress.publicAPI
        return RemoteTrust(
            roots: try TrustStore.ofUser()?.entries().map(\.root) ?? [],
            host: settings.text("github.host") ?? (isPublic ? "github.com" : hostName(api)),
            issuer: settings.text("github.issuer") ?? IdentityPolicy.gitHubActionsIssuer,
            skipsAttestation: skipsVerification
        )
    }

    func runner(_ store: Store, _ backend: GitHubBackend, _ observer: any RemoteObserver) -> RemoteRunner {
        RemoteRunner(store: store, backend: backend, pacer: backend.api.pacer, observer: observer)
    }
}

extension StoreLayout {
    private func workerKeyFile(_ place: String) -> String {
        "\(keys)/workers/\(Digest256.sha256(of: Array(place.utf8)).hex.prefix(16))"
    }

    /// The public key of the worker at a place; nil where none was set up.
    func workerKey(of place: String) throws -> RecipientPublicKey? {
        let path = workerKeyFile(place)
        guard Files.kind(path) == .regular else { return nil }
        return try RecipientPublicKey(text: String(decoding: try Files.read(path, limit: 1 << 16), as: UTF8.self))
    }

    /// Keeps the public key of the worker at a place.
    func setWorkerKey(_ key: RecipientPublicKey, of place: String) throws {
        try Files.makeFolder(keys + "/workers", mode: 0o700)
        try Files.write(Array((key.text + "\n").utf8), to: workerKeyFile(place), mode: 0o600)
    }
}
