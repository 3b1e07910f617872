#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// An open file descriptor that is closed when the last reference goes, or earlier by `close()`.
///
/// `@unchecked Sendable`: the number is set once; `close` is called by the one owner that knows nobody else still uses it,
/// and reading and writing at offsets are the kernel's own affair.
package final class Descriptor: @unchecked Sendable {
    /// The number, or -1 when closed.
    package private(set) var number: Int32
    /// The path as a person knows it; for messages alone.
    package let path: String

    /// Takes over `number`.
    package init(owning number: Int32, path: String) {
        self.number = number
        self.path = path
    }

    deinit { if number >= 0 { _ = Glibc.close(number) } }

    /// Closes now. A second call does nothing.
    package func close() {
        if number >= 0 { _ = Glibc.close(number) }
        number = -1
    }

    /// Writes to a stream that may go away: then the rest is dropped, since no run ends because nobody reads it any more.
    package static func pass(_ bytes: UnsafeRawBufferPointer, to number: Int32) {
        var rest = bytes
        while let base = rest.baseAddress, !rest.isEmpty {
            let count = Glibc.write(number, base, rest.count)
            if count < 0 {
                if errno == EINTR { continue }
                return
            }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    /// open(2), always close-on-exec. Throws `SystemError`.
    package static func open(_ path: String, _ flags: Int32, mode: UInt32 = 0o600) throws(SystemError) -> Descriptor {
        while true {
            let number = Glibc.open(path, flags | O_CLOEXEC, mode)
            if number >= 0 { return Descriptor(owning: number, path: path) }
            if errno != EINTR { throw .last("open", path) }
        }
    }

    /// Makes a new file for writing; what stands there already is EEXIST.
    package static func create(_ path: String, mode: UInt32 = 0o600) throws(SystemError) -> Descriptor {
        try open(path, O_WRONLY | O_CREAT | O_EXCL, mode: mode)
    }

    /// A descriptor of its own for standard input (0), output (1) or error (2).
    package static func standard(_ number: Int32) throws(SystemError) -> Descriptor {
        let name = ["standard input", "standard output", "standard error"][Int(number)]
        let copy = fcntl(number, F_DUPFD_CLOEXEC, 3)
        guard copy >= 0 else { throw .last("use", name) }
        return Descriptor(owning: copy, path: name)
    }

    /// Writes every byte at the current position.
    package func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            guard let base = bytes.baseAddress else { return }
            let count = Glibc.write(number, base + done, bytes.count - done)
            if count < 0 {
                if errno == EINTR { continue }
                throw .last("write", path)
            }
            done += count
        }
    }

    /// Writes every byte at the current position.
    package func write(_ bytes: [UInt8]) throws(SystemError) {
        let result = bytes.withUnsafeBytes { buffer -> Result<Void, SystemError> in
            do throws(SystemError) { return .success(try write(buffer)) } catch { return .failure(error) }
        }
        try result.get()
    }

    /// Reads up to `buffer.count` bytes at `offset`; fewer only at the end of the file.
    package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(SystemError) -> Int {
        var done = 0
        while done < buffer.count {
            guard let base = buffer.baseAddress else { break }
            let count = pread(number, base + done, buffer.count - done, off_t(offset) + off_t(done))
            if count < 0 {
                if errno == EINTR { continue }
                throw .last("read", path)
            }
            if count == 0 { break }
            done += count
        }
        return done
    }

    /// Reads up to `count` bytes at `offset`; fewer only at the end of the file.
    package func bytes(_ count: Int, at offset: UInt64) throws(SystemError) -> [UInt8] {
        var failure: SystemError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            // The storage may be longer than was asked for.
            let wanted = UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
            do throws(SystemError) { filled = try read(into: wanted, at: offset) } catch { failure = error }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Has the kernel read bytes into its cache, and does not wait for them. It may not; what lies behind the end is nothing to it.
    package func prefetch(_ count: UInt64, at offset: UInt64) {
        // Of more than its own window it takes the beginning alone.
        let piece: UInt64 = 128 << 10
        for start in stride(from: offset, to: offset + count, by: Int(piece)) {
            _ = posix_fadvise(number, off_t(start), off_t(min(piece, offset + count - start)), POSIX_FADV_WILLNEED)
        }
    }

    /// Size in bytes.
    package func size() throws(SystemError) -> UInt64 {
        var status = stat()
        guard fstat(number, &status) == 0 else { throw .last("look at", path) }
        return UInt64(status.st_size)
    }

    /// Waits until the bytes are on the disk.
    package func sync() throws(SystemError) {
        guard fsync(number) == 0 else { throw .last("sync", path) }
    }
}
