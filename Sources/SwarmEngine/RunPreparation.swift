internal import SwarmCapability
internal import SwarmContracts
internal import SwarmPlatform
internal import SwarmSandbox
internal import SwarmSnapshot
internal import SwarmState

#if canImport(Glibc)
internal import Glibc
#endif

/// A run's work folder, ready for the step: workspace, state database, home.
struct RunPreparation {
    let workspace: Workspace
    /// How the workspace came about: `overlay`, `reflink`, `copy`.
    let method: String
    /// Held while the cache's layers are in use.
    let cacheUse: FileLock
    /// Where the content was restored from; the parent, but for a cold start.
    let source: OpenedNode
    let coldStartReason: String?
    let warnings: [String]
    /// Secrets of the login files, to be masked.
    let secrets: [[UInt8]]
    /// Where the state database is checked: in the sandbox, but for a run without one.
    let checkSandbox: SandboxLevel
    /// The state database as swarm wrote it, to see whether the step touched it.
    let stateStamp: FileStamp

    static func make(
        _ store: Store,
        _ plan: RunPlan,
        _ folder: RunFolder,
        _ temporary: TemporaryFolder,
        host: HostContext,
        recordsEvents: Bool = true
    ) throws -> RunPreparation {
        // First: what a removal that is cut leaves is no step's work.
        try Files.remove(folder.begun)
        FolderRemoval.remove(folder.work)
        // What an earlier attempt left must not become part of this one.
        guard Files.kind(folder.work) == nil else { throw SystemError("remove", folder.work, ENOTEMPTY) }
        for path in [folder.work, folder.home, folder.temporary, folder.exchange] {
            try Files.makeFolder(path, mode: 0o700)
        }
        let cache = TreeCache(store: store)
        let use = try cache.use(temporary)
        let restored =
            try plan.ground?.restored
            ?? RestoredTree.make(store, plan.parent, plan.options.allowColdStart, cache, temporary)
        let source = restored.source
        let note = RecoveryNote(plan, source: source.id, coldStartReason: restored.coldStartReason)
        try Files.write(note.encode(), to: folder.request, mode: 0o600, sync: false)
        let (workspace, method) = try makeWorkspace(plan, restored.layers, folder)
        let events = recordsEvents ? try plan.events ?? store.pendingEvents(for: plan) : []
        let stamp = try prepareState(store, events, source, folder)
        let secrets = try prepareHome(store, plan, source, folder, host)
        var warnings: [String] = []
        for name in plan.capsule.document.env?.pass ?? [] where host.variable(name) == nil {
            warnings.append("--pass-env \(name): the variable is not set")
        }
        for path in plan.capsule.search.incomplete {
            warnings.append(
                "\(path): too many folders to look through; a store deep in it would be visible to the step"
            )
        }
        if let login = plan.capsule.document.login, LoginFiles.named(login)?.isThere(in: host.home) == false {
            warnings.append("--login \(login): there are no login files of it in \(host.home)")
        }
        return RunPreparation(
            workspace: workspace,
            method: method,
            cacheUse: use,
            source: source,
            coldStartReason: restored.coldStartReason,
            warnings: warnings,
            secrets: secrets,
            checkSandbox: plan.options.sandbox == .strict ? .strict : .none,
            stateStamp: stamp
        )
    }

    private static func makeWorkspace(
        _ plan: RunPlan,
        _ layers: [String],
        _ folder: RunFolder
    ) throws -> (Workspace, String) {
        if plan.options.sandbox == .strict, plan.ground?.overlays ?? canMountOverlay(in: folder.work) {
            try Files.makeFolder(folder.upper, mode: 0o755)
            try Files.makeFolder(folder.overlayWork, mode: 0o755)
            return (.overlay(lower: layers, upper: folder.upper, work: folder.overlayWork), "overlay")
        }
        let method = try copyLayers(layers, to: folder.workspace)
        return (.directory(folder.workspace), method)
    }

    /// A copy of the layers' merged tree, for where no overlay is to be had.
    static func copyLayers(_ layers: [String], to target: String) throws -> String {
        try TreeCopy.copy(layers: layers, to: target, threads: WorkerThread.processorCount).rawValue
    }

