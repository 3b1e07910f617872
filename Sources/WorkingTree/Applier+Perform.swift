internal import CPlatform
internal import SwarmContracts
internal import SwarmPlatform

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

extension Applier {
    mutating func perform(_ step: Step) throws {
        let done: Bool
        switch step.kind {
        case .delete: done = try delete(step)
        case .removeDirectory: done = try removeDirectory(step)
        case .makeDirectory: done = try makeDirectory(step)
        case .setMode: done = try setMode(step)
        case .create, .sidecar: done = try create(step)
        case .replace, .merge, .markers: done = try replace(step)
        }
        if done { report.done.append(Action(path: step.path.bytes, kind: step.kind)) }
    }

    private func parent(of step: Step) throws -> Folder? {
        if case .folder(let folder) = try top.folder(step.path.parent) { return folder }
        return nil
    }

    // The file is taken out of the way first and looked at there, where no program that knows its name can change it.
    private mutating func delete(_ step: Step) throws -> Bool {
        guard let parent = try parent(of: step), let digest = step.seen.digest else { return blocked(step) }
        let name = TemporaryName.old(ours: digest, planned: digest).fresh
        guard parent.rename(step.path.name, to: parent, name, Int32(SWARM_RENAME_NOREPLACE)) else {
            guard errno == ENOENT else { throw SystemError.last("remove", parent.shown(step.path.name)) }
            return changed(step)
        }
        try moment(.movedAway(step.path.bytes))
        if try parent.observe(name) == step.seen {
            try parent.remove(name)
            return true
        }
        putBack(step, parent, name, parent)
        return false
    }

    // Gives the user's file its name again; if something else has it by now, the file stays where it is, and is reported.
    private mutating func putBack(_ step: Step, _ folder: Folder, _ name: [UInt8], _ parent: Folder) {
        if !folder.rename(name, to: parent, step.path.name, Int32(SWARM_RENAME_NOREPLACE)) {
            report.kept.append(step.path.sibling(name).bytes)
        }
        leave(step, .changedMeanwhile)
    }

    private mutating func blocked(_ step: Step) -> Bool {
        leave(step, .blocked)
        return false
    }

    private mutating func removeDirectory(_ step: Step) throws -> Bool {
        guard let parent = try parent(of: step) else { return false }
        if unlinkat(parent.number, Folder.cString(step.path.name), AT_REMOVEDIR) == 0 { return true }
        if step.needed { leave(step, .changedMeanwhile) }
        return false
    }

    private mutating func makeDirectory(_ step: Step) throws -> Bool {
        try makeFolders(step.path) == nil ? blocked(step) : true
    }

    /// Opens a folder, making those on the way that are missing; nil where something else stands there.
    private func makeFolders(_ path: TreePath?) throws -> Folder? {
        guard let path else { return top }
        switch try top.folder(path) {
        case .folder(let folder): return folder
        case .blocked: return nil
        case .missing:
            guard let parent = try makeFolders(path.parent) else { return nil }
            guard mkdirat(parent.number, Folder.cString(path.name), 0o777) == 0 || errno == EEXIST else {
                throw SystemError.last("create the folder", parent.shown(path.name))
            }
            if case .folder(let folder) = try top.folder(path) { return folder }
            return nil
        }
    }

    private mutating func setMode(_ step: Step) throws -> Bool {
        guard let parent = try parent(of: step), let file = try parent.open(step.path.name) else {
            return blocked(step)
        }
        var status = stat()
        guard fstat(file.number, &status) == 0, Folder.stamp(status) == step.seen.stamp else {
            return changed(step)
        }
        try Applier.setMode(file, Applier.mode(UInt32(status.st_mode), executable: step.executable))
        return true
    }

    private mutating func create(_ step: Step) throws -> Bool {
        guard let temporary = staged[step.path] else { return false }
        guard let parent = try makeFolders(step.path.parent),
            case .folder(let folder) = try top.folder(temporary.folder)
        else { return blocked(step) }
        guard !folder.rename(temporary.name, to: parent, step.path.name, Int32(SWARM_RENAME_NOREPLACE)) else {
            staged.removeValue(forKey: step.path)
            return true
        }
        guard errno == EEXIST || errno == ENOENT else {
            throw SystemError.last("put in place", parent.shown(step.path.name))
        }
        return changed(step)
    }

    private mutating func changed(_ step: Step) -> Bool {
        leave(step, .changedMeanwhile)
        return false
    }

    // The two files change places in one step. Then what came out is held against what was planned on.
    private mutating func replace(_ step: Step) throws -> Bool {
        guard var temporary = staged[step.path], let planned = step.seen.digest else { return false }
        guard let parent = try parent(of: step), case .folder(let folder) = try top.folder(temporary.folder) else {
            return blocked(step)
        }
        let name = TemporaryName.old(ours: temporary.digest, planned: planned).fresh
        guard folder.rename(temporary.name, to: folder, name, 0) else {
            guard errno == ENOENT else { throw SystemError.last("rename", folder.shown(temporary.name)) }
            return changed(step)
        }
        temporary.name = name
        staged[step.path] = temporary
        try moment(.renamed(step.path.bytes))
        guard folder.rename(name, to: parent, step.path.name, Int32(SWARM_RENAME_EXCHANGE)) else {
            guard errno == ENOENT || errno == EXDEV else {
                throw SystemError.last("put in place", parent.shown(step.path.name))
            }
            return changed(step)
        }
        // From here on the temporary is the user's file, not ours to discard.
        staged.removeValue(forKey: step.path)
        try moment(.exchanged(step.path.bytes))
        if try folder.observe(name) == step.seen {
            try folder.remove(name)
            return true
        }
        try giveBack(step, temporary, folder, parent)
        return false
    }

    // The user changed the file after the plan: it gets its place back, and ours goes.
    private mutating func giveBack(
        _ step: Step,
        _ temporary: Staged,
        _ folder: Folder,
        _ parent: Folder
    ) throws {
        guard folder.rename(temporary.name, to: parent, step.path.name, Int32(SWARM_RENAME_EXCHANGE)) else {
            return putBack(step, folder, temporary.name, parent)
        }
        if try folder.stamp(temporary.name) == temporary.stamp {
            try folder.remove(temporary.name)
        } else {
            report.kept.append(step.path.sibling(temporary.name).bytes)
        }
        leave(step, .changedMeanwhile)
    }
}
