internal import SwarmContracts
internal import SwarmPlatform
package import SwarmSandbox
internal import SwarmSnapshot
internal import SwarmState
internal import Synchronization

/// Many steps from one node at once, each a branch of its own.
///
/// A branch is the run `run resume` would make, whose node gets the label at once instead of by a fork before it: one
/// node and one commit less, and a branch that fails leaves no label behind.
package final class Fanout: Sendable {
    let store: Store
    let host: HostContext
    let observer: any FanoutObserver
    let cancellation: Cancellation
    private let watch = FanoutWatch()

    package init(store: Store, host: HostContext, observer: any FanoutObserver, cancellation: Cancellation) {
        self.store = store
        self.host = host
        self.observer = observer
        self.cancellation = cancellation
    }

    /// Runs every step. Throws where nothing was started: a label that is taken, bad input, a policy that cannot be kept,
    /// a node that cannot be restored. From then on every step comes to a branch of the report, whatever befalls it.
    package func run(_ options: FanoutOptions) throws -> FanoutReport {
        let labels = try store.labels(of: options.steps)
        let given = try parent(of: options.run).map(store.node)
        let briefs = try briefs(options, labels, given.map(store.keptPaths) ?? [])
        let parent = try given ?? store.node(try importProject())
        let temporary = try TemporaryFolder.make(in: store.layout.tmp)
        defer { temporary.remove() }
        let cache = TreeCache(store: store)
        let use = try cache.use(temporary)
        defer { use.release() }
        let strict = options.run.sandbox == .strict
        let restored = try RestoredTree.make(store, parent, options.run.allowColdStart, cache, temporary)
        let ground = FanoutGround(
            restored: restored,
            times: store.times(of: restored.source),
            overlays: strict && canMountOverlay(in: store.layout.runs),
            workflowRef: RunPlan.workflowRef(store, parent)
        )
        let jobs = max(1, min(options.jobs, briefs.count))
        observer.note(.ready(parent: parent.id, labels: labels, jobs: jobs))
        let queue = FanoutQueue(count: briefs.count, budget: options.budget, cancellation: cancellation)
        let branches = Mutex<[FanoutBranch?]>(Array(repeating: nil, count: briefs.count))
        let scorer = options.select.map { self.scorer(options, $0) }
        watch.during {
            work(jobs) {
                while let (number, reason) = queue.next() {
                    var branch = FanoutBranch(briefs[number], status: .skipped)
                    switch reason {
                    case .run:
                        self.carry(briefs[number], number, parent, ground, &branch)
                        queue.spend(branch.cost ?? 0)
                        if branch.status == .succeeded, let scorer {
                            self.observer.note(.scoring(number))
                            scorer.score(&branch)
                        }
                    case .budget: break
                    case .cancelled: branch.status = .cancelled
                    }
                    self.observer.note(.finished(number, branch))
                    branches.withLock { $0[number] = branch }
                }
            }
        }
        return FanoutReport(parent: parent.id, branches: branches.withLock { $0.compactMap { $0 } })
    }

    private func scorer(_ options: FanoutOptions, _ command: String) -> FanoutScorer {
        FanoutScorer(store: store, host: host, cancellation: cancellation, options: options.run, command: command)
    }

    /// Runs `body` on `count` threads and waits for them. A machine that gives fewer threads gets the work done too.
    private func work(_ count: Int, _ body: @escaping @Sendable () -> Void) {
        let threads = (0..<count).compactMap { _ in try? WorkerThread(body) }
        for thread in threads { thread.join() }
        body()
    }

    // MARK: - Before anything starts

    /// The node that all start from; nil for `root`, which is the project as it is now.
    private func parent(of options: RunOptions) throws -> NodeID? {
        options.node == "root" ? nil : try store.resolve(options.node ?? "@")
    }

    private func importProject() throws -> NodeID {
        observer.note(.parent(.importing(store.layout.project)))
        let report = try store.importDirectory(store.layout.project)
        observer.note(.parent(.imported(report)))
        return report.node
    }

    /// The policy depends on the program alone, so that there are as many as there are programs.
    private func briefs(
        _ options: FanoutOptions,
        _ labels: [Label],
        _ kept: [String]
    ) throws -> [FanoutBrief] {
        var capsules: [String: PolicyCapsule] = [:]
        return try options.steps.steps.enumerated().map { number, step in
            var run = options.run
            run.command = step.command
            run.runID = nil
            let capsule =
                try capsules[run.words[0]]
                ?? PolicyCapsule.make(run, host: host, project: store.layout.project, inheritedKeep: kept)
            capsules[run.words[0]] = capsule
            return FanoutBrief(
                label: labels[number],
                line: step.line,
                options: run,
                capsule: capsule
            )
        }
    }

    // MARK: - One branch

    private func carry(
        _ brief: FanoutBrief,
        _ number: Int,
        _ parent: OpenedNode,
        _ ground: FanoutGround,
        _ branch: inout FanoutBranch
    ) {
        let watcher = BranchObserver(observer: observer, number: number)
        do {
            while true {
                let id = try store.freeRunID(brief.label)
                branch.runID = id
                observer.note(.started(number, id))
                var plan = try RunPlan.make(
                    store,
                    brief.options,
                    id: id,
                    parent: parent,
                    capsule: brief.capsule,
                    host: host,
                    workflowRef: ground.workflowRef
                )
                plan.branch = brief.label
                plan.ground = ground
                do {
                    let report = try carry(plan, watcher, cost: &branch.cost)
                    return branch.take(report)
                } catch let failure as EngineFailure where failure.isRunIDTaken {
                    // Another process was quicker with the same name: the next one is free.
                    continue
                }
            }
        } catch {
            let row = branch.runID.flatMap { try? store.index.run($0.description) }
            branch.status = row?.status == .running ? .interrupted : .failed
            branch.failure = error as? any Failure ?? FanoutBranch.unexpected(error)
        }
    }

    private func carry(_ plan: RunPlan, _ observer: any RunObserver, cost: inout Double?) throws -> RunReport {
        try cancellation.withFollower { own in
            let runner = Runner(store: store, host: host, observer: observer, cancellation: own)
            return try watch.watching(store.layout.run(plan.id), own) { try runner.carry(plan, cost: &cost) }
        }
    }
}

