internal import SwarmCapability
internal import SwarmContracts
internal import SwarmEngine
internal import SwarmPlatform

/// What a command acts with: the console, the settings, and the store where it needs one.
struct Context {
    let options: GlobalOptions
    private(set) var console: Console

    init(options: GlobalOptions) {
        self.options = options
        console = options.console
        // Settings are read here only where they can matter: not where no terminal takes colour. What is wrong with them
        // is for the commands that need them to say.
        if console.takesColour, (try? settings())?.isColourOff == true { console = console.plain }
    }

    /// Where the store is: `--store`, else `SWARM_STORE`, else the nearest `.swarm` upwards.
    func layout() throws -> StoreLayout {
        if let given = options.store ?? Environment.text("SWARM_STORE") {
            let path = Files.absolute(given)
            // The project directory is taken for the store in it, as git takes `-C`.
            if Files.kind(path + "/nodes") == nil, Files.kind(path + "/.swarm/nodes") == .directory {
                return StoreLayout(root: path + "/.swarm")
            }
            return StoreLayout(root: path)
        }
        return try Store.find(from: Files.currentFolder())
    }

    func store() throws -> Store {
        try Store.open(try layout()) { try Passphrase.ask(for: "the store's key", console) }
    }

    /// The profile that is asked for; nil where none is.
    var profile: String? { options.profile ?? Environment.text("SWARM_PROFILE") }

    /// The settings, of the user and of the project where there is one.
    func settings() throws -> Settings {
        try Settings.load(
            project: (try? layout())?.config,
            profile: profile
        )
    }

    func host() throws -> HostContext {
        guard let home = Environment.home else {
            throw UsageFailure(
                message: "HOME is not set, and the account database names no home folder",
                hint: "set HOME"
            )
        }
        return HostContext(
            home: Files.absolute(home),
            path: Environment.text("PATH") ?? "/usr/local/bin:/usr/bin:/bin",
            language: Environment.value("LANG"),
            terminal: Environment.value("TERM"),
            currentFolder: Files.currentFolder(),
            configuredRoute: try settings().routeMode,
            variable: { Environment.value($0) }
        )
    }

    /// The node that a reference names, opened.
    func node(_ reference: String, in store: Store) throws -> OpenedNode {
        try store.node(try store.resolve(reference))
    }
}
