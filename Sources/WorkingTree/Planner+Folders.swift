internal import SwarmPlatform

extension Planner {
    // A directory goes only when nothing of the user's is left in it.
    mutating func keepFullDirectories() throws {
        var going = Set(plan.steps.filter { $0.order < 2 }.map(\.path))
        let directories = plan.steps.filter { $0.kind == .removeDirectory }.sorted { $1.path < $0.path }
        for step in directories {
            guard case .folder(let folder) = try top.folder(step.path) else { continue }
            let stays = try folder.names().contains { name in
                TemporaryName(name) == nil && !going.contains(step.path.child(name))
            }
            guard stays else { continue }
            going.remove(step.path)
            let created = plan.steps.first { $0.path == step.path && $0.kind == .create }
            plan.steps.removeAll { $0.path == step.path }
            if let created {
                try conflict(step.path, created.change ?? created.asChange, .kind)
            } else {
                plan.untouched.append(step.path.bytes)
            }
        }
    }

    // What is new needs a folder: one that is there, or that can be made.
    mutating func blockWithoutFolder() throws {
        let folders = Set(plan.steps.filter { $0.kind == .makeDirectory || $0.kind == .delete }.map(\.path))
        let files = Set(plan.steps.filter { $0.kind == .create }.map(\.path))
        var kept: [Step] = []
        for step in plan.steps.sorted(by: { $0.path < $1.path }) {
            let isNew = step.kind == .create || step.kind == .sidecar || step.kind == .makeDirectory
            if try !isNew || canHold(step.path.parent, folders, files) {
                kept.append(step)
            } else if step.kind == .sidecar {
                plan.conflicts = plan.conflicts.map { conflict in
                    guard conflict.resolution == .sidecar(step.path.bytes) else { return conflict }
                    return Conflict(path: conflict.path, reason: conflict.reason, resolution: .keptOurs)
                }
            } else {
                plan.conflicts.append(Conflict(path: step.path.bytes, reason: .blocked, resolution: .keptOurs))
            }
        }
        plan.steps = kept
    }

    private mutating func canHold(
        _ folder: TreePath?,
        _ folders: Set<TreePath>,
        _ files: Set<TreePath>
    ) throws -> Bool {
        guard let folder else { return true }
        if folders.contains(folder) { return try canHold(folder.parent, folders, files) }
        if files.contains(folder) { return false }
        switch try observe(folder).state {
        case .directory: return true
        case .absent: return try canHold(folder.parent, folders, files)
        case .file, .symlink, nil: return false
        }
    }
}

extension Step {
    /// The change whose bytes are to be placed, where there is one.
    var change: PathChange? {
        if case .theirs(let change) = content { return change }
        return nil
    }

    /// For a link: a change that says no more than its target.
    var asChange: PathChange {
        if case .link(let target) = content {
            return PathChange(path: path.bytes, base: .directory, theirs: .symlink(target: target))
        }
        return PathChange(path: path.bytes, base: .directory, theirs: .absent)
    }
}
