internal import SwarmContracts
internal import SwarmPlatform

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// What listing one folder gathers.
struct Listing {
    let folder: ScanFolder
    let before: Directory
    let remembered: [[UInt8]: StatCache.File]
    var slots: [ScanFolder.Slot] = []
    var pending = 0
    var below: [ScanFolder] = []
    var tasks: [FileTask] = []
    var links: [(LinkTable.Key, LinkTable.Member)] = []
    var times: [ModificationTimes.Entry] = []

    init(_ folder: ScanFolder, _ before: Directory, _ remembered: [StatCache.File]) {
        (self.folder, self.before) = (folder, before)
        self.remembered = Dictionary(remembered.map { ($0.name, $0) }) { first, _ in first }
    }

    mutating func add(_ name: [UInt8], _ entry: TreeEntry, _ status: FileStatus? = nil) {
        slots.append(ScanFolder.Slot(name: name, entry: entry, status: status))
    }

    /// A place for an entry that comes later; its number.
    mutating func reserve(_ name: [UInt8]) -> Int {
        slots.append(ScanFolder.Slot(name: name))
        pending += 1
        return slots.count - 1
    }

    /// A folder below, on the disk or of the parent's tree alone.
    mutating func descend(_ name: [UInt8], isOnDisk: Bool) {
        var reference: TreeReference?
        if case .directory(let before, _) = before[name] { reference = before }
        below.append(
            ScanFolder(
                path: joined(folder.path, name),
                parent: folder,
                slot: reserve(name),
                before: reference,
                isOnDisk: isOnDisk
            )
        )
    }
}

extension Scan {
    private static let left = Array(".swarm".utf8)

    /// Lists a folder and hands out the work in it.
    func list(_ folder: ScanFolder) throws {
        guard folder.isOnDisk else { return try finish(inherited(Listing(folder, try object(folder), [])), nil, nil) }
        guard let access else { return }
        let descriptor: Descriptor
        do throws(SystemError) {
            descriptor = try access.open(folder.path)
        } catch {
            return try leaveOut(folder, error)
        }
        if isLayer { return try listLayer(folder, descriptor) }
        let before = (try? object(folder)) ?? Directory()
        let known = previous?.folder(folder.path)
        notes.countFolder()
        var listing = Listing(folder, before, known?.files ?? [])
        let hits = try hits(known, descriptor)
        if hits == nil || hits?.count != known?.files.count { notes.learn() }
        try look(&listing, descriptor, hits)
        try finish(listing, descriptor, hits == nil ? nil : known?.reference)
    }

    private func leaveOut(_ folder: ScanFolder, _ error: SystemError) throws {
        switch error.number {
        case ENOENT, ENOTDIR, ELOOP: break
        case EACCES, EPERM: notes.warn(.unreadable, folder.path)
        default: throw error
        }
        if let parent = folder.parent { try deliver(parent, folder.slot, nil) }
    }

    private func object(_ folder: ScanFolder) throws -> Directory {
        guard let before = folder.before else { return Directory() }
        return try naming(folder.path) { try reader.directory(before) }
    }

    private func listLayer(_ folder: ScanFolder, _ descriptor: Descriptor) throws {
        try OverlayMarks.refuseUnknown(descriptor, folder.path)
        let isOpaque = OverlayMarks.isOpaque(descriptor)
        var listing = Listing(folder, try object(folder), [])
        if isOpaque, !folder.path.isEmpty { notes.note(gone: folder.path) }
        let touched = try look(&listing, descriptor, nil)
        try finish(isOpaque ? listing : inherited(listing, without: touched), descriptor, nil)
    }

    /// The files that the stat cache knows and that have not changed since; nil where it knows nothing that may be used.
    /// A cache that names a chunk which the store has lost is of no use for the whole folder.
    private func hits(_ known: StatCache.Folder?, _ descriptor: Descriptor) throws -> [[UInt8]: FileStatus]? {
        guard let previous, let known else { return nil }
        var hits: [[UInt8]: FileStatus] = [:]
        // A cache that is whole names no chunk that the store has lost.
        var names: Set<Digest256> = previous.isWhole ? [] : Set(known.reference.content.parts.map(\.name))
        for file in known.files {
            let found: FileStatus?
            do throws(SystemError) {
                found = try FolderEntries.status(descriptor, file.name)
            } catch {
                // A folder that may not be entered any more: `look` says so.
                guard error.number == EACCES else { throw error }
                return nil
            }
            guard let status = found, status.isUntouched(since: file.status), status.mode == file.status.mode,
                !previous.isRacy(status)
            else { continue }
            hits[file.name] = status
            if !previous.isWhole { names.formUnion(file.content.parts.map(\.name)) }
        }
        return try names.isEmpty || reader.source.index.holds(all: Array(names)) ? hits : nil
    }

