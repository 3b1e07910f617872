internal import SwarmPlatform

extension Applier {
    /// Removes what a killed apply left in the folders of this change. See `TemporaryName` for what may go.
    mutating func sweep() throws {
        var folders: Set<TreePath> = []
        for path in plan.paths {
            var above = path.parent
            while let folder = above, folders.insert(folder).inserted { above = folder.parent }
        }
        try sweep(nil)
        for folder in folders.sorted() { try sweep(folder) }
    }

    private mutating func sweep(_ path: TreePath?) throws {
        guard case .folder(let folder) = try top.folder(path) else { return }
        for name in try folder.names() {
            switch TemporaryName(name) {
            case nil: continue
            case .new: try folder.remove(name)
            case .old(let ours, let planned):
                let digest = try folder.observe(name).digest
                if digest == ours || digest == planned {
                    try folder.remove(name)
                } else {
                    report.kept.append(path.map { $0.child(name).bytes } ?? name)
                }
            }
        }
    }
}
