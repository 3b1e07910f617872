internal import CPlatform
internal import SwarmPlatform
internal import Synchronization

/// Copies files within a file system: their extents are shared (FICLONE) where it can do that, else their bytes go over. Any
/// thread may copy.
final class FileCopier: Sendable {
    private let shares = Mutex(true)
    private let buffers = Pool { Buffer(1 << 20) }

    /// Whether every copy so far shares the original's extents.
    var isReflink: Bool { shares.withLock { $0 } }

    /// Fills an empty file. Holes stay holes.
    func copy(_ source: Descriptor, to file: Descriptor) throws {
        if isReflink, swarm_reflink(file.number, source.number) == 0 { return }
        shares.withLock { $0 = false }
        try buffers.with { buffer in
            var reader = try SequentialReader(source)
            var writer = SparseWriter(file)
            var count = buffer.bytes.count
            while count == buffer.bytes.count {
                count = try reader.read(into: buffer.bytes)
                try writer.write(UnsafeRawBufferPointer(rebasing: buffer.bytes[..<count]))
            }
            try writer.finish()
        }
    }
}