    /// Looks at every name in a folder. Of a layer, gives the names that hide what a layer below has.
    @discardableResult
    private func look(
        _ listing: inout Listing,
        _ descriptor: Descriptor,
        _ hits: [[UInt8]: FileStatus]?
    ) throws -> Set<[UInt8]> {
        var touched: Set<[UInt8]> = []
        let names: [[UInt8]]
        do throws(SystemError) {
            names = try FolderEntries.names(descriptor)
        } catch {
            guard error.number == EACCES else { throw error }
            notes.warn(.unreadable, listing.folder.path)
            return []
        }
        for name in names {
            guard name != Scan.left else {
                notes.omit()
                continue
            }
            guard let status = try hits?[name] ?? FolderEntries.status(descriptor, name) else { continue }
            let path = joined(listing.folder.path, name)
            if let ignore, ignore.ignores(path: path, isDirectory: status.isDirectory) {
                notes.omit()
                continue
            }
            if isLayer { touched.insert(name) }
            if isOwn { FolderEntries.makeReadable(descriptor, name, status) }
            try take(&listing, descriptor, name, path, status, isHit: hits?[name] != nil)
        }
        return touched
    }

    private func take(
        _ listing: inout Listing,
        _ descriptor: Descriptor,
        _ name: [UInt8],
        _ path: [UInt8],
        _ status: FileStatus,
        isHit: Bool
    ) throws {
        let before = listing.before[name]
        if isLayer, try isWhiteout(descriptor, name, status) { return notes.note(gone: path) }
        if isLayer, case .directory = before, !status.isDirectory { notes.note(gone: path) }
        if status.isDirectory {
            listing.descend(name, isOnDisk: true)
        } else if status.isLink {
            guard let target = FolderEntries.target(descriptor, name) else { return }
            listing.add(name, .symbolicLink(target))
        } else if status.isRegular {
            checkGitPointer(descriptor, name, path)
            if !isHit { notes.learn() }
            takeFile(&listing, name, path, status, before, isHit: isHit)
        } else {
            return notes.warn(.special, path)
        }
        listing.times.append(ModificationTimes.Entry(path: path, nanoseconds: status.modified))
    }

    private func takeFile(
        _ listing: inout Listing,
        _ name: [UInt8],
        _ path: [UInt8],
        _ status: FileStatus,
        _ before: TreeEntry?,
        isHit: Bool
    ) {
        let remembered = listing.remembered[name]?.content
        if status.names > 1 {
            let member = LinkTable.Member(
                folder: listing.folder,
                slot: listing.reserve(name),
                path: path,
                status: status,
                before: before,
                cached: isHit ? remembered : nil
            )
            return listing.links.append((.inode(device: status.device, number: status.inode), member))
        }
        guard isHit, let remembered else {
            let task = FileTask(
                slot: listing.reserve(name),
                name: name,
                size: status.size,
                before: before,
                remembered: remembered
            )
            return listing.tasks.append(task)
        }
        var content = remembered
        if case .file(let known, _) = before, known.isSame(as: remembered) { content = known }
        let entry = TreeEntry.file(content, FileFacts(isExecutable: status.isExecutable))
        notes.count(content, isChanged: before.map { !$0.isSame(as: entry) } ?? false)
        listing.add(name, entry, status)
    }

    private func isWhiteout(_ descriptor: Descriptor, _ name: [UInt8], _ status: FileStatus) throws -> Bool {
        if status.isWhiteout { return true }
        guard status.isRegular, status.size == 0, let file = try? FolderEntries.open(descriptor, name) else {
            return false
        }
        return OverlayMarks.isWhiteout(file)
    }

    /// Adds what the parent's tree has and the layer does not touch. Only folders in which files of several names are need a
    /// look: one of those names may be gone.
    private func inherited(_ listing: Listing, without touched: Set<[UInt8]> = []) -> Listing {
        var listing = listing
        for item in listing.before.items where !touched.contains(item.name) {
            switch item.entry {
            case .directory(_, true): listing.descend(item.name, isOnDisk: false)
            case .file(_, let facts):
                guard let link = facts.link else {
                    listing.add(item.name, item.entry)
                    continue
                }
                let member = LinkTable.Member(
                    folder: listing.folder,
                    slot: listing.reserve(item.name),
                    path: joined(listing.folder.path, item.name),
                    status: nil,
                    before: item.entry,
                    cached: nil
                )
                listing.links.append((.stored(link), member))
            case .directory, .symbolicLink: listing.add(item.name, item.entry)
            }
        }
        return listing
    }

    private func finish(_ listing: Listing, _ descriptor: Descriptor?, _ cached: TreeReference?) throws {
        notes.note(times: listing.times)
        for (key, member) in listing.links { links.add(key, member) }
        let isComplete = listing.folder.list(listing.slots, pending: listing.pending, cached: cached)
        // The newest job is done first: the files of a folder before the folders in it, so that few folders are open at once.
        pool.push(listing.below.map { below in { try self.list(below) } })
        if let descriptor { pool.push(jobs(listing.tasks, listing.folder, descriptor)) }
        if isComplete { try complete(listing.folder) }
    }
}
