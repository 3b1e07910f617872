internal import SwarmContracts
internal import SwarmPlatform
internal import Synchronization

/// One scan: a directory is listed by one job; its files are read by jobs that each have about a mebibyte to do; when all
/// entries of a directory are known its object is written, and the directory above is one entry nearer to its own.
final class Scan: Sendable {
    let access: FolderAccess?
    let writer: ContentWriter
    let reader: ContentReader
    let pool: WorkPool
    let ignore: (any IgnoreFilter)?
    let previous: StatCache?
    let builder: StatCacheBuilder?
    /// Whether the files are swarm's own copies: then what their owner may not read is made readable and taken.
    let isOwn: Bool
    let notes = ScanNotes()
    let links = LinkTable()
    private let top = Mutex<TreeReference?>(nil)

    /// Whether the directory is an overlay's upper layer rather than a whole tree: then no stat cache is built.
    var isLayer: Bool { builder == nil }

    init(
        root: Descriptor?,
        writer: ContentWriter,
        reader: ContentReader,
        pool: WorkPool,
        ignore: (any IgnoreFilter)?,
        previous: StatCache?,
        builder: StatCacheBuilder?,
        isOwn: Bool
    ) {
        access = root.map(FolderAccess.init)
        (self.writer, self.reader, self.pool, self.ignore) = (writer, reader, pool, ignore)
        (self.previous, self.builder, self.isOwn) = (previous, builder, isOwn)
    }

    /// Scans and gives the reference of the tree.
    func run(_ parent: TreeReference?) throws -> TreeReference {
        let folder = ScanFolder(path: [], parent: nil, slot: 0, before: parent, isOnDisk: true)
        pool.push([{ try self.list(folder) }])
        try pool.run()
        // Which names a file has is known when every directory has been listed.
        pool.push(links.groups.map { group in { try self.resolve(group) } })
        try pool.run()
        if let tree = top.withLock({ $0 }) { return tree }
        return try reference(of: Directory(), folder, cached: nil)
    }

    /// Sets an entry and completes what that completes.
    func deliver(_ folder: ScanFolder, _ slot: Int, _ entry: TreeEntry?, _ status: FileStatus? = nil) throws {
        if folder.deliver(slot, entry, status) { try complete(folder) }
    }

    /// Writes the object of a directory whose entries are known, and those of the directories above that it completes.
    func complete(_ folder: ScanFolder) throws {
        var folder = folder
        while true {
            let (slots, cached) = folder.state.withLock { state in
                defer { state.slots = [] }
                return (state.slots, state.cached)
            }
            let entries = slots.compactMap { slot in slot.entry.map { Directory.Item(name: slot.name, entry: $0) } }
            let directory = try Directory(entries)
            let reference = try reference(of: directory, folder, cached: cached)
            remember(folder, reference, slots)
            guard let parent = folder.parent else { return top.withLock { $0 = reference } }
            let entry = TreeEntry.directory(reference, hasLinks: directory.hasLinks)
            guard parent.deliver(folder.slot, entry, nil) else { return }
            folder = parent
        }
    }

    /// The parent's reference where the facts are the same, else one that is named anew.
    private func reference(of directory: Directory, _ folder: ScanFolder, cached: TreeReference?) throws
        -> TreeReference
    {
        let t = directory.t
        if let before = folder.before, before.t == t {
            if cached?.t != t { notes.learn() }
            return before
        }
        if let cached, cached.t == t { return cached }
        notes.learn()
        return TreeReference(t: t, content: try writer.write(directory.encode()))
    }

    private func remember(_ folder: ScanFolder, _ reference: TreeReference, _ slots: [ScanFolder.Slot]) {
        guard let builder else { return }
        let files = slots.compactMap { slot -> StatCache.File? in
            guard case .file(let content, _) = slot.entry, let status = slot.status else { return nil }
            return StatCache.File(name: slot.name, status: status, content: content)
        }
        builder.add(folder.path, reference, files)
    }
}
