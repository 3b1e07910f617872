#if canImport(Glibc)
internal import Glibc
#endif

/// What a folder takes on the disk.
enum FolderSize {
    /// Allocated bytes of everything at `path`, links not followed; what cannot be looked at counts nothing.
    static func bytes(of path: String) -> UInt64 {
        var sum = allocated(AT_FDCWD, path) ?? 0
        var waiting = [Array(path.utf8CString)]
        while let path = waiting.popLast() {
            guard let stream = opendir(path) else { continue }
            defer { closedir(stream) }
            while let entry = readdir(stream) {
                withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                    pointer.withMemoryRebound(to: CChar.self, capacity: 256) { name in
                        guard strcmp(name, ".") != 0, strcmp(name, "..") != 0 else { return }
                        sum += allocated(dirfd(stream), name) ?? 0
                        if entry.pointee.d_type == 4 {
                            let own = UnsafeBufferPointer(start: name, count: strlen(name) + 1)
                            waiting.append(path.dropLast() + [CChar(0x2f)] + own)
                        }
                    }
                }
            }
        }
        return sum
    }

    private static func allocated(_ folder: Int32, _ name: UnsafePointer<CChar>) -> UInt64? {
        var status = stat()
        guard fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
        return UInt64(max(0, status.st_blocks)) * 512
    }
}
