internal import SwarmContracts
internal import SwarmPlatform

/// Decides for each path what is to be done, looking at the disk and writing nothing.
struct Planner {
    let top: Folder
    var plan: ApplyPlan
    let merging: TextMerging
    var seen: [TreePath: Observation] = [:]
    // Paths of the change, and those already given to a file beside another: no second one may take them.
    private var taken: Set<TreePath> = []

    init(top: Folder, plan: ApplyPlan, merging: TextMerging) {
        self.top = top
        self.plan = plan
        self.merging = merging
    }

    mutating func run(_ changes: [PathChange]) throws {
        var accepted: [TreePath: PathChange] = [:]
        for change in changes {
            guard let path = TreePath(change.path), accepted.updateValue(change, forKey: path) == nil else {
                throw WorkingTreeFailure.pathInvalid(change.path)
            }
        }
        taken = Set(accepted.keys)
        for (path, change) in accepted.sorted(by: { $0.key < $1.key }) {
            if path.isReserved {
                plan.ignoredGit.append(path.bytes)
            } else {
                plan.paths.append(path)
                try decide(path, change)
            }
        }
        try keepFullDirectories()
        try blockWithoutFolder()
        plan.conflicts.sort { $0.path.lexicographicallyPrecedes($1.path) }
        plan.steps.sort { left, right in
            if left.order != right.order { return left.order < right.order }
            // What goes, goes from the leaves up.
            return left.order < 2 ? right.path < left.path : left.path < right.path
        }
    }

    mutating func observe(_ path: TreePath) throws(WorkingTreeFailure) -> Observation {
        if let known = seen[path] { return known }
        let top = top
        let observation = try WorkingTree.system { () throws(SystemError) in try top.observe(path) }
        seen[path] = observation
        return observation
    }

    private mutating func decide(_ path: TreePath, _ change: PathChange) throws {
        let seen = try observe(path)
        guard change.base != change.theirs, seen.state != change.theirs else {
            plan.untouched.append(path.bytes)
            return
        }
        switch (seen.state, change.theirs) {
        case (change.base, _): take(path, change, seen)
        case (.file, .file): try join(path, change, seen)
        // Where nothing is, nothing can be lost: a folder may come, and what takes a folder's place.
        case (.absent, .directory): plan.steps.append(Step(path: path, kind: .makeDirectory, seen: seen))
        case (.absent, _) where change.base == .directory: place(path, change, .create, seen)
        case (.absent, _): try conflict(path, change, .deletedByUser)
        case (_, .absent): try conflict(path, change, .deletedByNode)
        default: try conflict(path, change, .kind)
        }
    }

    // The user left the path as it was.
    private mutating func take(_ path: TreePath, _ change: PathChange, _ seen: Observation) {
        switch (change.base, change.theirs) {
        case (.directory, .absent):
            plan.steps.append(Step(path: path, kind: .removeDirectory, seen: seen, needed: false))
        case (_, .absent): plan.steps.append(Step(path: path, kind: .delete, seen: seen))
        case (.absent, .directory): plan.steps.append(Step(path: path, kind: .makeDirectory, seen: seen))
        case (_, .directory):
            plan.steps.append(Step(path: path, kind: .delete, seen: seen))
            plan.steps.append(Step(path: path, kind: .makeDirectory, seen: seen))
        case (.directory, _):
            plan.steps.append(Step(path: path, kind: .removeDirectory, seen: seen))
            place(path, change, .create, seen)
        case (.absent, _): place(path, change, .create, seen)
        case (.file(_, let old, _), .file(let executable, let new, _)) where old == new:
            plan.steps.append(Step(path: path, kind: .setMode, executable: executable, seen: seen))
        default: place(path, change, .replace, seen)
        }
    }

    private mutating func place(
        _ path: TreePath,
        _ change: PathChange,
        _ kind: ActionKind,
        _ seen: Observation,
        executable: Bool? = nil
    ) {
        var step = Step(path: path, kind: kind, seen: seen)
        switch change.theirs {
        case .file(let theirs, _, _):
            step.content = .theirs(change)
            step.executable = executable ?? theirs
        case .symlink(let target): step.content = .link(target: target)
        case .absent, .directory: return
        }
        plan.steps.append(step)
    }

    // Both are files and the user's is not the base's: content and executable bit are joined each on its own.
    private mutating func join(_ path: TreePath, _ change: PathChange, _ seen: Observation) throws {
        guard case .file(let ourBit, let ours, _)? = seen.state, case .file(let theirBit, let theirs, _) = change.theirs
        else { return }
        var bit = ourBit
        var base: Digest256?
        if case .file(let baseBit, let sha256, _) = change.base {
            base = sha256
            bit = ourBit != baseBit ? ourBit : theirBit
        }
        if ours == theirs || theirs == base {
            if bit == ourBit {
                plan.untouched.append(path.bytes)
            } else {
                plan.steps.append(Step(path: path, kind: .setMode, executable: bit, seen: seen))
            }
        } else if ours == base {
            place(path, change, .replace, seen, executable: bit)
        } else {
            try merge(path, change, seen, ours, bit)
        }
    }

    private mutating func merge(
        _ path: TreePath,
        _ change: PathChange,
        _ seen: Observation,
        _ ours: Digest256,
        _ bit: Bool
    ) throws {
        guard let state = seen.state, TextMerging.fits([change.base, state, change.theirs]) else {
            return try conflict(path, change, .binary)
        }
        guard case .folder(let folder) = try top.folder(path.parent),
            let bytes = try folder.read(path.name, having: ours)
        else { return try conflict(path, change, .changedMeanwhile) }
        switch try merging.merge(change, ours: bytes) {
        case .clean(let merged):
            let step = Step(path: path, kind: .merge, content: .bytes(merged), executable: bit, seen: seen)
            if merged == bytes, seen.stamp.map({ $0.mode & 0o100 != 0 }) == bit {
                plan.untouched.append(path.bytes)
            } else {
                plan.steps.append(step)
            }
        case .conflicts(let marked, let count):
            let marks = plan.style == .markers
            plan.conflicts.append(
                Conflict(path: path.bytes, reason: .overlap, resolution: marks ? .markers(count: count) : .keptOurs)
            )
            guard marks else { return }
            plan.steps.append(Step(path: path, kind: .markers, content: .bytes(marked), executable: bit, seen: seen))
        case .binary: try conflict(path, change, .binary)
        }
    }

    mutating func conflict(_ path: TreePath, _ change: PathChange, _ reason: ConflictReason) throws {
        guard plan.style == .markers, change.theirs.isPlaceable else {
            plan.conflicts.append(Conflict(path: path.bytes, reason: reason, resolution: .keptOurs))
            return
        }
        let sidecar = try freeSidecar(path)
        plan.conflicts.append(Conflict(path: path.bytes, reason: reason, resolution: .sidecar(sidecar.bytes)))
        place(sidecar, change, .sidecar, .absent)
    }

    private mutating func freeSidecar(_ path: TreePath) throws -> TreePath {
        var number = 1
        while true {
            let sidecar = SidecarName.beside(path, number)
            if try observe(sidecar) == .absent, taken.insert(sidecar).inserted { return sidecar }
            number += 1
        }
    }
}

/// The name under which the node's version is put beside the user's: `<name>.swarm-theirs`, then with a number.
enum SidecarName {
    static func beside(_ path: TreePath, _ number: Int) -> TreePath {
        let ending = Array((number == 1 ? ".swarm-theirs" : ".swarm-theirs.\(number)").utf8)
        return path.sibling(path.name.prefix(255 - ending.count) + ending)
    }
}
