internal import SwarmCapability
internal import SwarmContracts
internal import SwarmPlatform

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Takes a directory tree into the store.
///
/// `.swarm` is left out at any depth. The same plaintext, secret and parent give the same reference, whatever the number of
/// threads, the stat cache and the content of the store. Buffers take less than 256 MiB for any tree; beside them each file
/// costs about 300 bytes while the scan lasts. Throws `SystemError` and `SnapshotFailure`; then nothing that was written is
/// to be indexed.
package enum Snapshotter {
    /// Takes a whole directory. What is not there is an empty tree. An entry keeps its reference where `parent` has the same
    /// plaintext at the same path; `previous` spares reading what has not changed since. With `isOwn` the files are swarm's
    /// to change: what cannot be read for its mode is made readable, where else it is left out with a warning.
    package static func scan(
        directory: String,
        ignore: (any IgnoreFilter)?,
        previous: StatCache?,
        parent: TreeReference?,
        writer: ContentWriter,
        reader: ContentReader,
        threads: Int,
        isOwn: Bool = false
    ) throws -> SnapshotResult {
        let owner = writer.sink.secret.name(of: Digest256.sha256(of: Array("swarm/v1/stat-cache".utf8)))
        let start = Clock.now()
        let builder = StatCacheBuilder(owner: owner, start: start)
        let scan = Scan(
            root: try open(directory, isOwn: isOwn),
            writer: writer,
            reader: reader,
            pool: WorkPool(threads: threads),
            ignore: ignore,
            previous: previous?.head.owner == owner ? previous : nil,
            builder: builder,
            isOwn: isOwn
        )
        let tree = try scan.run(parent)
        let (notes, counts) = (scan.notes, scan.notes.counts)
        return SnapshotResult(
            tree: tree,
            notes: notes,
            isCacheCurrent: !counts.learned && counts.folders == scan.previous?.folderCount,
            times: { ModificationTimes(notes.times) },
            cache: { builder.finish() }
        )
    }

    /// Takes what an overlay's upper layer makes of `parent`, the tree of the layers below it, reading the layer alone.
    /// `parentTimes` are the times of that tree.
    package static func scan(
        upper: String,
        over parent: TreeReference,
        parentTimes: ModificationTimes?,
        writer: ContentWriter,
        reader: ContentReader,
        threads: Int
    ) throws -> SnapshotResult {
        let scan = Scan(
            root: try open(upper, isOwn: true),
            writer: writer,
            reader: reader,
            pool: WorkPool(threads: threads),
            ignore: nil,
            previous: nil,
            builder: nil,
            isOwn: true
        )
        let tree = try scan.run(parent)
        let notes = scan.notes
        return SnapshotResult(
            tree: tree,
            notes: notes,
            isCacheCurrent: false,
            times: { (parentTimes ?? ModificationTimes([])).replacing(notes.gone, with: notes.times) },
            cache: { nil }
        )
    }

    private static func open(_ directory: String, isOwn: Bool) throws(SystemError) -> Descriptor? {
        if isOwn { FolderEntries.makeReadable(directory) }
        do {
            return try Descriptor.open(directory, O_RDONLY | O_DIRECTORY)
        } catch {
            if error.number == ENOENT { return nil }
            throw error
        }
    }
}
