internal import CPlatform
internal import SwarmPlatform

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

extension [UInt8] {
    /// Lends the bytes as a C string.
    func withCString<R>(_ body: (UnsafePointer<CChar>) throws -> R) rethrows -> R {
        try (self + [0]).withUnsafeBytes { bytes in
            try bytes.withMemoryRebound(to: CChar.self) { characters in
                guard let base = characters.baseAddress else {
                    preconditionFailure("the buffer holds at least the zero")
                }
                return try body(base)
            }
        }
    }
}

/// A directory tree that swarm opened, entered below without ever following a link, however deep it is.
struct FolderAccess: Sendable {
    /// The kernel takes paths of less than 4096 bytes.
    private static let longest = 4000

    let root: Descriptor

    init(_ root: Descriptor) { self.root = root }

    /// Opens the folder at a path below the root; the empty path is the root itself.
    func open(_ path: [UInt8]) throws(SystemError) -> Descriptor {
        if path.count <= FolderAccess.longest, let number = whole(path) {
            guard number >= 0 else { throw .last("open", name(path)) }
            return Descriptor(owning: number, path: name(path))
        }
        return try stepwise(path)
    }

    /// One system call; nil where the kernel has it not or cannot promise what was asked.
    private func whole(_ path: [UInt8]) -> Int32? {
        let resolve = UInt64(SWARM_RESOLVE_NO_SYMLINKS | SWARM_RESOLVE_BENEATH)
        let number = (path.isEmpty ? [0x2e] : path).withCString {
            swarm_openat2(root.number, $0, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0, resolve)
        }
        if number < 0, errno == ENOSYS || errno == EAGAIN || errno == EPERM { return nil }
        return number
    }

    private func stepwise(_ path: [UInt8]) throws(SystemError) -> Descriptor {
        // Made once: a deep path is long, and has many parts.
        let name = name(path)
        var folder = try FolderAccess.open(root, [0x2e], name)
        for part in path.split(separator: 0x2f) { folder = try FolderAccess.open(folder, Array(part), name) }
        return folder
    }

    private static func open(_ folder: Descriptor, _ part: [UInt8], _ path: String) throws(SystemError) -> Descriptor {
        let number = part.withCString { openat(folder.number, $0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
        guard number >= 0 else { throw .last("open", path) }
        return Descriptor(owning: number, path: path)
    }

    private func name(_ path: [UInt8]) -> String { path.isEmpty ? root.path : "\(root.path)/\(shown(path))" }
}

/// Single entries of an open folder.
enum FolderEntries {
    /// The names in a folder, `.` and `..` left out, in no order.
    static func names(_ folder: Descriptor) throws(SystemError) -> [[UInt8]] {
        // A description of its own: what others read from the folder is not moved by this.
        let copy = openat(folder.number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0, let stream = fdopendir(copy) else { throw .last("list", folder.path) }
        defer { closedir(stream) }
        var names: [[UInt8]] = []
        errno = 0
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                let base = UnsafeRawPointer(pointer)
                return Array(
                    UnsafeRawBufferPointer(start: base, count: strlen(base.assumingMemoryBound(to: CChar.self)))
                )
            }
            if name != [0x2e], name != [0x2e, 0x2e] { names.append(name) }
            errno = 0
        }
        guard errno == 0 else { throw .last("list", folder.path) }
        return names
    }

    /// What stands under a name, links not followed; nil where nothing does any more.
    static func status(_ folder: Descriptor, _ name: [UInt8]) throws(SystemError) -> FileStatus? {
        var status = stat()
        let result = name.withCString { fstatat(folder.number, $0, &status, AT_SYMLINK_NOFOLLOW) }
        if result == 0 { return FileStatus(status) }
        if errno == ENOENT { return nil }
        throw .last("look at", "\(folder.path)/\(shown(name))")
    }

    /// Gives the owner of a file or folder the right to read it, where the mode does not. A mode is no part of a snapshot
    /// but for the executable bit.
    static func makeReadable(_ folder: Descriptor, _ name: [UInt8], _ status: FileStatus) {
        let needed: UInt32 = status.isDirectory ? 0o700 : 0o400
        guard status.isDirectory || status.isRegular, status.mode & needed != needed else { return }
        // Where it fails, reading fails too and says so.
        _ = name.withCString { fchmodat(folder.number, $0, mode_t((status.mode & 0o7777) | needed), 0) }
    }

    /// The same for the folder at a path.
    static func makeReadable(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, status.st_mode & 0o700 != 0o700 else {
            return
        }
        _ = chmod(path, (status.st_mode & 0o7777) | 0o700)
    }

    /// The target of a symbolic link; nil where it is none any more.
    static func target(_ folder: Descriptor, _ name: [UInt8]) -> [UInt8]? {
        let target = name.withCString { name in
            [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
                let got = buffer.withMemoryRebound(to: CChar.self) { characters in
                    characters.baseAddress.map { readlinkat(folder.number, name, $0, 4096) } ?? 0
                }
                count = max(got, 0)
            }
        }
        return Directory.isTarget(target) ? target : nil
    }

    /// Opens a file for reading without waiting for anybody and without following a link.
    static func open(_ folder: Descriptor, _ name: [UInt8]) throws(SystemError) -> Descriptor {
        while true {
            let number = name.withCString {
                openat(folder.number, $0, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
            }
            if number >= 0 { return Descriptor(owning: number, path: "\(folder.path)/\(shown(name))") }
            if errno != EINTR { throw .last("open", "\(folder.path)/\(shown(name))") }
        }
    }
}
