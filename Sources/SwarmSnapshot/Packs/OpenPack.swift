internal import CPlatform
internal import SwarmContracts
internal import SwarmPlatform

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// A pack that is being written. Records gather in a buffer, so that the kernel is asked once for each mebibyte.
///
/// `@unchecked Sendable`: the `PackWriter` lends it to one thread at a time.
final class OpenPack: @unchecked Sendable {
    let file: Descriptor
    /// Whoever took it last.
    var thread: ThreadID?
    private var entries: [PackedChunk] = []
    /// Where the next record begins.
    private(set) var end: UInt64 = 0
    private let buffer = Buffer(1 << 20)
    /// From this size on the kernel takes a record from where it lies. (A direct write must come from whole blocks.)
    private static let large = 128 << 10
    /// Bytes in the buffer; they belong before `end`.
    private var held = 0
    private var isDirect: Bool
    /// After so many bytes the kernel is told to take them to the disk, so that the later sync has little left to wait for.
    private static let stretch: UInt64 = 4 << 20
    /// Bytes that are on their way to the disk.
    private var sent: UInt64 = 0

    /// With `isDirect` the bytes go past the page cache where the file system can do that.
    init(in folder: String, isDirect: Bool) throws(SystemError) {
        let path = "\(folder)/pack-\(Hex.encode(Randomness.bytes(8)))"
        file = try Descriptor.open(path, O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
        self.isDirect = isDirect && swarm_set_direct(file.number, 1) == 0
        try appendAll(PackFile.header)
    }

    /// Adds a record.
    func add(_ name: Digest256, _ sealed: UnsafeRawBufferPointer) throws(SystemError) {
        entries.append(PackedChunk(name: name, offset: end, length: UInt32(sealed.count)))
        try append(sealed)
        if end - sent >= OpenPack.stretch { beginWriteback() }
    }

    private func appendAll(_ bytes: [UInt8]) throws(SystemError) {
        try bytes.withUnsafeBufferPointer { bytes throws(SystemError) in try append(UnsafeRawBufferPointer(bytes)) }
    }

    private func append(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
        if !isDirect, bytes.count >= OpenPack.large {
            try flush()
            try FileBytes.write(bytes, to: file, at: end)
            end += UInt64(bytes.count)
            return
        }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = min(rest.count, buffer.bytes.count - held)
            UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[held...]).copyMemory(
                from: UnsafeRawBufferPointer(rebasing: rest.prefix(count))
            )
            rest = rest.dropFirst(count)
            held += count
            end += UInt64(count)
            if held == buffer.bytes.count { try flush() }
        }
    }

    private func flush() throws(SystemError) {
        let bytes = UnsafeRawBufferPointer(rebasing: buffer.bytes[..<held])
        do throws(SystemError) {
            try FileBytes.write(bytes, to: file, at: end - UInt64(held))
        } catch {
            // Of what a direct write must look like, the file system has the last word.
            guard isDirect, error.number == EINVAL else { throw error }
            try writeThroughCache()
            try FileBytes.write(bytes, to: file, at: end - UInt64(held))
        }
        held = 0
    }

    private func writeThroughCache() throws(SystemError) {
        guard isDirect else { return }
        guard swarm_set_direct(file.number, 0) == 0 else { throw .last("write", file.path) }
        isDirect = false
    }

    /// A file system that cannot is merely slower.
    private func beginWriteback() {
        _ = swarm_begin_writeback(file.number)
        sent = end
    }

    /// Writes the table and sets the bytes on their way to the disk.
    func close() throws(SystemError) -> ClosedPack {
        let (footer, id) = PackFile.footer(entries)
        try appendAll(footer)
        // The last bytes fill no block.
        try writeThroughCache()
        try flush()
        beginWriteback()
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
