internal import SwarmContracts
internal import SwarmPlatform

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// A file that must be read.
struct FileTask: Sendable {
    let slot: Int
    let name: [UInt8]
    let size: UInt64
    /// What the parent's tree has under the name.
    let before: TreeEntry?
    /// What the stat cache remembers, however old.
    let remembered: Content?
}

extension Scan {
    /// A job has about this many bytes to read.
    private static let share: UInt64 = 1 << 20
    /// What opening and closing a file costs, in bytes.
    private static let fileCost: UInt64 = 16 << 10
    /// Larger files are read in pieces, and their chunks are shared out.
    private static let small = 4 << 20

    /// Jobs for the files of one folder, cut by bytes.
    func jobs(_ tasks: [FileTask], _ folder: ScanFolder, _ descriptor: Descriptor) -> [WorkPool.Job] {
        var jobs: [WorkPool.Job] = []
        var batch: [FileTask] = []
        var cost: UInt64 = 0
        for (number, task) in tasks.enumerated() {
            batch.append(task)
            cost += task.size + Scan.fileCost
            guard cost >= Scan.share || number == tasks.count - 1 else { continue }
            let mine = batch
            jobs.append { for task in mine { try self.read(task, folder, descriptor) } }
            (batch, cost) = ([], 0)
        }
        return jobs
    }

    private func read(_ task: FileTask, _ folder: ScanFolder, _ descriptor: Descriptor) throws {
        var known: [Content] = []
        if case .file(let content, _) = task.before { known = [content] }
        let path = joined(folder.path, task.name)
        guard let (content, status) = try read(descriptor, task.name, path, known: known) else {
            return try deliver(folder, task.slot, nil)
        }
        let entry = TreeEntry.file(content, FileFacts(isExecutable: status.isExecutable))
        let isSame = task.before?.isSame(as: entry) ?? task.remembered?.isSame(as: content) ?? false
        notes.count(content, isChanged: !isSame)
        try deliver(folder, task.slot, entry, status)
    }

    /// Reads and stores a file. Its reference is the first of `known` with the same plaintext, else new. Nil, with a warning,
    /// where it cannot be read or is no regular file any more.
    func read(
        _ folder: Descriptor,
        _ name: [UInt8],
        _ path: [UInt8],
        known: [Content]
    ) throws -> (Content, FileStatus)? {
        var last: (Content, FileStatus)?
        for _ in 0..<3 {
            let file: Descriptor
            do throws(SystemError) {
                file = try FolderEntries.open(folder, name)
            } catch {
                switch error.number {
                case ENOENT: break
                case EACCES, EPERM: notes.warn(.unreadable, path)
                case ELOOP, ENXIO, ENODEV: notes.warn(.special, path)
                default: throw error
                }
                return nil
            }
            guard let before = FileStatus(of: file.number), before.isRegular else {
                notes.warn(.special, path)
                return nil
            }
            if isLayer { try OverlayMarks.refuseUnknown(file, path) }
            let content = try store(file, before, known)
            last = (content, before)
            if let after = FileStatus(of: file.number), after.isUntouched(since: before) { return last }
        }
        notes.warn(.changing, path)
        return last
    }

    private func store(_ file: Descriptor, _ status: FileStatus, _ known: [Content]) throws -> Content {
        if status.size < Scan.small {
            let content = try writer.sink.windows.with { window -> Content? in
                let count = try file.read(into: window.bytes, at: 0)
                guard count < Scan.small else { return nil }
                let bytes = UnsafeRawBufferPointer(rebasing: window.bytes[..<count])
                // Where nothing can be the same the file's hash comes with its chunk's.
                guard known.contains(where: { $0.size == UInt64(count) }) else { return try writer.write(bytes) }
                let hash = Digest256.sha256(of: bytes)
                let same = known.first { $0.size == UInt64(count) && $0.sha256 == hash }
                return try same ?? writer.write(bytes, hash: hash)
            }
            if let content { return content }
        } else if known.contains(where: { $0.size == status.size }) {
            let hash = try hash(of: file)
            if let same = known.first(where: { $0.size == status.size && $0.sha256 == hash }) { return same }
        }
        return try writer.write(file, limit: .max, pool: pool)
    }

    private func hash(of file: Descriptor) throws -> Digest256 {
        try writer.sink.windows.with { window in
            var reader = try SequentialReader(file)
            var hasher = Digest256.Hasher()
            while true {
                let count = try reader.read(into: window.bytes)
                hasher.update(UnsafeRawBufferPointer(rebasing: window.bytes[..<count]))
                if count < window.bytes.count { return hasher.finish() }
            }
        }
    }
}
