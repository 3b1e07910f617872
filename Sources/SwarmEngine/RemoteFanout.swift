internal import Dispatch
internal import SwarmBackend
internal import SwarmContracts
internal import SwarmPlatform
package import SwarmSandbox
internal import SwarmState
internal import Synchronization

/// Many steps from one node on a backend, each a branch of its own: so many at one time, the others wait in a queue here.
///
/// A branch is the run that `run resume` on the backend would make. All go through one backend, so that what it asks of one
/// of them holds for all.
package final class RemoteFanout: Sendable {
    private let runner: RemoteRunner
    private let farewell: @Sendable () -> RemoteRunner
    private let store: Store
    private let host: HostContext
    private let observer: any FanoutObserver
    private let cancellation: Cancellation
    private let underWay = Mutex(0)
    /// Scoring needs this machine's processors; the steps do not.
    private let scoring = DispatchSemaphore(value: WorkerThread.processorCount)

    /// `farewell` gives who asks a run to end after `cancellation`, when `runner` waits no more.
    package init(
        runner: RemoteRunner,
        farewell: @escaping @Sendable () -> RemoteRunner,
        host: HostContext,
        observer: any FanoutObserver,
        cancellation: Cancellation
    ) {
        self.runner = runner
        self.farewell = farewell
        store = runner.store
        self.host = host
        self.observer = observer
        self.cancellation = cancellation
    }

    /// Dispatches, waits for, collects and, where a select command is given, scores every step. Throws where nothing was
    /// started. After a signal no more are sent, and those under way are asked to end.
    package func run(_ options: FanoutOptions, _ remote: RemoteRunOptions, _ trust: RemoteTrust) throws -> FanoutReport
    {
        let labels = try store.labels(of: options.steps)
        var run = options.run
        if run.node == "root" { run.operation = .launch }
        let start = try runner.start(run, remote)
        let count = labels.count
        let jobs = max(1, min(options.jobs, count))
        observer.note(.ready(parent: start.parent, labels: labels, jobs: jobs))
        let queue = FanoutQueue(count: count, budget: options.budget, cancellation: cancellation)
        let branches = Mutex<[FanoutBranch?]>(Array(repeating: nil, count: count))
        let work: @Sendable () -> Void = { [self, run] in
            while let (number, reason) = queue.next() {
                var options = options
                options.run = run
                options.run.command = options.steps.steps[number].command
                let brief = RemoteBrief(label: labels[number], line: options.steps.steps[number].line, number: number)
                var branch = FanoutBranch(brief, RunSummary.command(options.run))
                switch reason {
                case .run:
                    carry(brief, options.run, remote, start, trust, &branch)
                    queue.spend(branch.cost ?? 0)
                    if branch.status == .succeeded, let select = options.select { score(select, run, brief, &branch) }
                case .budget: branch.status = .skipped
                case .cancelled: branch.status = .cancelled
                }
                observer.note(.finished(number, branch))
                branches.withLock { [branch] in $0[number] = branch }
            }
        }
        let threads = (1..<jobs).compactMap { _ in try? WorkerThread(work) }
        work()
        for thread in threads { thread.join() }
        return FanoutReport(parent: start.parent, branches: branches.withLock { $0.compactMap { $0 } })
    }

    // MARK: - One branch

    private func carry(
        _ brief: RemoteBrief,
        _ options: RunOptions,
        _ remote: RemoteRunOptions,
        _ start: RemoteStart,
        _ trust: RemoteTrust,
        _ branch: inout FanoutBranch
    ) {
        let own = RemoteRunner(
            store: store,
            backend: runner.backend,
            pacer: runner.pacer,
            observer: BranchNotes(observer: observer, number: brief.number)
        )
        do {
            try runner.backend.admit(underWay: underWay.withLock { $0 })
            underWay.withLock { $0 += 1 }
            defer { underWay.withLock { $0 -= 1 } }
            let id = try dispatch(brief, options, remote, start, own, &branch)
            _ = try own.watch(id, slowest: 30)
            let report = try own.collect(id, trust)
            branch.take(report)
        } catch {
            fail(error, &branch)
        }
    }

    private func dispatch(
        _ brief: RemoteBrief,
        _ options: RunOptions,
        _ remote: RemoteRunOptions,
        _ start: RemoteStart,
        _ own: RemoteRunner,
        _ branch: inout FanoutBranch
    ) throws -> RunID {
        var options = options
        if let id = try unfinished(brief, own) {
            options.runID = id.description
            let prepared = try own.prepare(options, remote, from: start, host: host, id: id, branch: brief.label)
            if try store.requiredLedger(id).expectation.requestHash == prepared.ledger.expectation.requestHash {
                branch.runID = id
                observer.note(.started(brief.number, id))
                _ = try own.dispatch(prepared)
                return id
            }
        }
        while true {
            let id = try store.freeRunID(brief.label)
            branch.runID = id
            observer.note(.started(brief.number, id))
            options.runID = id.description
            do {
                let prepared = try own.prepare(options, remote, from: start, host: host, id: id, branch: brief.label)
                _ = try own.dispatch(prepared)
                return id
            } catch let failure as EngineFailure where failure.isRunIDTaken {
                // Another process was quicker with the same name: the next one is free.
                branch.runID = nil
            }
        }
    }

    /// The run of that name which a fan-out that was killed has sent, where it goes on there or left something.
    private func unfinished(_ brief: RemoteBrief, _ own: RemoteRunner) throws -> RunID? {
        guard let id = try? RunID(brief.label.description), let known = try store.remoteLedger(id),
            known.place == runner.backend.place, !known.state.isAtRest
        else { return nil }
        let ledger = try own.look(id).0
        return ledger.conclusion == nil || ledger.conclusion == .success || ledger.conclusion == .failure ? id : nil
    }

    /// What becomes of a branch whose run came to no report: it failed, or goes on there, or is asked to end.
    private func fail(_ error: any Error, _ branch: inout FanoutBranch) {
        branch.failure = error as? any Failure ?? FanoutBranch.unexpected(error)
        guard let id = branch.runID, let ledger = try? store.remoteLedger(id), !ledger.state.isAtRest else {
            branch.status = cancellation.requested ? .cancelled : .failed
            return
        }
        guard cancellation.requested else {
            branch.status = branch.failure?.retryable == true ? .interrupted : .failed
            return
        }
        do {
            let outcome = try farewell().cancel(id, force: false)
            branch.status = .cancelled
            branch.failure = nil
            if outcome == .asked {
                branch.warnings.append(
                    "it was asked to end there; `swarm backend github collect` takes in what it left"
                )
            }
        } catch {
            branch.status = .interrupted
            branch.failure = error as? any Failure
        }
    }

    private func score(_ command: String, _ options: RunOptions, _ brief: RemoteBrief, _ branch: inout FanoutBranch) {
        observer.note(.scoring(brief.number))
        scoring.wait()
        defer { scoring.signal() }
        let scorer = FanoutScorer(
            store: store,
            host: host,
            cancellation: cancellation,
            options: options,
            command: command
        )
        scorer.score(&branch)
    }
}

/// One step of a fan-out elsewhere.
private struct RemoteBrief {
    let label: Label
    let line: Int
    let number: Int
}

/// Passes on what one run there tells.
private struct BranchNotes: RemoteObserver {
    let observer: any FanoutObserver
    let number: Int

    func note(_ note: RemoteNote) { observer.note(.remote(number, note)) }
}

extension FanoutBranch {
    fileprivate init(_ brief: RemoteBrief, _ command: String) {
        label = brief.label
        line = brief.line
        self.command = command
        status = .cancelled
    }
}
