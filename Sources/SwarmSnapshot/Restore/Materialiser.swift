internal import SwarmContracts
internal import SwarmPlatform

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Builds a stored tree on the disk.
package enum Materialiser {
    /// Builds `tree` in `directory`, which must not exist or be empty. Every byte is checked before it counts; nothing is
    /// written outside `directory`, and no link is followed. Directories get mode 0755, files 0644 or 0755, everything the
    /// time that `times` has for it, else one fixed time. Throws `SnapshotFailure` (naming the file of the tree) or
    /// `SystemError`; what was built by then is the caller's to remove.
    package static func build(
        tree: TreeReference,
        into directory: String,
        reader: ContentReader,
        times: ModificationTimes?,
        threads: Int
    ) throws {
        if mkdir(directory, 0o755) != 0, errno != EEXIST { throw SystemError.last("create the folder", directory) }
        let root: Descriptor
        do throws(SystemError) {
            root = try Descriptor.open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        } catch {
            guard error.number == ENOTDIR || error.number == ELOOP else { throw error }
            throw SnapshotFailure.targetNotEmpty(directory)
        }
        guard try FolderEntries.names(root).isEmpty else { throw SnapshotFailure.targetNotEmpty(directory) }
        let build = TreeBuild(
            access: FolderAccess(root),
            reader: reader,
            times: times ?? ModificationTimes([]),
            pool: WorkPool(threads: threads)
        )
        try build.run(tree)
    }
}
