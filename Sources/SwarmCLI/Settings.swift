internal import SwarmContracts
internal import SwarmPlatform

/// A configuration file that does not hold.
enum SettingsFailure: Failure, Equatable {
    case malformed(file: String, reason: String)
    case unknownKey(String)
    case invalidValue(key: String, expected: String)
    case unreadable(file: String, reason: String)
    case unknownProfile(String)

    var code: String {
        switch self {
        case .malformed: "CONFIG_MALFORMED"
        case .unknownKey: "CONFIG_KEY_UNKNOWN"
        case .invalidValue: "CONFIG_VALUE_INVALID"
        case .unreadable: "CONFIG_UNREADABLE"
        case .unknownProfile: "CONFIG_PROFILE_UNKNOWN"
        }
    }

    var category: FailureCategory { .invalidInput }

    var message: String {
        switch self {
        case .malformed(let file, let reason): "\(file): \(reason)"
        case .unknownKey(let key): "there is no setting '\(key)'"
        case .invalidValue(let key, let expected): "\(key): \(expected) was expected"
        case .unreadable(let file, let reason): "\(file) cannot be read: \(reason)"
        case .unknownProfile(let name): "no config file has a profile '\(name)'"
        }
    }

    var hint: String? {
        switch self {
        case .unknownKey: "the settings are: \(Settings.keys.map(\.name).joined(separator: ", "))"
        case .malformed: "mend the file, or remove it to go back to the defaults"
        case .invalidValue, .unreadable, .unknownProfile: nil
        }
    }
}

/// The settings: environment over the project's file over the user's. Flags stand over all of them.
struct Settings {
    /// A setting that there is.
    struct Key {
        let name: String
        let help: String
        /// What it may be; none for any text that `check` takes.
        var values: [String] = []
        /// Why a text cannot be its value; nil where it can.
        var check: @Sendable (String) -> String? = { _ in nil }
    }

    static let keys = [
        Key(
            name: "run.route_mode",
            help: "network of a step where no flag or policy says otherwise",
            values: ["none", "direct"]
        ),
        Key(name: "run.backend", help: "where a step runs where no flag says otherwise", values: ["local", "github"]),
        Key(
            name: "remote.url",
            help: "where `push` and `pull` go: a directory or s3://BUCKET/PREFIX; remote.NAME.url for more",
            check: { RemoteAddress.defect(in: $0) }
        ),
        Key(
            name: "remote.timeout_secs",
            help: "seconds of silence after which a request to S3 counts as broken; 60",
            check: { Int64($0).map { (1...3600).contains($0) } == true ? nil : "a number from 1 to 3600" }
        ),
        Key(
            name: "github.repository",
            help: "owner/name, where git's remote origin does not say",
            check: { Settings.wordDefect(in: $0) }
        ),
        Key(
            name: "github.api_url",
            help: "base URL of the API, of an Enterprise server say",
            check: { Settings.wordDefect(in: $0) }
        ),
        Key(
            name: "github.workflow",
            help: "file name of the workflow that is started; swarm.yml",
            check: { Settings.wordDefect(in: $0) }
        ),
        Key(
            name: "github.workflow_ref",
            help: "the pinned workflow: owner/repo/path@commit",
            check: { Settings.wordDefect(in: $0) }
        ),
        Key(
            name: "github.ref",
            help: "branch or tag at which it is started; the default branch",
            check: { Settings.wordDefect(in: $0) }
        ),
        Key(
            name: "github.environment",
            help: "environment whose rules hold a run back; swarm",
            check: { Settings.wordDefect(in: $0) }
        ),
        Key(
            name: "github.worker_key",
            help: "whether each run gets a key of its own where the token may, or all share the epoch's",
            values: WorkerKeyScope.allCases.map(\.rawValue)
        ),
        Key(name: "github.runner_class", help: "whose machines run it", values: ["github-hosted", "self-hosted"]),
        Key(
            name: "github.host",
            help: "host in the name of an attestation's signer",
            check: { Settings.wordDefect(in: $0) }
        ),
        Key(name: "github.issuer", help: "issuer of the signer's identity", check: { Settings.wordDefect(in: $0) }),
        Key(name: "output.color", help: "whether output is coloured on a terminal", values: ["auto", "never"]),
    ]

    /// Name, value and where it comes from.
    struct Value {
        let value: String
        let origin: String
    }

    private(set) var values: [String: Value] = [:]

