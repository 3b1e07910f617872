internal import SwarmPlatform

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

extension StateDatabase {
    /// Takes a database out of a step's hands: copies it, with the log or journal that holds its last transactions,
    /// into the caller's empty folder and returns the copy's path.
    ///
    /// Nothing that the step may have put there in its place is followed or waited for: regular files with one name
    /// only, together at most `limit` bytes. Throws `.stateUnusable` for anything else, `.system` and `.diskFull` for
    /// ours.
    package static func collect(
        folder: String,
        name: String,
        into private: String,
        limit: UInt64
    ) throws(StateFailure) -> String {
        let copy = `private` + "/state.db"
        do throws(StateFailure) {
            let source = try own { () throws(SystemError) in
                try Descriptor.open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
            }
            var left = limit
            for ending in ["", "-wal", "-journal"] {
                switch try own({ () throws(SystemError) in try open(name + ending, in: source) }) {
                case .file(let file, let size):
                    if size > left { throw StateFailure.stateUnusable("it is larger than \(limit) bytes") }
                    left -= size
                    try own { () throws(SystemError) in
                        let target = try Descriptor.open(copy + ending, O_WRONLY | O_CREAT | O_EXCL)
                        try copyBytes(size, from: file, to: target)
                    }
                case .absent:
                    if ending.isEmpty { throw StateFailure.stateUnusable("it is gone") }
                case .refused(let reason):
                    throw StateFailure.stateUnusable(reason)
                }
            }
            return copy
        } catch {
            removeAll([copy])
            throw error
        }
    }

    /// Work whose failure is the system's, not the step's.
    static func own<Result>(_ body: () throws(SystemError) -> Result) throws(StateFailure) -> Result {
        do throws(SystemError) { return try body() } catch { throw .system(error) }
    }

    private enum Found {
        case file(Descriptor, size: UInt64)
        case absent
        case refused(String)
    }

    private static func open(_ name: String, in folder: Descriptor) throws(SystemError) -> Found {
        if name.utf8.contains(UInt8(ascii: "/")) { return .refused("its name holds a slash") }
        var status = stat()
        if fstatat(folder.number, name, &status, AT_SYMLINK_NOFOLLOW) != 0 {
            if errno == ENOENT { return .absent }
            throw .last("look at", name)
        }
        // Before it is opened: opening a device can do something.
        if status.st_mode & S_IFMT != S_IFREG { return .refused("\(name) is no regular file") }
        let number = openat(folder.number, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        if number < 0 {
            switch errno {
            case EACCES, EPERM, ELOOP, ENXIO, ENOENT: return .refused("\(name) cannot be read")
            default: throw .last("open", name)
            }
        }
        let file = Descriptor(owning: number, path: folder.path + "/" + name)
        guard fstat(number, &status) == 0 else { throw .last("look at", name) }
        if status.st_mode & S_IFMT != S_IFREG { return .refused("\(name) is no regular file") }
        if status.st_nlink != 1 { return .refused("\(name) has a second name elsewhere") }
        return .file(file, size: UInt64(status.st_size))
    }

    private static func copyBytes(_ size: UInt64, from: Descriptor, to: Descriptor) throws(SystemError) {
        var offset: UInt64 = 0
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { buffer.deallocate() }
        while offset < size {
            let wanted = Int(min(size - offset, UInt64(buffer.count)))
            let count = try from.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]), at: offset)
            if count == 0 { return }
            try to.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            offset += UInt64(count)
        }
    }
}