/// One step of a fan-out, checked.
struct FanoutBrief {
    let label: Label
    let line: Int
    let options: RunOptions
    let capsule: PolicyCapsule
}

/// What the runs of a fan-out have in common and is found out once.
struct FanoutGround {
    let restored: RestoredTree
    /// The times of the restored tree's files.
    let times: ModificationTimes?
    /// Whether an overlay can be mounted where the runs are.
    let overlays: Bool
    let workflowRef: String
}

/// Passes on what one run tells. Its output is in its log.
private struct BranchObserver: RunObserver {
    let observer: any FanoutObserver
    let number: Int

    func note(_ event: RunEvent) { observer.note(.note(number, event)) }
    func output(_ stream: OutputStream, _ bytes: UnsafeRawBufferPointer) {}
}

extension FanoutBranch {
    init(_ brief: FanoutBrief, status: FanoutStatus) {
        label = brief.label
        line = brief.line
        command = RunSummary.command(brief.options)
        self.status = status
    }

    mutating func take(_ report: RunReport) {
        switch report.status {
        case .succeeded: status = .succeeded
        case .failed: status = .failed
        case .cancelled: status = .cancelled
        }
        exitCode = report.exitCode
        node = report.node
        durationNanoseconds = report.durationNanoseconds
        metrics = report.metrics
        cost = report.cost
        failure = report.failure
        warnings =
            report.warnings + report.refusals.map { $0.message + ($0.flag.map { " (allow it with \($0))" } ?? "") }
        if let reason = report.restoreFallbackReason { warnings.append("cold start: \(reason)") }
        for branch in report.lost {
            warnings.append("branch:\(branch) was taken by another run meanwhile; this node is run:\(report.runID)")
        }
    }

    static func unexpected(_ error: any Error) -> EngineFailure {
        .shared(code: "INTERNAL", category: .defect, message: String(describing: error), hint: nil)
    }
}

extension EngineFailure {
    /// Whether another process was quicker with the same run id.
    var isRunIDTaken: Bool {
        switch self {
        case .runIDTaken, .runIDRunning, .runIDOtherRequest: true
        default: false
        }
    }
}