    /// The setting of that name: one of `keys`, or `remote.NAME.url`.
    static func key(_ name: String) -> Key? {
        if let known = keys.first(where: { $0.name == name }) { return known }
        let parts = name.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0] == "remote", parts[1].hasSuffix(".url"),
            (try? Label(String(parts[1].dropLast(4)))) != nil
        else { return nil }
        return Key(name: name, help: "a remote for --remote", check: { RemoteAddress.defect(in: $0) })
    }

    /// A setting's value; nil where it is not set.
    func text(_ key: String) -> String? { values[key]?.value }

    /// What is wrong with a text that must be one plain word; nil where nothing is.
    private static func wordDefect(in value: String) -> String? {
        !value.isEmpty && value.utf8.allSatisfy { (0x21...0x7e).contains($0) } ? nil : "a word without spaces"
    }

    var routeMode: RouteMode? { values["run.route_mode"].flatMap { RouteMode(rawValue: $0.value) } }

    /// Whether a setting turns colour off.
    var isColourOff: Bool { values["output.color"]?.value == "never" }

    /// Reads the files that are there. Throws exit 2 naming the file for one that is malformed.
    static func load(project: String?, profile: String?) throws -> Settings {
        var settings = Settings()
        var profileFound = profile == nil
        for (path, origin) in [(userFile(), "user"), (project, "project")] {
            guard let path, Files.kind(path) != nil else { continue }
            let document = try read(path)
            try settings.take(document, path, origin)
            if let profile, let chosen = document["profiles"]?[profile] {
                profileFound = true
                try settings.take(chosen, path, "\(origin), profile \(profile)")
            }
        }
        if let profile, !profileFound { throw SettingsFailure.unknownProfile(Name.shown(profile)) }
        for key in keys {
            let variable = "SWARM_" + key.name.uppercased().split(separator: ".").joined(separator: "_")
            guard let value = Environment.value(variable), !value.isEmpty else { continue }
            try check(key.name, value, name: variable)
            settings.values[key.name] = Value(value: value, origin: variable)
        }
        return settings
    }

    /// The user's file: `$XDG_CONFIG_HOME/swarm/config.json`, else `~/.swarm/config.json`.
    static func userFile() -> String? {
        if let base = Environment.value("XDG_CONFIG_HOME"), !base.isEmpty { return base + "/swarm/config.json" }
        return Environment.home.map { $0 + "/.swarm/config.json" }
    }

    static func read(_ path: String) throws -> JSONValue {
        let bytes: [UInt8]
        do {
            bytes = try Files.read(path, limit: 1 << 20)
        } catch {
            throw SettingsFailure.unreadable(file: path, reason: SystemError.text(error.number))
        }
        do {
            let value = try JSONParser.parse(bytes)
            guard case .object = value else {
                throw SettingsFailure.malformed(file: path, reason: "a JSON object was expected")
            }
            return value
        } catch let error as JSONSyntaxError {
            throw SettingsFailure.malformed(file: path, reason: "\(error.reason) at byte \(error.offset)")
        }
    }

    private mutating func take(_ document: JSONValue, _ path: String, _ origin: String) throws {
        guard case .object(let members) = document else { return }
        for (name, found) in members {
            guard let key = Settings.key(name) else { continue }
            guard let text = found.text else {
                throw SettingsFailure.malformed(file: path, reason: "\(key.name) is \(found.kind), not a string")
            }
            try Settings.check(key.name, text, name: "\(path): \(key.name)")
            values[key.name] = Value(value: text, origin: origin)
        }
    }

    static func check(_ key: String, _ value: String, name: String) throws {
        guard let known = Settings.key(key) else {
            throw SettingsFailure.unknownKey(Name.shown(key))
        }
        if let defect = known.check(value) { throw SettingsFailure.invalidValue(key: name, expected: defect) }
        guard known.values.isEmpty || known.values.contains(value) else {
            throw SettingsFailure.invalidValue(
                key: name,
                expected: "one of " + known.values.joined(separator: ", ")
            )
        }
    }

    /// Sets a value in a project's file, or in that file under a profile's name; everything else in it stays.
    static func set(_ key: String, _ value: String, profile: String? = nil, in path: String) throws {
        try check(key, value, name: key)
        if let profile, let defect = Name.defect(in: profile) {
            throw UsageFailure(message: "--profile '\(Name.shown(profile))': \(defect)")
        }
        try change(path, profile) { $0[key] = .string(value) }
    }

    /// Takes a value out of a project's file, or out of a profile in it. False where it is not set there. Throws exit 2 for a
    /// setting that neither is there nor is known.
    static func unset(_ key: String, profile: String? = nil, in path: String) throws -> Bool {
        var was: JSONValue?
        try change(path, profile) { was = $0.removeValue(forKey: key) }
        if was == nil, Settings.key(key) == nil { throw SettingsFailure.unknownKey(Name.shown(key)) }
        return was != nil
    }

    /// Writes a file anew with one level of its members changed; not at all where nothing changes. A profile without members goes.
    private static func change(
        _ path: String,
        _ profile: String?,
        _ body: (inout [String: JSONValue]) -> Void
    ) throws {
        let document = Files.kind(path) == nil ? JSONValue.object([:]) : try read(path)
        guard case .object(var members) = document else { return }
        if let profile {
            var profiles = try object(members["profiles"], "profiles", path)
            var chosen = try object(profiles[profile], "profiles.\(Name.shown(profile))", path)
            body(&chosen)
            profiles[profile] = chosen.isEmpty ? nil : .object(chosen)
            members["profiles"] = profiles.isEmpty ? nil : .object(profiles)
        } else {
            body(&members)
        }
        guard .object(members) != document else { return }
        try Files.write(CanonicalJSON.encode(.object(members)) + [10], to: path)
    }

    private static func object(_ value: JSONValue?, _ name: String, _ path: String) throws -> [String: JSONValue] {
        switch value {
        case nil: return [:]
        case .object(let members): return members
        case .some(let other):
            throw SettingsFailure.malformed(file: path, reason: "\(name) is \(other.kind), not an object")
        }
    }
}
