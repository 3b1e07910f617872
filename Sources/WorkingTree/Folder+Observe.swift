internal import CPlatform
internal import SwarmContracts
internal import SwarmPlatform

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

extension Folder {
    /// What stands at a path below. What lies behind a link or a file is not there.
    func observe(_ path: TreePath) throws(SystemError) -> Observation {
        switch try folder(path.parent) {
        case .folder(let parent): return try parent.observe(path.name)
        case .missing, .blocked: return .absent
        }
    }

    /// What stands at a name in this folder, its content hashed.
    func observe(_ name: [UInt8]) throws(SystemError) -> Observation {
        guard let stamp = try stamp(name) else { return .absent }
        switch mode_t(stamp.mode) & S_IFMT {
        case S_IFDIR: return Observation(disk: .state(.directory), stamp: stamp)
        case S_IFLNK: return Observation(disk: .state(.symlink(target: try linkTarget(name))), stamp: stamp)
        case S_IFREG:
            guard let file = try open(name) else { return .absent }
            var hasher = Digest256.Hasher()
            var size: UInt64 = 0
            try Folder.pieces(of: file) { bytes in
                hasher.update(bytes)
                size += UInt64(bytes.count)
            }
            let executable = stamp.mode & UInt32(S_IXUSR) != 0
            let state = FileState.file(executable: executable, sha256: hasher.finish(), size: size)
            return Observation(disk: .state(state), stamp: stamp)
        default: return Observation(disk: .other, stamp: stamp)
        }
    }

    /// The identity of what stands at a name; nil where nothing does.
    func stamp(_ name: [UInt8]) throws(SystemError) -> Observation.Stamp? {
        var status = stat()
        guard fstatat(number, Folder.cString(name), &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            if errno == ENOENT { return nil }
            throw .last("look at", shown(name))
        }
        return Folder.stamp(status)
    }

    static func stamp(_ status: stat) -> Observation.Stamp {
        Observation.Stamp(
            device: UInt64(status.st_dev),
            inode: UInt64(status.st_ino),
            size: Int64(status.st_size),
            modified: Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec),
            mode: UInt32(status.st_mode),
            owner: UInt32(status.st_uid),
            group: UInt32(status.st_gid)
        )
    }

    private func linkTarget(_ name: [UInt8]) throws(SystemError) -> [UInt8] {
        var target = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let count = readlinkat(number, Folder.cString(name), &target, target.count)
        guard count >= 0 else { throw .last("read", shown(name)) }
        return target[..<count].map { UInt8(bitPattern: $0) }
    }

    /// A regular file for reading; nil where there is none. It waits for nobody, should it be a pipe by now.
    func open(_ name: [UInt8]) throws(SystemError) -> Descriptor? {
        let file = openat(number, Folder.cString(name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT || errno == ELOOP { return nil }
            throw .last("open", shown(name))
        }
        return Descriptor(owning: file, path: shown(name))
    }

    private static func pieces(
        of file: Descriptor,
        _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(SystemError) {
        var buffer = [UInt8](repeating: 0, count: 256 << 10)
        var offset: UInt64 = 0
        while true {
            let result = buffer.withUnsafeMutableBytes { bytes -> Result<Int, SystemError> in
                do throws(SystemError) {
                    let count = try file.read(into: bytes, at: offset)
                    body(UnsafeRawBufferPointer(rebasing: bytes[..<count]))
                    return .success(count)
                } catch {
                    return .failure(error)
                }
            }
            let count = try result.get()
            if count == 0 { return }
            offset += UInt64(count)
        }
    }

    /// All bytes of a file that has the planned content; nil where it no longer has.
    func read(_ name: [UInt8], having sha256: Digest256) throws(SystemError) -> [UInt8]? {
        guard let file = try open(name) else { return nil }
        var bytes: [UInt8] = []
        try Folder.pieces(of: file) { bytes += $0 }
        return Digest256.sha256(of: bytes) == sha256 ? bytes : nil
    }
}
