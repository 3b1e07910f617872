internal import SwarmContracts
package import SwarmPlatform

#if canImport(Glibc)
internal import Glibc
#endif

/// A folder under the store's `tmp/` that goes with the process: its lock is held while it lives, and whoever next
/// sweeps removes folders whose lock is free.
package final class TemporaryFolder: Sendable {
    package let path: String
    private let lock: FileLock

    private init(path: String, lock: FileLock) {
        self.path = path
        self.lock = lock
    }

    /// Makes a folder of its own below `parent`, and with `sweeps` removes what ended processes left there.
    package static func make(in parent: String, sweeps: Bool = true) throws(SystemError) -> TemporaryFolder {
        try Files.makeFolder(parent, mode: 0o700)
        if sweeps { sweep(parent) }
        while true {
            let path = parent + "/" + Hex.encode(Randomness.bytes(8))
            // The lock is there and held before the folder is, so that a sweep never meets a folder without one.
            let lock = try FileLock.exclusive(path + ".lock")
            guard lock.isAt(path + ".lock") else { continue }
            try Files.makeFolder(path, mode: 0o700)
            return TemporaryFolder(path: path, lock: lock)
        }
    }

    /// Removes the folder and all in it. What cannot be removed stays for the next sweep.
    package func remove() {
        FolderRemoval.remove(path)
        unlink(path + ".lock")
        lock.release()
    }

    /// The folders that ended processes left below `parent`.
    static func stale(in parent: String) throws(SystemError) -> [String] {
        guard Files.kind(parent) == .directory else { return [] }
        var found: [String] = []
        for name in try Files.names(in: parent) where !name.hasSuffix(".lock") {
            let path = parent + "/" + name
            guard Files.kind(path + ".lock") == .regular else {
                found.append(path)
                continue
            }
            guard let lock = try FileLock.exclusiveIfFree(path + ".lock") else { continue }
            found.append(path)
            lock.release()
        }
        return found
    }

    private static func sweep(_ parent: String) {
        guard let names = try? Files.names(in: parent) else { return }
        for name in names {
            let path = parent + "/" + name
            let lockPath = name.hasSuffix(".lock") ? path : path + ".lock"
            guard Files.kind(lockPath) == .regular else {
                // Its owner has removed the lock last, or it is no folder of ours: nobody holds it.
                if Files.kind(path) != nil, Files.kind(lockPath) == nil { FolderRemoval.remove(path) }
                continue
            }
            guard let lock = try? FileLock.exclusiveIfFree(lockPath) else { continue }
            if lock.isAt(lockPath) {
                FolderRemoval.remove(String(lockPath.dropLast(5)))
                unlink(lockPath)
            }
            lock.release()
        }
    }
}

/// Removal of whole folders, links not followed, modes that forbid it mended first.
package enum FolderRemoval {
    /// Removes everything at `path`. Best effort: what the system refuses stays.
    package static func remove(_ path: String) {
        let folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        if folder < 0 {
            if errno == EACCES, chmod(path, 0o700) == 0 { return removeOnce(path) }
            unlink(path)
            return
        }
        empty(folder)
        rmdir(path)
    }

    private static func removeOnce(_ path: String) {
        let folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        if folder >= 0 { empty(folder) }
        rmdir(path)
    }

    /// So many levels are open at once. What lies deeper is moved to the top first, since a step may nest as deep as it likes.
    private static let mostLevels = 64

    /// A level of a tree that is being removed.
    private struct Level {
        let folder: Int32
        var pending: [[CChar]]
        let name: [CChar]
    }

    /// Empties the open folder and closes it.
    private static func empty(_ root: Int32) {
        var levels = [Level(folder: root, pending: removeFiles(in: root), name: [])]
        while let level = levels.last {
            guard let name = level.pending.last else {
                levels.removeLast()
                if let above = levels.last { unlinkat(above.folder, level.name, AT_REMOVEDIR) }
                close(level.folder)
                continue
            }
            levels[levels.count - 1].pending.removeLast()
            if levels.count >= mostLevels, let moved = lift(name, of: level.folder, to: root) {
                levels[0].pending.insert(moved, at: 0)
                continue
            }
            var child = openat(level.folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            if child < 0, errno == EACCES, fchmodat(level.folder, name, 0o700, 0) == 0 {
                child = openat(level.folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            }
            guard child >= 0 else { continue }
            levels.append(Level(folder: child, pending: removeFiles(in: child), name: name))
        }
    }

    /// Moves a folder to the top under a name of its own; nil where that fails.
    private static func lift(_ name: [CChar], of folder: Int32, to root: Int32) -> [CChar]? {
        // A folder that changes its parent is written to.
        fchmodat(folder, name, 0o700, 0)
        let lifted = Array("lifted-\(Hex.encode(Randomness.bytes(8)))".utf8CString)
        return renameat(folder, name, root, lifted) == 0 ? lifted : nil
    }

    /// Unlinks all that is no folder; gives the names of the folders.
    private static func removeFiles(in folder: Int32) -> [[CChar]] {
        // Entries may be removed only where the folder itself can be written.
        fchmod(folder, 0o700)
        let copy = dup(folder)
        guard copy >= 0, let stream = fdopendir(copy) else { return [] }
        defer { closedir(stream) }
        var folders: [[CChar]] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { text in
                    Array(UnsafeBufferPointer(start: text, count: strlen(text) + 1))
                }
            }
            if name == [46, 0] || name == [46, 46, 0] { continue }
            if unlinkat(folder, name, 0) != 0, errno == EISDIR || errno == EPERM { folders.append(name) }
        }
        return folders
    }
}
