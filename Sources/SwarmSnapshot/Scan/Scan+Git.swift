internal import SwarmPlatform

extension Scan {
    /// Reports a `.git` file, of a worktree or a submodule, that points out of the tree.
    func checkGitPointer(_ folder: Descriptor, _ name: [UInt8], _ path: [UInt8]) {
        guard name == Array(".git".utf8), let file = try? FolderEntries.open(folder, name),
            let bytes = try? Files.read(file, limit: 8192), bytes.starts(with: Array("gitdir: ".utf8))
        else { return }
        let target = Array(bytes.dropFirst(8).prefix { $0 != 0x0a && $0 != 0x0d })
        var depth = path.count { $0 == 0x2f }
        var isOutside = target.first == 0x2f
        for part in target.split(separator: 0x2f) where part != [0x2e] {
            depth += part == [0x2e, 0x2e] ? -1 : 1
            if depth < 0 { isOutside = true }
        }
        if isOutside { notes.warn(.gitPointer(shown(target)), path) }
    }
}
