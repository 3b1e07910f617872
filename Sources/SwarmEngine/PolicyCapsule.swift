internal import SwarmContracts
internal import SwarmPlatform
internal import SwarmSandbox

/// The policy of one run: what was given, narrowed or opened by the flags, as it is hashed into the certificate and
/// as it is enforced.
struct PolicyCapsule {
    let document: PolicyDocument
    /// Host paths that are opened for reading, absolute.
    let read: [String]
    /// Host paths that are opened for writing, absolute.
    let write: [String]
    /// Paths below HOME that are snapshotted with the node, relative.
    let keep: [String]
    /// What must stay hidden in the opened paths.
    let search: StoreSearch

    var bytes: [UInt8] { document.canonicalBytes }

    /// The policy of a request that somebody else has made, on the machine that is to keep it. Throws exit 2 where it opens a
    /// store.
    init(_ document: PolicyDocument, host: HostContext, project: String) throws {
        let paths = PolicyPaths(home: host.home, project: project, currentFolder: host.currentFolder, isRemote: true)
        self.document = document
        read = (document.files?.read ?? []).compactMap(paths.resolved)
        write = (document.files?.write ?? []).compactMap(paths.resolved)
        keep = document.files?.keep ?? []
        search = try StoreSearch(asked: read + write, installed: [])
    }

    init(document: PolicyDocument, read: [String], write: [String], keep: [String], search: StoreSearch = StoreSearch())
    {
        self.document = document
        self.read = read
        self.write = write
        self.keep = keep
        self.search = search
    }

    /// Makes the capsule. Flags may open files and variables (and are written into the capsule); limits they may only
    /// lower. Throws exit 2 for a malformed value, exit 6 for what the given policy forbids.
    static func make(
        _ options: RunOptions,
        host: HostContext,
        project: String,
        inheritedKeep: [String],
        isRemote: Bool = false
    ) throws -> PolicyCapsule {
        var policy = PolicyDocument.default
        let given = options.policy != nil
        if let bytes = options.policy {
            try DocumentSchema.named("policy")?.check(bytes)
            policy = try PolicyDocument(reading: bytes)
        }
        try setRoute(&policy, options, host, given: given)
        try setLimits(&policy, options, given: given)
        if policy.limits.maxRetries > 0, options.input != .null {
            throw EngineFailure.optionInvalid(
                flag: options.input == .terminal ? "-t" : "-i",
                why: "input can be read by one attempt alone, and up to \(policy.limits.maxRetries + 1) are asked for; "
                    + "give --max-attempts 1, or the input in a file"
            )
        }
        try setSandbox(&policy, options, given: given)
        let paths = PolicyPaths(
            home: host.home,
            project: project,
            currentFolder: host.currentFolder,
            isRemote: isRemote
        )
        var files = policy.files ?? PolicyDocument.FileAccess()
        files.read = try merged(files.read, try options.allowRead.map { try paths.written($0, flag: "--allow-read") })
        files.write = try merged(
            files.write,
            try options.allowWrite.map { try paths.written($0, flag: "--allow-write") }
        )
        files.keep = try merged(files.keep, try options.keep.map { try paths.kept($0) } + inheritedKeep)
        let asked = ((files.read ?? []) + (files.write ?? [])).compactMap(paths.resolved)
        // Where the tools and stores of another machine lie is not known here.
        // An agent that a line of shell calls is named by its login alone.
        let programs = [options.words[0]] + [options.login ?? policy.login].compactMap { $0 }
        let installed = options.sandbox == .strict && !isRemote ? installed(programs, host) : []
        let isOpen = isRemote || options.sandbox == .none
        let search = isOpen ? StoreSearch() : try StoreSearch(asked: asked, installed: installed)
        if options.sandbox == .strict {
            files.read = try merged(files.read, try installed.map { try paths.written($0, flag: "PATH") })
        } else if files.keep != nil {
            guard options.keep.isEmpty else {
                throw EngineFailure.optionInvalid(flag: "--keep", why: EngineFailure.ownHome)
            }
            throw EngineFailure.keepNeedsSandbox
        }
        policy.files = files.read == nil && files.write == nil && files.keep == nil ? nil : files
        for name in policy.env?.pass ?? [] { try checkName(name, "the policy's env.pass") }
        for name in options.passEnvironment { try checkName(name, "--pass-env") }
        if let names = try merged(policy.env?.pass, options.passEnvironment) {
            policy.env = PolicyDocument.Env(pass: names)
        }
        policy.login = options.login ?? policy.login
        if let login = policy.login, LoginFiles.named(login) == nil {
            let flag = options.login == nil ? "the policy's login" : "--login"
            let why = "'\(Name.shown(login))' is not known; there are \(LoginFiles.names)"
            throw EngineFailure.optionInvalid(flag: flag, why: why)
        }
        if policy != PolicyDocument.default, !given { policy.policyID = "run" }
        return PolicyCapsule(
            document: policy,
            read: (files.read ?? []).compactMap(paths.resolved),
            write: (files.write ?? []).compactMap(paths.resolved),
            keep: files.keep ?? [],
            search: search
        )
    }

    /// What the programs need of places that a sandbox does not show by itself.
    private static func installed(_ programs: [String], _ host: HostContext) -> [String] {
        var found: [String] = []
        for program in programs {
            let mounts = ToolDiscovery.mounts(
                program: program,
                path: host.path,
                home: host.home,
                isClosed: StoreSearch.holdsStore
            )
            for path in mounts.map(\.host) where !found.contains(path) && StoreSearch.store(around: path) == nil {
                found.append(path)
            }
        }
        return found
    }

