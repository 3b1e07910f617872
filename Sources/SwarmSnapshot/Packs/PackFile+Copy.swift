internal import SwarmContracts
internal import SwarmPlatform

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

extension PackFile {
    /// Copies records as they are, still sealed, from one pack to a writer. Throws `packDamaged` where the file is cut.
    package static func copy(_ entries: [PackedChunk], from path: String, to writer: PackWriter) throws {
        let file = try Descriptor.open(path, O_RDONLY | O_NOFOLLOW)
        for entry in entries {
            var bytes = [UInt8](repeating: 0, count: Int(entry.length))
            let count = try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: entry.offset) }
            guard count == bytes.count else { throw SnapshotFailure.packDamaged(file: path, reason: "it is cut") }
            try writer.add(entry.name, bytes)
        }
    }
}

extension PackWriter {
    /// Bytes of the pack files that a writer makes of these records where they are added one after the other.
    package static func packedBytes(_ records: [PackedChunk]) -> UInt64 {
        var total: UInt64 = 0
        var end: UInt64 = 0
        for record in records {
            if end == 0 { end = UInt64(PackFile.header.count) }
            end += UInt64(record.length)
            total += UInt64(PackFile.rowCount)
            guard end >= target else { continue }
            total += end + UInt64(PackFile.trailerCount)
            end = 0
        }
        return end == 0 ? total : total + end + UInt64(PackFile.trailerCount)
    }
}
