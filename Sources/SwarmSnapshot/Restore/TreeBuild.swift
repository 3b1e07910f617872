internal import SwarmContracts
internal import SwarmPlatform
internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// One tree on its way to the disk: a job for each directory, and jobs of about a mebibyte each for the files in it.
final class TreeBuild: Sendable {
    private struct FileTask: Sendable {
        let name: [UInt8]
        let path: [UInt8]
        let content: Content
        let mode: UInt32

        /// Whether it is opened together with others.
        var isSmall: Bool { content.parts.count <= 1 && content.size <= ChunkBatch.largest }
    }

    /// The first name of a file that has several, and those that are to be linked to it.
    private struct LinkedFile {
        let first: [UInt8]
        let content: Content
        let facts: FileFacts
        var others: [[UInt8]] = []
    }

    private static let folderMode: mode_t = 0o755

    private let access: FolderAccess
    private let reader: ContentReader
    private let times: ModificationTimes
    private let pool: WorkPool
    private let written: WrittenFiles
    private let linked = Mutex<[Digest256: LinkedFile]>([:])

    init(access: FolderAccess, reader: ContentReader, times: ModificationTimes, pool: WorkPool) {
        (self.access, self.reader, self.times, self.pool) = (access, reader, times, pool)
        written = WrittenFiles(access)
    }

    func run(_ tree: TreeReference) throws {
        pool.push([{ try self.build([], tree) }])
        try pool.run()
        var touched: Set<[UInt8]> = []
        for file in linked.withLock({ Array($0.values) }) {
            for other in file.others {
                try link(file.first, other)
                touched.insert(PathParts(other).folder)
            }
        }
        for path in touched { try finish(try access.open(path), path) }
    }

    private func build(_ path: [UInt8], _ reference: TreeReference) throws {
        let directory = try naming(path) { try reader.directory(reference) }
        let folder = try access.open(path)
        var tasks: [FileTask] = []
        for item in directory.items {
            let place = joined(path, item.name)
            switch item.entry {
            case .directory(let reference, _):
                guard item.name.withCString({ mkdirat(folder.number, $0, TreeBuild.folderMode) }) == 0 else {
                    throw SystemError.last("create the folder", shown(place))
                }
                pool.push([{ try self.build(place, reference) }])
            case .symbolicLink(let target): try makeLink(folder, item.name, target, place)
            case .file(let content, let facts):
                if let link = facts.link, try isWritten(link, place, content, facts) { continue }
                tasks.append(
                    FileTask(name: item.name, path: place, content: content, mode: facts.isExecutable ? 0o755 : 0o644)
                )
            }
        }
        if tasks.isEmpty { return try finish(folder, path) }
        let batches = batches(tasks)
        let left = Countdown(batches.count)
        pool.push(
            batches.map { batch in
                {
                    try self.write(batch, folder)
                    // Last, since every new entry changes the folder's time.
                    if left.isLast() { try self.finish(folder, path) }
                }
            }
        )
    }

    /// Small files by the mebibyte. Large ones two by two where that leaves no thread without work, else each by itself.
    private func batches(_ tasks: [FileTask]) -> [[FileTask]] {
        let large = tasks.filter { !$0.isSmall }
        let most = large.count >= 2 * pool.threads ? 2 : 1
        var batches: [[FileTask]] = []
        var batch: [FileTask] = []
        var cost: UInt64 = 0
        for task in tasks where task.isSmall {
            batch.append(task)
            cost += task.content.size + 16 << 10
            guard cost >= 1 << 20 else { continue }
            batches.append(batch)
            (batch, cost) = ([], 0)
        }
        if !batch.isEmpty { batches.append(batch) }
        // Behind the others, which is where they are begun with: what takes long is no good end.
        return batches
            + stride(from: 0, to: large.count, by: most).map { Array(large[$0..<min($0 + most, large.count)]) }
    }

    /// Writes a batch: small files in groups that are opened and hashed together.
    private func write(_ tasks: [FileTask], _ folder: Descriptor) throws {
        // Files that are made in one folder with one mode all get the same: the mask and the folder's rules decide.
        var usual: Set<mode_t> = []
        guard tasks[0].isSmall else { return try writeLarge(tasks, folder, &usual) }
        let batch = reader.batch(tasks.map(\.content))
        var start = 0
        while start < tasks.count {
            var (end, size) = (start, 0 as UInt64)
            while end < tasks.count, size < ContentReader.mostTogether {
                size += tasks[end].content.size
                end += 1
            }
            let group = tasks[start..<end]
            try reader.withPlaintexts(of: group.map { ($0.path, $0.content) }, batch: batch) { plaintexts in
                for (task, plain) in zip(group, plaintexts) {
                    let file = try create(task, folder)
                    var writer = SparseWriter(file)
                    try writer.write(plain)
                    try writer.finish()
                    try finish(file, task, &usual)
                }
            }
            start = end
        }
    }

