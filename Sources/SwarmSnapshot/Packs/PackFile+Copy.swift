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
