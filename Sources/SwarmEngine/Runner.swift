internal import SwarmCapability
internal import SwarmContracts
internal import SwarmPlatform
package import SwarmSandbox
internal import SwarmSnapshot
internal import SwarmState

#if canImport(Glibc)
internal import Glibc
#endif

/// One run on this machine, from the parent node to the child.
package final class Runner: Sendable {
    let store: Store
    let host: HostContext
    let observer: any RunObserver
    let cancellation: Cancellation

    package init(store: Store, host: HostContext, observer: any RunObserver, cancellation: Cancellation) {
        self.store = store
        self.host = host
        self.observer = observer
        self.cancellation = cancellation
    }

    /// Runs a step. Throws where no run came about (bad input, a policy that cannot be kept, a parent that cannot be
    /// restored); a step that ran and failed is a report with a `failure`.
    package func run(_ options: RunOptions) throws -> RunReport {
        guard !options.words.isEmpty, !options.words[0].isEmpty else { throw EngineFailure.noCommand }
        let id = try takeID(options.runID)
        try refuseTaken(id)
        let given = try parent(of: options).map(store.node)
        // Before anything is imported: what is wrong with the flags is found here.
        let capsule = try PolicyCapsule.make(
            options,
            host: host,
            project: store.layout.project,
            inheritedKeep: given.map(store.keptPaths) ?? []
        )
        let parent = try given ?? store.node(try importProject(options))
        let plan = try RunPlan.make(store, options, id: id, parent: parent, capsule: capsule, host: host)
        return try carry(plan)
    }

    /// A run id that the person gave, or one that is made up.
    private func takeID(_ given: String?) throws -> RunID {
        if let given { return try RunID(given) }
        let letters = Array("abcdefghjkmnpqrstvwxyz0123456789".utf8)
        let name = Randomness.bytes(8).map { letters[Int($0) % letters.count] }
        return try RunID("run-" + String(decoding: name, as: UTF8.self))
    }

    /// Before anything is written: an id that is final or running is refused.
    private func refuseTaken(_ id: RunID) throws {
        guard let row = try store.index.run(id.description) else { return }
        if row.status.isFinal { throw EngineFailure.runIDTaken(id.description, status: row.status.rawValue) }
        if try RunLock.isHeld(store.layout.run(id)) { throw EngineFailure.runIDRunning(id.description) }
    }

    /// The node that the run starts from; nil where that is the project directory as it is now, which is not imported yet.
    private func parent(of options: RunOptions) throws -> NodeID? {
        if let reference = options.node {
            let node = try store.resolve(reference)
            if try node != store.rootNode() || options.operation == .resume { return node }
        } else if options.operation == .resume {
            return try store.resolve("@")
        }
        return nil
    }

    private func importProject(_ options: RunOptions) throws -> NodeID {
        let directory = Files.absolute(options.workspace ?? store.layout.project)
        observer.note(.importing(directory))
        let report = try store.importDirectory(directory)
        observer.note(.imported(report))
        return report.node
    }

    func carry(_ plan: RunPlan) throws -> RunReport {
        var cost: Double?
        return try carry(plan, cost: &cost)
    }

    /// Takes the run id, carries out the attempts, and gives the id back whatever happens. `cost` becomes what the attempts
    /// reported, also where this throws.
    func carry(_ plan: RunPlan, cost: inout Double?) throws -> RunReport {
        let folder = store.layout.run(plan.id)
        guard let lock = try RunLock.take(folder, store.layout, shared: plan.ground != nil) else {
            throw EngineFailure.runIDRunning(plan.id.description)
        }
        defer { lock.release() }
        let temporary = try TemporaryFolder.make(in: store.layout.tmp)
        defer { temporary.remove() }
        let started = Clock.nowSeconds()
        switch try store.index.reserveRun(
            plan.id.description,
            requestHash: plan.request.requestHash,
            operation: plan.options.operation.rawValue,
            parent: plan.parent.id,
            now: started
        )
        {
        case .reserved, .sameRequest: break
        case .taken(let row):
            throw EngineFailure.runIDOtherRequest(
                plan.id.description,
                status: row.status.isFinal ? row.status.rawValue : "interrupted"
            )
        }
        let attempts = plan.capsule.document.limits.maxRetries + 1
        var attempt = 1
        while true {
            if attempt > 1 { observer.note(.attempt(attempt, of: attempts)) }
            let (ended, preparation) = try attemptOnce(plan, folder, temporary)
            // The next attempt begins with an empty folder.
            cost = RunCost.sum(cost, RunCost.of(RunCollection.metrics(in: folder).0))
            let again = attempt < attempts && ended.status == .failed && !ended.isTimeLimit && !cancellation.requested
            if !again {
                observer.note(.snapshotting)
                let finisher = RunFinisher(
                    store: store,
                    plan: plan,
                    folder: folder,
                    temporary: temporary,
                    started: started,
                    attempt: attempt,
                    cost: cost
                )
                return try finisher.finish(ended, preparation)
            }
            attempt += 1
        }
    }

    private func attemptOnce(
        _ plan: RunPlan,
        _ folder: RunFolder,
        _ temporary: TemporaryFolder
    ) throws -> (StepEnd, RunPreparation) {
        var started = false
        do {
            let preparation = try RunPreparation.make(store, plan, folder, temporary, host: host)
            observer.note(
                .started(
                    run: plan.id,
                    parent: plan.parent.id,
                    operation: plan.options.operation,
                    policy: plan.capsule.document,
                    method: preparation.method
                )
            )
            for warning in preparation.warnings { observer.note(.warning(warning)) }
            let end = try execute(plan, preparation, folder, started: &started)
            observer.note(.stepEnded(exitCode: Int(end.outcome?.exitCode ?? -1)))
            return (end, preparation)
        } catch {
            // What a step has written is kept for `run recover`. Where it never began, the id may be used again.
            if !started {
                try? store.index.removeRun(plan.id.description)
                FolderRemoval.remove(folder.path)
            }
            throw error
        }
    }

    private func execute(
        _ plan: RunPlan,
        _ preparation: RunPreparation,
        _ folder: RunFolder,
        started: inout Bool
    ) throws -> StepEnd {
        if cancellation.requested { return StepEnd(outcome: nil, status: .cancelled, isTimeLimit: false) }
        let sink = try RunSink(folder: folder, observer: observer)
        let assembly = StepAssembly(store: store, plan: plan, preparation: preparation, host: host, folder: folder)
        let request = try assembly.request()
        try Files.write([], to: folder.begun, mode: 0o600, sync: false)
        let outcome = try StepExecutor().run(request, sink: sink, cancellation: cancellation)
        started = true
        for refusal in outcome.refusals { sink.log.say(refusal.message, offset: outcome.durationNanoseconds) }
        try sink.finish(offset: outcome.durationNanoseconds)
        let status: RunStatus
        switch outcome.ending {
        case .cancelled: status = .cancelled
        case .exited(0): status = .succeeded
        case .exited, .signalled, .timedOut: status = .failed
        }
        var end = StepEnd(outcome: outcome, status: status, isTimeLimit: outcome.ending == .timedOut)
        if !sink.flush(by: patience(outcome, plan), cancellation) {
            end.warnings.append(
                "not all of the step's output was shown, since nobody read it: `swarm run logs --run-id \(plan.id)` has it"
            )
        }
        return end
    }

    /// Until when the reader of a step's output may take its time: to the step's time limit, or a moment where that is over.
    private func patience(_ outcome: StepOutcome, _ plan: RunPlan) -> Int64 {
        let limit = Int64(min(max(plan.capsule.document.limits.maxRuntimeSec, 0), 1 << 32)) * 1_000_000_000
        let left = outcome.ending == .cancelled ? 0 : limit - outcome.durationNanoseconds
        return Clock.monotonic() + max(left, OutputQueue.patience)
    }
}