    private static func setRoute(
        _ policy: inout PolicyDocument,
        _ options: RunOptions,
        _ host: HostContext,
        given: Bool
    ) throws {
        if options.allowDirectFallback, policy.network.allowDirectFallback == false {
            throw EngineFailure.policyRefused(
                item: "--allow-direct-fallback",
                why: "its network.allow_direct_fallback is false"
            )
        }
        if let asked = options.routeMode ?? (given ? nil : host.configuredRoute) {
            guard !given || asked == policy.routeMode else {
                throw EngineFailure.policyRefused(
                    item: "--route-mode \(asked.rawValue)",
                    why: "its route_mode is \(policy.routeMode.rawValue)"
                )
            }
            policy.routeMode = asked
        }
        if policy.routeMode == .clientExit { throw EngineFailure.routeUnavailable("client_exit") }
        if let hosts = policy.network.allowHosts, !hosts.isEmpty, policy.routeMode == .direct,
            !policy.isAdvisory("network.allow_hosts")
        {
            throw EngineFailure.policyUnenforceable(
                item: "network.allow_hosts",
                why: "route mode direct gives the host's whole network"
            )
        }
    }

    private static func setLimits(_ policy: inout PolicyDocument, _ options: RunOptions, given: Bool) throws {
        if let seconds = options.timeoutSeconds {
            guard !given || seconds <= policy.limits.maxRuntimeSec else {
                throw EngineFailure.policyRefused(
                    item: "--timeout-secs \(seconds)",
                    why: "its limit is \(policy.limits.maxRuntimeSec) s"
                )
            }
            policy.limits.maxRuntimeSec = seconds
        }
        if let attempts = options.maxAttempts {
            guard !given || attempts - 1 <= policy.limits.maxRetries else {
                throw EngineFailure.policyRefused(
                    item: "--max-attempts \(attempts)",
                    why: "its limits.max_retries is \(policy.limits.maxRetries)"
                )
            }
            policy.limits.maxRetries = attempts - 1
        }
    }

    private static func setSandbox(_ policy: inout PolicyDocument, _ options: RunOptions, given: Bool) throws {
        guard options.sandbox == .none else { return }
        if given {
            guard policy.isAdvisory("sandbox") else {
                throw EngineFailure.policyRefused(
                    item: "--sandbox none",
                    why: "it does not list \"sandbox\" under \"advisory\""
                )
            }
        } else {
            policy.advisory = (policy.advisory ?? []) + ["sandbox"]
        }
        if policy.routeMode == .none, !policy.isAdvisory("route_mode") {
            throw EngineFailure.policyUnenforceable(
                item: "route_mode none",
                why: "--sandbox none leaves the host's network to the step"
            )
        }
    }

    /// The names of both lists, sorted and once each; nil where there are none.
    private static func merged(_ old: [String]?, _ new: [String]) throws -> [String]? {
        let all = Set((old ?? []) + new)
        return all.isEmpty ? old : all.sorted()
    }

    private static func checkName(_ name: String, _ flag: String) throws {
        let plain = name.utf8.allSatisfy { byte in
            byte == UInt8(ascii: "_") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
        }
        // It may be a value that was given for a name: it is not repeated.
        guard plain, !name.isEmpty, name.first?.isNumber == false else {
            throw EngineFailure.optionInvalid(
                flag: flag,
                why: "give the name of a variable (letters, digits and _), not a value"
            )
        }
        guard !name.hasPrefix("SWARM_") else {
            let why = "\(Name.shown(name)) cannot be passed: names that begin with SWARM_ are swarm's own"
            throw EngineFailure.optionInvalid(flag: flag, why: why)
        }
    }
}

/// Paths of a policy: written relative to `~` or the workspace where they lie under it, resolved for the mounts.
struct PolicyPaths {
    let home: String
    let project: String
    let currentFolder: String
    /// Whether the paths are those of another machine, where what is named may lie.
    let isRemote: Bool

    /// A path as the policy document holds it. The path must exist on this machine, where the step runs here.
    func written(_ path: String, flag: String) throws -> String {
        let absolute = expanded(path)
        guard isRemote || Files.kind(absolute) != nil else {
            throw EngineFailure.pathInvalid(flag: flag, path: Name.shown(path), why: "there is nothing there")
        }
        if absolute == project { return "." }
        if absolute.hasPrefix(project + "/") { return "./" + absolute.dropFirst(project.count + 1) }
        if absolute == home { return "~" }
        if home != "/", absolute.hasPrefix(home + "/") { return "~/" + absolute.dropFirst(home.count + 1) }
        return absolute
    }

    /// A path to keep, relative to HOME: no way out of it.
    func kept(_ path: String) throws -> String {
        var relative = path
        if relative.hasPrefix("~/") { relative = String(relative.dropFirst(2)) }
        if relative.hasPrefix(home + "/") { relative = String(relative.dropFirst(home.count + 1)) }
        let parts = relative.split(separator: "/", omittingEmptySubsequences: true).filter { $0 != "." }
        guard !relative.hasPrefix("/"), !parts.isEmpty, !parts.contains("..") else {
            throw EngineFailure.pathInvalid(flag: "--keep", path: Name.shown(path), why: "give a path below HOME")
        }
        return parts.joined(separator: "/")
    }

    /// The host path of an entry of the policy. What lies in the workspace is the run's own copy already: nil.
    func resolved(_ entry: String) -> String? {
        if entry == "." || entry.hasPrefix("./") { return nil }
        return expanded(entry)
    }

    private func expanded(_ path: String) -> String {
        if path == "~" { return home }
        if path.hasPrefix("~/") { return Files.absolute(home + "/" + path.dropFirst(2)) }
        return Files.absolute(path.hasPrefix("/") ? path : currentFolder + "/" + path)
    }
}
