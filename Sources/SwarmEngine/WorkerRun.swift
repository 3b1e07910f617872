internal import BundleArchive
internal import SwarmCapability
package import SwarmContracts
internal import SwarmPlatform
package import SwarmSandbox
internal import SwarmSnapshot
internal import SwarmState

/// One step on somebody else's machine: a throw-away store with the keys of two nodes, the same run path as at home, and
/// what it leaves as files.
package final class WorkerRun {
    /// Where the parent's content lies on this machine.
    package enum Source: Sendable {
        /// A checkout of the repository.
        case checkout(String)
        /// A bundle file.
        case bundle(String)
    }

    private let request: DispatchRequest
    private let store: Store
    private let host: HostContext
    private let observer: any RunObserver
    private let cancellation: Cancellation
    private let place: RunPlace

    /// Makes the store in `folder`, which must be there and empty. `bundleRef` and `certificateRef` say where the files will
    /// be found; nil where nobody knows.
    package init(
        _ request: DispatchRequest,
        in folder: String,
        host: HostContext,
        bundleRef: String?,
        certificateRef: String?,
        observer: any RunObserver,
        cancellation: Cancellation
    ) throws {
        // A key of its own that nothing is kept under: what this store may open and write stands in the grant.
        guard let grant = StepGrant(request), let own = RootSecret(bytes: Randomness.bytes(32)) else {
            throw RemoteFailure.parentMismatch("the keys of the request are not of 32 bytes")
        }
        let layout = StoreLayout(root: folder + "/.swarm")
        try Files.makeFolder(layout.root, mode: 0o700)
        try Store.makeFolders(layout)
        store = Store(
            layout: layout,
            index: try Index.open(path: layout.index, create: true),
            keyring: Keyring(current: own),
            grant: grant
        )
        self.request = request
        self.host = host
        self.observer = observer
        self.cancellation = cancellation
        place = RunPlace(
            runnerClass: request.runnerClass,
            bundleRef: bundleRef,
            certificateRef: certificateRef,
            workerKey: request.workerKey
        )
    }

    /// Restores the parent, every byte checked, and runs the step. Throws where no run came about; a step that ran and
    /// failed is a report with a `failure`.
    package func run(_ source: Source) throws -> RunReport {
        let parent: OpenedNode
        switch source {
        case .checkout(let directory): parent = try restore(checkout: directory)
        case .bundle(let path): parent = try restore(bundle: path)
        }
        let runner = Runner(store: store, host: host, observer: observer, cancellation: cancellation)
        do {
            return try runner.carry(try plan(parent, request.sandbox == .strict ? .strict : .none))
        } catch let failure as SandboxFailure where failure.code == "SANDBOX_UNAVAILABLE" && canDoWithout {
            observer.note(.warning("\(failure.message); the policy lets the step run without one"))
            return try runner.carry(try plan(parent, .none))
        }
    }

    /// Whether the policy lets the step run without a sandbox, and nothing else in it needs one.
    private var canDoWithout: Bool {
        let policy = request.policy
        return policy.isAdvisory("sandbox") && (policy.files?.keep ?? []).isEmpty
            && (policy.routeMode != .none || policy.isAdvisory("route_mode"))
    }

    private func plan(_ parent: OpenedNode, _ sandbox: SandboxLevel) throws -> RunPlan {
        guard request.policy.routeMode != .clientExit else { throw EngineFailure.routeUnavailable("client_exit") }
        let words = request.request.arguments
        guard let first = words.first, !first.isEmpty else { throw EngineFailure.noCommand }
        var options = RunOptions(
            operation: request.child.operation,
            command: request.request.shell ? .shell(first) : .arguments(words)
        )
        options.sandbox = sandbox
        options.workdir = request.workdir
        options.allowColdStart = request.request.allowColdStart
        options.allowDirectFallback = request.request.allowDirectFallback
        options.agentImage = request.request.image
        let capsule = try PolicyCapsule(request.policy, host: host, project: request.workdir)
        for path in capsule.read + capsule.write where Files.kind(path) == nil {
            throw EngineFailure.pathInvalid(flag: "the policy's files", path: path, why: "there is nothing there")
        }
        var plan = RunPlan(
            id: request.child.runID,
            options: options,
            parent: parent,
            capsule: capsule,
            identity: request.child,
            request: request.request,
            workflowRef: request.request.workflowRef,
            passed: request.environment.map { (name: $0.name, value: $0.exposed) }
        )
        plan.place = place
        plan.events = request.events
        return plan
    }

    private func restore(bundle path: String) throws -> OpenedNode {
        if let expected = request.parent.source.fileHash {
            var hasher = Digest256.Hasher()
            try Files.stream(path) { hasher.update($0) }
            guard hasher.finish() == expected else {
                throw RemoteFailure.parentMismatch("the bundle file does not have the SHA-256 that the request names")
            }
        }
        let bundle = try BundleDocuments(try BundleArchive.Reader(path: path))
        guard Digest256.sha256(of: bundle.descriptor) == request.parent.bundleSHA256 else {
            throw RemoteFailure.parentMismatch("its descriptor is not the one that the request names")
        }
        guard bundle.certificate.map({ Digest256.sha256(of: $0) }) == request.parent.certificateSHA256 else {
            throw RemoteFailure.parentMismatch("its certificate is not the one that the request names")
        }
        let node = try store.importBundle(path).node
        guard node == request.child.parentNodeID else {
            throw RemoteFailure.parentMismatch("it is \(node)")
        }
        return try store.node(node)
    }

    /// The root node, made anew and held to what its descriptor commits to, with the checkout for its workspace.
    private func restore(checkout directory: String) throws -> OpenedNode {
        let descriptor = request.parent.descriptor
        guard descriptor.identity.operation == .initial, case .checkout(let commit) = request.parent.source else {
            throw RemoteFailure.parentMismatch("only root is restored from a checkout")
        }
        guard Files.kind(directory) == .directory else { throw RemoteFailure.checkoutMismatch("it is not there") }
        try refuseCredentials(directory)
        let temporary = try TemporaryFolder.make(in: store.layout.tmp)
        defer { temporary.remove() }
        let session = try WriteSession(store, temporary)
        defer { session.end() }
        var root = try SnapshotRoot.beginning(session, temporary)
        let key = try store.readKey(of: descriptor.identity)
        let document = NodeDocument(of: descriptor, routeMode: .none)
        guard root.isCommitted(to: descriptor, with: key),
            document.nodeID == request.child.parentNodeID
        else { throw RemoteFailure.parentMismatch("the beginning of the store is not what its descriptor commits to") }
        let scan = try Snapshotter.scan(
            directory: directory,
            ignore: SwarmIgnore.read(in: directory),
            previous: nil,
            parent: nil,
            writer: session.writer,
            reader: store.reader,
            threads: WorkerThread.processorCount
        )
        try name(try session.finish())
        for warning in scan.warnings { observer.note(.warning(warning.description)) }
        let found = GitHead.commit(in: scan.tree, reader: store.reader)
        guard found == commit else {
            throw RemoteFailure.checkoutMismatch("it stands at \(found ?? "no commit"), not at \(commit)")
        }
        root.workspace = scan.tree
        return OpenedNode(id: document.nodeID, document: document, descriptor: descriptor, root: root, readKey: key)
    }

    /// Makes packs count that belong to no node of their own.
    private func name(_ packs: [FinishedPack]) throws {
        let id = RunID.root.description
        var commit = RunCommit(
            runID: id,
            status: .succeeded,
            operation: Operation.initial.rawValue,
            requestHash: Digest256.zero,
            parent: nil,
            finishedAt: Clock.nowSeconds()
        )
        commit.packs = packs.map(\.row)
        _ = try store.index.commit(commit)
        try store.index.removeRun(id)
    }

    private func refuseCredentials(_ directory: String) throws {
        let file = ".git/config"
        guard let bytes = try? Files.read("\(directory)/\(file)", limit: 1 << 20) else { return }
        let text = String(decoding: bytes, as: UTF8.self).lowercased()
        guard !text.contains("extraheader"), !text.contains("authorization") else {
            throw RemoteFailure.checkoutCredentials(file)
        }
    }

    /// Lays what the run left into `folder`: `documents/`, `telemetry.json`, and `bundle.tar` where there is a node.
    package func write(_ report: RunReport, to folder: String) throws {
        let run = store.layout.run(report.runID)
        let documents = folder + "/documents"
        try Files.makeFolder(documents)
        for path in [run.certificate, run.policy, run.nextTokens, run.result] where Files.kind(path) == .regular {
            guard let name = path.split(separator: "/").last else { continue }
            try Files.write(try Files.read(path), to: "\(documents)/\(name)", syncsFolder: false)
        }
        var telemetry = try JSONParser.parse(try Files.read(run.telemetry), numbers: .all)
        // A job's files are for everybody who may see it, and the command is not: it came sealed.
        if case .object(var members) = telemetry {
            members["command"] = .null
            telemetry = .object(members)
        }
        try Files.write(CanonicalJSON.encode(telemetry), to: folder + "/telemetry.json", syncsFolder: false)
        guard let node = report.node else { return }
        _ = try store.exportBundle(
            node,
            to: folder + "/bundle.tar",
            since: request.bundle == .thin ? report.parent : nil,
            withTimes: true,
            withAttestation: false
        )
    }
}
