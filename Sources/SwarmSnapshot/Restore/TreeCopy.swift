internal import SwarmPlatform

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Copies directory trees, for where no overlay can be mounted.
package enum TreeCopy {
    /// How the bytes came over.
    package enum Method: String, Sendable {
        /// The copy shares the original's extents (FICLONE), for all files.
        case reflink
        case copy
    }

    /// Copies the tree that the layers make together, the topmost first, into `target`, which must not exist or be empty.
    /// Marks that an overlay left for removed names are obeyed. Times and the executable bit are kept, hard links within a
    /// layer and holes too; nothing is followed out of a layer. Sockets, FIFOs and devices are left out.
    package static func copy(layers: [String], to target: String, threads: Int) throws -> Method {
        if mkdir(target, 0o755) != 0, errno != EEXIST { throw SystemError.last("create the folder", target) }
        let root = try Descriptor.open(target, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        guard try FolderEntries.names(root).isEmpty else { throw SnapshotFailure.targetNotEmpty(target) }
        let sources = try layers.map { FolderAccess(try Descriptor.open($0, O_RDONLY | O_DIRECTORY)) }
        let run = CopyRun(layers: sources, target: FolderAccess(root), pool: WorkPool(threads: threads))
        return try run.run() ? .reflink : .copy
    }
}
