internal import CPlatform
internal import SwarmContracts
internal import SwarmPlatform

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// A pack that is being written.
///
/// `@unchecked Sendable`: the variables are guarded by the lock of the `PackWriter` until the last writer is gone; `close` is
/// called once, by the one thread that saw that.
final class OpenPack: @unchecked Sendable {
    let file: Descriptor
    private var entries: [PackedChunk] = []
    /// Where the next record begins.
    private(set) var end: UInt64
    /// Threads that are writing a record.
    var writers = 0
    /// Whether no record comes any more.
    var isFull = false

    init(in folder: String) throws(SystemError) {
        let path = "\(folder)/pack-\(Hex.encode(Randomness.bytes(8)))"
        file = try Descriptor.open(path, O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
        end = UInt64(PackFile.header.count)
        try file.write(PackFile.header)
    }

    /// Takes the place of a record.
    func reserve(_ name: Digest256, _ length: UInt32) -> UInt64 {
        defer { end += UInt64(length) }
        entries.append(PackedChunk(name: name, offset: end, length: length))
        writers += 1
        return end
    }

    /// Writes bytes at a place.
    func write(_ bytes: [UInt8], at offset: UInt64) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                pwrite(
                    file.number,
                    buffer.baseAddress.map { $0 + done },
                    bytes.count - done,
                    off_t(offset) + off_t(done)
                )
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw .last("write", file.path)
            }
            done += count
        }
    }

    /// Writes the table and sets the bytes on their way to the disk.
    func close() throws(SystemError) -> ClosedPack {
        let (footer, id) = PackFile.footer(entries)
        try write(footer, at: end)
        // Begun now, the later sync has little left to wait for. A file system that cannot is merely slower.
        _ = swarm_begin_writeback(file.number)
        return ClosedPack(id: id, file: file, entries: entries)
    }
}

/// A pack that is written and still under its temporary name.
struct ClosedPack: Sendable {
    let id: PackID
    let file: Descriptor
    let entries: [PackedChunk]

    var path: String { file.path }

    /// Waits for the disk.
    func sync() throws(SystemError) {
        try file.sync()
        file.close()
    }
}
