#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// An advisory lock on a file (flock(2)): it goes with the process, however that ends.
package final class FileLock: Sendable {
    private let file: Descriptor

    private init(_ file: Descriptor) { self.file = file }

    /// Takes the lock, waiting for whoever holds it. The file is made if it is missing.
    package static func exclusive(_ path: String) throws(SystemError) -> FileLock {
        guard let lock = try take(path, LOCK_EX) else { throw .last("lock", path) }
        return lock
    }

    /// Takes the lock for sharing, waiting for a holder that excludes others.
    package static func shared(_ path: String) throws(SystemError) -> FileLock {
        guard let lock = try take(path, LOCK_SH) else { throw .last("lock", path) }
        return lock
    }

    /// Takes the lock if nobody holds it; nil where somebody does.
    package static func exclusiveIfFree(_ path: String) throws(SystemError) -> FileLock? {
        try take(path, LOCK_EX | LOCK_NB)
    }

    /// Takes the lock, waiting for whoever holds it for so many milliseconds at most; nil where that was not enough.
    package static func exclusive(_ path: String, patience: Int64) throws(SystemError) -> FileLock? {
        let deadline = Clock.monotonic() + patience * 1_000_000
        var pause: UInt32 = 500
        while true {
            if let lock = try exclusiveIfFree(path) { return lock }
            guard Clock.monotonic() < deadline else { return nil }
            usleep(pause)
            pause = min(pause * 2, 10_000)
        }
    }

    private static func take(_ path: String, _ operation: Int32) throws(SystemError) -> FileLock? {
        let file = try Descriptor.open(path, O_RDWR | O_CREAT)
        while flock(file.number, operation) != 0 {
            if errno == EWOULDBLOCK { return nil }
            if errno != EINTR { throw .last("lock", path) }
        }
        return FileLock(file)
    }

    /// Whether the locked file still stands at `path`: another process may have removed it before the lock was taken.
    package func isAt(_ path: String) -> Bool {
        var here = stat()
        var there = stat()
        return fstat(file.number, &here) == 0 && lstat(path, &there) == 0 && here.st_ino == there.st_ino
            && here.st_dev == there.st_dev
    }

    /// Replaces what the locked file holds: a note on who has the lock.
    package func write(_ bytes: [UInt8]) throws(SystemError) {
        guard ftruncate(file.number, 0) == 0, lseek(file.number, 0, SEEK_SET) == 0 else {
            throw .last("write", file.path)
        }
        try file.write(bytes)
    }

    /// Gives the lock back now rather than with the last reference.
    package func release() {
        // Closing alone is not enough: a child that another thread forks has the file open too, until it becomes its program.
        if file.number >= 0 { flock(file.number, LOCK_UN) }
        file.close()
    }

    deinit { release() }
}