    /// Writes one file or two.
    private func writeLarge(_ tasks: [FileTask], _ folder: Descriptor, _ usual: inout Set<mode_t>) throws {
        let files = try tasks.map { try create($0, folder) }
        func large(_ number: Int) -> LargeFile {
            LargeFile(tasks[number].content, tasks[number].path, to: files[number], reader: reader, pool: pool)
        }
        if tasks.count == 2, !written.has(tasks[0].content), !written.has(tasks[1].content),
            !tasks[0].content.isSame(as: tasks[1].content)
        {
            var two = (large(0), large(1))
            try LargeFile.write(&two.0, &two.1)
            for task in tasks { written.note(task.content, task.path) }
        } else {
            for (number, task) in tasks.enumerated() where try !written.copy(task.content, to: files[number]) {
                var one = large(number)
                try one.write()
                written.note(task.content, task.path)
            }
        }
        for (task, file) in zip(tasks, files) { try finish(file, task, &usual) }
    }

    private func create(_ task: FileTask, _ folder: Descriptor) throws(SystemError) -> Descriptor {
        let number = task.name.withCString {
            openat(folder.number, $0, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, task.mode)
        }
        guard number >= 0 else { throw .last("create", shown(task.path)) }
        return Descriptor(owning: number, path: shown(task.path))
    }

    /// Gives a file that was written its mode and time.
    private func finish(_ file: Descriptor, _ task: FileTask, _ usual: inout Set<mode_t>) throws(SystemError) {
        var stamps = stamps(task.path)
        if !usual.contains(task.mode) {
            if hasMode(file.number, task.mode) {
                usual.insert(task.mode)
            } else if fchmod(file.number, task.mode) != 0 {
                throw .last("set the mode of", file.path)
            }
        }
        guard futimens(file.number, &stamps) == 0 else { throw .last("set the time of", file.path) }
    }

    /// Under the usual mask a file is made with its mode; to ask costs a fifth of setting it again.
    private func hasMode(_ number: Int32, _ mode: mode_t) -> Bool {
        var status = stat()
        return fstat(number, &status) == 0 && status.st_mode & 0o7777 == mode
    }

    private func makeLink(_ folder: Descriptor, _ name: [UInt8], _ target: [UInt8], _ path: [UInt8]) throws {
        let result = target.withCString { target in name.withCString { symlinkat(target, folder.number, $0) } }
        var stamps = stamps(path)
        guard result == 0, name.withCString({ utimensat(folder.number, $0, &stamps, AT_SYMLINK_NOFOLLOW) }) == 0 else {
            throw SystemError.last("create the link", shown(path))
        }
    }

    /// Whether another name of the same file is written already or soon will be; if so, this one is linked to it later.
    private func isWritten(_ link: Digest256, _ path: [UInt8], _ content: Content, _ facts: FileFacts) throws -> Bool {
        try linked.withLock { linked in
            guard let file = linked[link] else {
                linked[link] = LinkedFile(first: path, content: content, facts: facts)
                return false
            }
            guard file.content.isSame(as: content), file.facts == facts else {
                throw SnapshotFailure.contentWrong(
                    path: shown(path),
                    reason: "the names of one file have different contents"
                )
            }
            linked[link]?.others.append(path)
            return true
        }
    }

    private func link(_ first: [UInt8], _ other: [UInt8]) throws {
        let (from, to) = (PathParts(first), PathParts(other))
        let folders = (try access.open(from.folder), try access.open(to.folder))
        let result = from.name.withCString { from in
            to.name.withCString { linkat(folders.0.number, from, folders.1.number, $0, 0) }
        }
        guard result == 0 else { throw SystemError.last("link", shown(other)) }
    }

    private func finish(_ folder: Descriptor, _ path: [UInt8]) throws {
        var stamps = stamps(path)
        guard hasMode(folder.number, TreeBuild.folderMode) || fchmod(folder.number, TreeBuild.folderMode) == 0,
            futimens(folder.number, &stamps) == 0
        else {
            throw SystemError.last("set the mode and time of", folder.path)
        }
    }

    private func stamps(_ path: [UInt8]) -> [timespec] {
        FileTimes.stamps(times.time(of: path) ?? ModificationTimes.fixed)
    }
}

/// Tells the last of several threads that it is the last.
private final class Countdown: Sendable {
    private let left: Mutex<Int>

    init(_ count: Int) { left = Mutex(count) }

    func isLast() -> Bool {
        left.withLock { left in
            left -= 1
            return left == 0
        }
    }
}
