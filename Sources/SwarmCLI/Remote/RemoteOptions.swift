internal import ArgumentParser
internal import SwarmContracts
internal import SwarmEngine
internal import SwarmHTTP
internal import SwarmPlatform
internal import SwarmRemote

/// Which remote a command means.
struct RemoteOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A directory, s3://BUCKET/PREFIX, or the NAME of a setting remote.NAME.url.",
            valueName: "name|url"
        )
    )
    var remote: String?

    /// The remote: `--remote`, else the setting `remote.url`.
    func store(_ context: Context) throws -> any RemoteStore { try context.remote(remote) }

    /// Carries a push or a pull, says how far it is, and shows what became of it.
    func sync(
        _ context: Context,
        pushing: Bool,
        _ body: (Store, any RemoteStore, @escaping @Sendable (SyncProgress) -> Void) throws -> SyncReport
    ) throws -> Int32 {
        let local = try context.store()
        let remote = try store(context)
        let progress = Progress(context.console)
        progress.begin("asking the remote")
        defer { progress.end() }
        let report = try body(local, remote) { progress.show($0) }
        progress.end()
        return context.show(report, pushing: pushing)
    }
}

extension Context {
    /// The remote of that name or address, else that of the setting `remote.url`.
    func remote(_ remote: String?) throws -> any RemoteStore {
        let settings = try settings()
        var text = remote ?? settings.values["remote.url"]?.value
        if let name = remote, !name.contains("/") {
            guard let url = settings.values["remote.\(name).url"]?.value else {
                throw RemoteFailure.addressInvalid(
                    Name.shown(name),
                    why: "there is no setting remote.\(Name.shown(name)).url"
                )
            }
            text = url
        }
        guard let text else { throw NoRemote() }
        switch try parsed(text) {
        case .directory(let path):
            // A path in the project's file is relative to the project.
            let isGiven = remote?.contains("/") == true
            let base = isGiven ? Files.currentFolder() : try layout().project
            let full = Files.absolute(path.hasPrefix("/") ? path : base + "/" + path)
            if let why = try? layout().objection(toRemoteAt: full) {
                throw RemoteFailure.addressInvalid(Name.shown(text), why: why)
            }
            if (try? layout().takesIn(full)) == true {
                console.warn(
                    "each import takes the remote \(Name.shown(text)) in with the project; "
                        + "name it in .swarmignore, or choose a directory elsewhere"
                )
            }
            return DirectoryRemote(path: full)
        case .bucket(let place):
            let settings = try S3Settings(remote: "s3://\(place.bucket)", variable: { Environment.value($0) }) { path in
                Files.kind(path) == nil ? nil : String(decoding: try Files.read(path, limit: 1 << 20), as: UTF8.self)
            }
            return S3Remote(place, settings: settings, transport: try remoteTransport())
        }
    }

    private func remoteTransport() throws -> HTTPClient {
        guard let seconds = try settings().text("remote.timeout_secs").flatMap({ Int64($0) }) else {
            return HTTPClient()
        }
        return HTTPClient(idleSeconds: seconds)
    }

    private func parsed(_ text: String) throws -> RemoteAddress.Parsed {
        do { return try RemoteAddress.parse(text) } catch {
            throw RemoteFailure.addressInvalid(Name.shown(text), why: "\(error.expected) was expected")
        }
    }
}

/// Neither a flag nor a setting names a remote.
struct NoRemote: Failure {
    var code: String { "REMOTE_NOT_SET" }
    var category: FailureCategory { .invalidInput }
    var message: String { "no remote is set" }
    var hint: String? { "`swarm config set remote.url /a/directory` (or s3://BUCKET/PREFIX), or give --remote" }
}

extension Context {
    /// Prints what a push or a pull did; gives the exit code.
    func show(_ report: SyncReport, pushing: Bool) -> Int32 {
        let failure = report.failure(pushing: pushing)
        if console.json {
            console.write([
                "status": failure == nil ? "ok" : "rejected", "remote": .string(report.remote),
                "branches": .array(report.branches.map(object)),
                "nodes": .array(report.nodes.map { .string($0.description) }),
                "new_nodes": JSONValue(report.newNodes), "new_chunks": JSONValue(report.newChunks),
                "bytes": JSONValue(report.bytes), "conflicts": .array(report.conflicts.map(JSONValue.string)),
                "error": failure.map(Console.errorBody) ?? .null,
            ])
        } else {
            for branch in report.branches { console.write(line(branch, pushing: pushing)) }
            let what = pushing ? "sent" : "took in"
            console.say(
                "\(what) \(Quantity.count(report.newNodes, "node")), \(Quantity.count(report.newChunks, "chunk")), "
                    + "\(Quantity.bytes(report.bytes)); \(report.remote)"
            )
            if let failure { console.report(failure) }
        }
        if !pushing, report.branches.isEmpty, report.nodes.isEmpty {
            console.warn("there is no branch at \(report.remote) yet")
        }
        return failure?.category.exitCode ?? 0
    }

    private func object(_ branch: BranchSync) -> JSONValue {
        [
            "branch": .string(branch.label.description), "outcome": .string(branch.outcome.rawValue),
            "node_id": JSONValue(branch.local?.description), "remote_node_id": JSONValue(branch.remote?.description),
        ]
    }

    private func line(_ branch: BranchSync, pushing: Bool) -> String {
        let here = branch.local.map(\.short) ?? "-"
        let there = branch.remote.map(\.short) ?? "-"
        let text =
            switch branch.outcome {
            case .created: "new, at \(here)"
            case .moved: pushing ? "\(there) -> \(here)" : "now at \(here)"
            case .same: "up to date"
            case .ahead: pushing ? "the remote is further on: \(there)" : "further on here than at the remote"
            case .diverged:
                pushing ? "rejected: the remote has \(there)" : "here \(here), at the remote \(there): left alone"
            case .conflict: "left alone: \(there) was not taken in"
            }
        return "branch:\(branch.label)  \(text)\n"
    }
}
