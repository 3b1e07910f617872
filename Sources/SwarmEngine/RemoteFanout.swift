internal import SwarmBackend
internal import SwarmContracts
internal import SwarmPlatform
package import SwarmSandbox
internal import SwarmState
internal import Synchronization

/// Many steps from one node on a backend, each a branch of its own: so many at one time, the others wait in a queue here.
package final class RemoteFanout: Sendable {
    private let runner: RemoteRunner
    private let store: Store
    private let host: HostContext
    private let observer: any FanoutObserver
    private let cancellation: Cancellation

    package init(
        runner: RemoteRunner,
        host: HostContext,
        observer: any FanoutObserver,
        cancellation: Cancellation
    ) {
        self.runner = runner
        store = runner.store
        self.host = host
        self.observer = observer
        self.cancellation = cancellation
    }

    /// Dispatches, waits for and collects every step. Throws where nothing was started. After a signal no more are sent, and
    /// those under way are asked to end.
    package func run(_ options: FanoutOptions, _ remote: RemoteRunOptions, _ trust: RemoteTrust) throws -> FanoutReport
    {
        let parent = try store.resolve(options.run.node ?? "@")
        let labels = try options.steps.labels { label in
            try store.index.branchTip(label) != nil || store.index.run(label.description) != nil
        }
        for (step, label) in zip(options.steps.steps, labels) where try store.index.branchTip(label) != nil {
            throw FanoutFailure.labelTaken(
                file: options.steps.file,
                line: step.line,
                label: label.description,
                more: 0
            )
        }
        let count = labels.count
        observer.note(.ready(parent: parent, labels: labels, jobs: min(options.jobs, count)))
        let next = Mutex(0)
        let branches = Mutex<[FanoutBranch?]>(Array(repeating: nil, count: count))
        let work: @Sendable () -> Void = { [self] in
            while true {
                let number = next.withLock { value -> Int in
                    defer { value += 1 }
                    return value
                }
                guard number < count else { return }
                var run = options.run
                run.command = options.steps.steps[number].command
                run.node = parent.description
                let brief = RemoteBrief(label: labels[number], line: options.steps.steps[number].line, options: run)
                var branch = FanoutBranch(remote: brief, status: .cancelled)
                if !cancellation.requested { carry(brief, number, remote, trust, &branch) }
                observer.note(.finished(number, branch))
                branches.withLock { $0[number] = branch }
            }
        }
        let threads = (1..<max(1, min(options.jobs, count))).compactMap { _ in try? WorkerThread(work) }
        work()
        for thread in threads { thread.join() }
        return FanoutReport(parent: parent, branches: branches.withLock { $0.compactMap { $0 } })
    }

    private func carry(
        _ brief: RemoteBrief,
        _ number: Int,
        _ remote: RemoteRunOptions,
        _ trust: RemoteTrust,
        _ branch: inout FanoutBranch
    ) {
        do {
            let id = try freeRunID(brief.label)
            branch.runID = id
            observer.note(.started(number, id))
            var options = brief.options
            options.runID = id.description
            _ = try runner.dispatch(try runner.prepare(options, remote, host: host, id: id))
            do {
                _ = try runner.watch(id, slowest: 30)
            } catch  where cancellation.requested {
                _ = try? runner.cancel(id, force: false)
                branch.status = .interrupted
                branch.failure = error as? any Failure
                return
            }
            let report = try runner.collect(id, trust)
            branch.take(report)
            guard report.status == .succeeded, let node = report.node else { return }
            let move = RefMove(label: brief.label, expected: .exactly(nil), to: node)
            if try store.index.move([move]).first?.moved != true {
                branch.warnings.append("branch:\(brief.label) was taken meanwhile; this node is run:\(id)")
            }
        } catch {
            branch.status = .failed
            branch.failure = error as? any Failure ?? FanoutBranch.unexpected(error)
        }
    }

    private func freeRunID(_ label: Label) throws -> RunID {
        let reserved = (try? RunID(label.description)) == nil
        let base = (reserved ? "run-" : "") + label.description
        var text = base
        var number = 1
        while try store.index.run(text) != nil {
            number += 1
            text = "\(base.prefix(Name.longest - 8)).\(number)"
        }
        return try RunID(text)
    }
}

/// One step of a fan-out elsewhere.
struct RemoteBrief {
    let label: Label
    let line: Int
    let options: RunOptions
}

extension FanoutBranch {
    init(remote brief: RemoteBrief, status: FanoutStatus) {
        label = brief.label
        line = brief.line
        command = RunSummary.command(brief.options)
        self.status = status
    }
}