    private static func prepareState(
        _ store: Store,
        _ events: [StateEvent],
        _ source: OpenedNode,
        _ folder: RunFolder
    ) throws -> FileStamp {
        try store.content(of: source, part: "the state database") {
            try store.reader.write(source.root.state, to: folder.stateDatabase, mode: 0o600)
        }
        if !events.isEmpty { try StateDatabase.appendEvents(folder.stateDatabase, events) }
        return try FileStamp(folder.stateDatabase)
    }

    private static func prepareHome(
        _ store: Store,
        _ plan: RunPlan,
        _ source: OpenedNode,
        _ folder: RunFolder,
        _ host: HostContext
    ) throws -> [[UInt8]] {
        if let home = source.root.home {
            rmdir(folder.home)
            try store.content(of: source) {
                try Materialiser.build(
                    tree: home,
                    into: folder.home,
                    reader: store.reader,
                    times: nil,
                    threads: WorkerThread.processorCount
                )
            }
            chmod(folder.home, 0o700)
        }
        guard let login = plan.capsule.document.login.flatMap(LoginFiles.named), plan.options.sandbox == .strict else {
            return []
        }
        return try login.copy(from: host.home, to: folder.home)
    }
}

/// The tree that a run starts from, as it lies in the cache.
struct RestoredTree {
    /// The parent, but for a cold start.
    let source: OpenedNode
    /// The folders that together are its tree, topmost first.
    let layers: [String]
    let coldStartReason: String?

    /// The tree of `parent`; where it cannot be restored and a cold start is allowed, that of its nearest ancestor that
    /// can. To be called with the cache in use.
    static func make(
        _ store: Store,
        _ parent: OpenedNode,
        _ allowColdStart: Bool,
        _ cache: TreeCache,
        _ temporary: TemporaryFolder
    ) throws -> RestoredTree {
        do {
            let layers = try cache.layers(of: parent, temporary: temporary)
            try store.content(of: parent, part: "the state database") {
                try store.reader.verify(parent.root.state)
            }
            return RestoredTree(source: parent, layers: layers, coldStartReason: nil)
        } catch let failure as any Failure where failure.category == .restore && allowColdStart {
            for ancestor in try store.ancestors(of: parent.id) {
                guard let node = try? store.node(ancestor),
                    let layers = try? cache.layers(of: node, temporary: temporary)
                else { continue }
                let reason = "\(failure.message); started from \(node.id)"
                return RestoredTree(source: node, layers: layers, coldStartReason: reason)
            }
            throw failure
        }
    }
}

extension Store {
    /// The events that a run writes before its step: those of the imports and forks since the last run, then its own.
    func pendingEvents(for plan: RunPlan, backend: String = "local") throws -> [StateEvent] {
        var events: [StateEvent] = []
        var descriptor = plan.parent.descriptor
        while descriptor.identity.operation == .import || descriptor.identity.operation == .fork {
            guard let parent = descriptor.identity.parentNodeID else { break }
            events.append(event(descriptor.identity, parent: parent, route: RouteMode.none, backend: "local"))
            descriptor = try self.descriptor(parent)
        }
        events.reverse()
        events.append(
            event(plan.identity, parent: plan.parent.id, route: plan.capsule.document.routeMode, backend: backend)
        )
        return events
    }

    private func event(_ identity: StepIdentity, parent: NodeID, route: RouteMode, backend: String) -> StateEvent {
        StateEvent(
            eventType: identity.operation.rawValue,
            runID: identity.runID.description,
            nodeID: parent.description,
            backend: backend,
            routeMode: route.rawValue,
            detail: "{\"ratchet_step\":\(identity.ratchetStep)}"
        )
    }
}

/// What tells whether a file was touched: any write changes one of these.
struct FileStamp: Equatable {
    private let device: UInt64
    private let inode: UInt64
    private let size: Int64
    private let changed: Int64
    private let modified: Int64

    init(_ path: String) throws(SystemError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { throw .last("look at", path) }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        size = Int64(status.st_size)
        changed = Int64(status.st_ctim.tv_sec) * 1_000_000_000 + Int64(status.st_ctim.tv_nsec)
        modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
    }
}