/// How the step of a run ended; `outcome` is nil where it was cancelled before it began.
struct StepEnd {
    let outcome: StepOutcome?
    let status: RunStatus
    let isTimeLimit: Bool
    var warnings: [String] = []
}

/// The lock that shows a run to be alive.
enum RunLock {
    /// Takes it; nil where another process has it. The file holds this process's id, for `run cancel`.
    ///
    /// With `shared` the process carries other runs too: `run cancel` then leaves a word in the folder instead of a signal.
    static func take(_ folder: RunFolder, _ layout: StoreLayout, shared: Bool = false) throws -> FileLock? {
        guard let lock = try wait(for: folder, layout) else { return nil }
        try lock.write(Array("\(getpid())\(shared ? " shared" : "")\n".utf8))
        return lock
    }

    private static func wait(for folder: RunFolder, _ layout: StoreLayout) throws -> FileLock? {
        while true {
            try Files.makeFolder(folder.path, mode: 0o700)
            do throws(SystemError) {
                guard let lock = try ifFree(folder, layout) else { return nil }
                // Whoever held it before may have removed the folder.
                if lock.isAt(folder.lock) { return lock }
            } catch {
                guard error.number == ENOENT else { throw error }
            }
        }
    }

    private static func ifFree(_ folder: RunFolder, _ layout: StoreLayout) throws(SystemError) -> FileLock? {
        if let lock = try FileLock.exclusiveIfFree(folder.lock) { return lock }
        // A collector that asks whether a folder without a row is anybody's has the lock for a moment; never beside a writer.
        let writer = try FileLock.shared(layout.writeLock)
        defer { writer.release() }
        return try FileLock.exclusiveIfFree(folder.lock)
    }

    /// Whether a process carries the run.
    static func isHeld(_ folder: RunFolder) throws -> Bool {
        guard Files.kind(folder.lock) != nil else { return false }
        guard let lock = try FileLock.exclusiveIfFree(folder.lock) else { return true }
        lock.release()
        return false
    }

    /// The process that carries the run, where one does, and whether it carries others too.
    static func owner(_ folder: RunFolder) throws -> (process: Int32, isShared: Bool)? {
        try isHeld(folder) ? writer(folder) : nil
    }

    /// The process that took the run last, whether it has it still or not.
    static func writer(_ folder: RunFolder) -> (process: Int32, isShared: Bool)? {
        guard let bytes = try? Files.read(folder.lock, limit: 64) else { return nil }
        let words = String(decoding: bytes, as: UTF8.self).trimmed.split(separator: " ")
        return words.first.flatMap { Int32($0) }.map { ($0, words.count > 1) }
    }
}
