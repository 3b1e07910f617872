internal import CPlatform
internal import SwarmPlatform

#if canImport(Glibc)
internal import Glibc
#endif

/// Makes the upper layer of a finished run equal to what its snapshot says: plain modes, no special files. A layer that
/// cannot be made so is not kept.
enum LayerCleaning {
    /// Whether the layer may serve as a lower layer now.
    static func makePlain(_ layer: String) -> Bool {
        let root = open(layer, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard root >= 0 else { return false }
        var open = [root]
        defer { for folder in open { close(folder) } }
        while let folder = open.popLast() {
            defer { close(folder) }
            guard let children = clean(folder) else { return false }
            // A layer that nests this wide at once would need more descriptors than it is worth.
            guard open.count + children.count < 512 else {
                for child in children { close(child) }
                return false
            }
            open += children
        }
        return true
    }

    /// Whether the folder holds a name that is not UTF-8, which `Files.names` does not list.
    static func hasOtherNames(_ path: String) -> Bool {
        guard let stream = opendir(path) else { return false }
        defer { closedir(stream) }
        var count = 0
        while readdir(stream) != nil { count += 1 }
        return count > 2
    }

    private static func clean(_ folder: Int32) -> [Int32]? {
        var own = stat()
        guard fstat(folder, &own) == 0, fchmod(folder, 0o755) == 0 else { return nil }
        let copy = dup(folder)
        guard copy >= 0, let stream = fdopendir(copy) else { return nil }
        defer { closedir(stream) }
        var children: [Int32] = []
        while let entry = readdir(stream) {
            let plain = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { cleanEntry(folder, $0, &children) }
            }
            guard plain else {
                for child in children { close(child) }
                return nil
            }
        }
        return children
    }

    private static func cleanEntry(_ folder: Int32, _ name: UnsafePointer<CChar>, _ children: inout [Int32]) -> Bool {
        if strcmp(name, ".") == 0 || strcmp(name, "..") == 0 { return true }
        var status = stat()
        guard fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return false }
        switch status.st_mode & S_IFMT {
        case S_IFDIR:
            if status.st_mode & 0o700 != 0o700 { fchmodat(folder, name, 0o755, 0) }
            let child = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard child >= 0 else { return false }
            children.append(child)
            return true
        case S_IFREG:
            let mode: mode_t = status.st_mode & 0o100 != 0 ? 0o755 : 0o644
            return status.st_mode & 0o7777 == mode || fchmodat(folder, name, mode, 0) == 0
        case S_IFLNK: return true
        // An overlay's mark for a removed name.
        case S_IFCHR: return status.st_rdev == 0
        default: return false
        }
    }
}

/// Exchanges two folders in one step.
func swapFolders(_ one: String, _ other: String) -> Bool {
    swarm_renameat2(AT_FDCWD, one, AT_FDCWD, other, UInt32(SWARM_RENAME_EXCHANGE)) == 0
}
