#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// What the kernel says of a file without opening it.
struct FileStatus: Sendable, Equatable {
    let size: UInt64
    let modified: Int64
    let changed: Int64
    let inode: UInt64
    let device: UInt64
    let mode: UInt32
    let names: UInt64
    let special: UInt64

    init(_ status: stat) {
        size = UInt64(bitPattern: Int64(status.st_size))
        modified = FileStatus.nanoseconds(status.st_mtim)
        changed = FileStatus.nanoseconds(status.st_ctim)
        inode = UInt64(status.st_ino)
        device = UInt64(status.st_dev)
        mode = UInt32(status.st_mode)
        names = UInt64(status.st_nlink)
        special = UInt64(status.st_rdev)
    }

    private static func nanoseconds(_ time: timespec) -> Int64 {
        Int64(time.tv_sec).multipliedReportingOverflow(by: 1_000_000_000).partialValue &+ Int64(time.tv_nsec)
    }

    init?(of file: Int32) {
        var status = stat()
        guard fstat(file, &status) == 0 else { return nil }
        self.init(status)
    }

    var kind: UInt32 { mode & UInt32(S_IFMT) }
    var isRegular: Bool { kind == UInt32(S_IFREG) }
    var isDirectory: Bool { kind == UInt32(S_IFDIR) }
    var isLink: Bool { kind == UInt32(S_IFLNK) }
    var isExecutable: Bool { mode & 0o100 != 0 }

    /// An overlay's mark for a removed name: a character device 0/0.
    var isWhiteout: Bool { kind == UInt32(S_IFCHR) && special == 0 }

    /// Whether the file was not touched between two looks.
    func isUntouched(since other: FileStatus) -> Bool {
        size == other.size && modified == other.modified && changed == other.changed && inode == other.inode
            && device == other.device
    }
}
