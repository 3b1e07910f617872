internal import SwarmContracts
internal import SwarmPlatform

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Does what a plan says, in three parts: every content is written under a temporary name and synced; the disk is held
/// against the plan once more; everything is put in place by renames.
struct Applier {
    let top: Folder
    let plan: ApplyPlan
    let source: any ContentSource
    let interrupt: ((ApplyMoment) throws -> Void)?
    var report = ApplyReport()
    var staged: [TreePath: Staged] = [:]
    private var skipped: Set<TreePath> = []

    /// A temporary that is ready to be put in place. It names its folder and does not hold it open: there may be more
    /// files than a process may open.
    struct Staged {
        let folder: TreePath?
        var name: [UInt8]
        let stamp: Observation.Stamp?
        let digest: Digest256
    }

    init(top: Folder, plan: ApplyPlan, source: any ContentSource, interrupt: ((ApplyMoment) throws -> Void)?) {
        self.top = top
        self.plan = plan
        self.source = source
        self.interrupt = interrupt
    }

    mutating func run() throws -> ApplyReport {
        guard flock(top.number, LOCK_EX | LOCK_NB) == 0 else {
            throw errno == EWOULDBLOCK
                ? WorkingTreeFailure.busy(directory: plan.directory) : .system(.last("lock", plan.directory))
        }
        report.conflicts = plan.conflicts
        do {
            try sweep()
            let leaving = Set(plan.steps.filter { $0.kind == .removeDirectory }.map(\.path))
            for step in plan.steps where step.order == 3 && step.kind != .setMode { try stage(step, leaving) }
            try moment(.staged)
            try recheck()
            try moment(.checked)
            for step in plan.steps where !skipped.contains(step.path) {
                try moment(.doing(step.kind, step.path.bytes))
                try perform(step)
            }
            try syncFolders()
            try moment(.finished)
        } catch let stop as Interruption {
            throw stop.cause
        } catch {
            for path in staged.keys { discard(path) }
            throw (error as? SystemError).map(WorkingTreeFailure.system) ?? error
        }
        return report
    }

    func moment(_ moment: ApplyMoment) throws {
        do { try interrupt?(moment) } catch { throw Interruption(cause: error) }
    }

    /// Removes a temporary that is not needed any more. Where that fails the next apply will do it.
    mutating func discard(_ path: TreePath) {
        guard let temporary = staged.removeValue(forKey: path) else { return }
        if case .folder(let folder) = try? top.folder(temporary.folder) { try? folder.remove(temporary.name) }
    }

    // Last look before anything is visible: with the style `refuse`, what changed since the plan stops all of it.
    private mutating func recheck() throws {
        var late: [Conflict] = []
        for step in plan.steps {
            guard try hasChanged(step), skipped.insert(step.path).inserted else { continue }
            late.append(Conflict(path: step.path.bytes, reason: .changedMeanwhile, resolution: .keptOurs))
        }
        if plan.style == .refuse, !late.isEmpty { throw WorkingTreeFailure.conflicts(late) }
        for step in plan.steps where skipped.contains(step.path) { leave(step, .changedMeanwhile) }
    }

    private func hasChanged(_ step: Step) throws -> Bool {
        let now: Observation.Stamp?
        switch try top.folder(step.path.parent) {
        case .folder(let parent): now = try parent.stamp(step.path.name)
        case .missing, .blocked: now = nil
        }
        // Our own temporaries touch a directory's times.
        if step.seen.state == .directory { return now.map { mode_t($0.mode) & S_IFMT != S_IFDIR } ?? true }
        return now != step.seen.stamp
    }

    /// Leaves a path to the user, and says so.
    mutating func leave(_ step: Step, _ reason: ConflictReason) {
        discard(step.path)
        if let place = report.conflicts.firstIndex(where: { $0.resolution == .sidecar(step.path.bytes) }) {
            let known = report.conflicts[place]
            report.conflicts[place] = Conflict(path: known.path, reason: known.reason, resolution: .keptOurs)
            return
        }
        report.conflicts.removeAll { $0.path == step.path.bytes }
        report.conflicts.append(Conflict(path: step.path.bytes, reason: reason, resolution: .keptOurs))
    }

    private func syncFolders() throws {
        for folder in Set(report.done.compactMap { TreePath($0.path)?.parent }) {
            if case .folder(let open) = try top.folder(folder) { try open.descriptor.sync() }
        }
        try top.descriptor.sync()
    }
}
