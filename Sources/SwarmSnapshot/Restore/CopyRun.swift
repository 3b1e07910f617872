internal import SwarmPlatform
internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// One copy of a tree that several layers make.
final class CopyRun: Sendable {
    /// A name of a file that has several, in one layer.
    private struct LinkKey: Hashable {
        let device: UInt64
        let inode: UInt64
    }

    private let layers: [FolderAccess]
    private let target: FolderAccess
    private let pool: WorkPool
    private let copier = FileCopier()
    private let links = Mutex<[LinkKey: [[UInt8]]]>([:])
    private let folders = Mutex<[(path: [UInt8], modified: Int64)]>([])

    init(layers: [FolderAccess], target: FolderAccess, pool: WorkPool) {
        (self.layers, self.target, self.pool) = (layers, target, pool)
    }

    /// Copies; true where every file shares the original's extents.
    func run() throws -> Bool {
        let all = Array(layers.indices)
        pool.push([{ try self.copy([], all) }])
        try pool.run()
        for names in links.withLock({ Array($0.values) }) {
            for other in names.dropFirst() { try link(names[0], other) }
        }
        for folder in folders.withLock({ $0 }) {
            let descriptor = try target.open(folder.path)
            try stamp(descriptor, 0o755, folder.modified)
        }
        return copier.isReflink
    }

    /// Copies one folder out of those of the layers that have it, the topmost first.
    private func copy(_ path: [UInt8], _ numbers: [Int]) throws {
        let place = try target.open(path)
        var decided: Set<[UInt8]> = []
        var merged: [[UInt8]: [Int]] = [:]
        var jobs: [WorkPool.Job] = []
        for (position, number) in numbers.enumerated() {
            let source = try layers[number].open(path)
            if position == 0, let status = FileStatus(of: source.number) {
                folders.withLock { $0.append((path, status.modified)) }
            }
            var here: Set<[UInt8]> = []
            for name in try FolderEntries.names(source) where !decided.contains(name) {
                guard let status = try FolderEntries.status(source, name) else { continue }
                if status.isDirectory {
                    merged[name, default: []].append(number)
                    if try isOpaque(source, name) { here.insert(name) }
                    continue
                }
                here.insert(name)
                // A file hides what lies below it; a folder above it has come first.
                if merged[name] != nil { continue }
                if try isWhiteout(source, name, status) { continue }
                if let job = try entry(source, place, name, joined(path, name), status) { jobs.append(job) }
            }
            decided.formUnion(here)
            if OverlayMarks.isOpaque(source) { break }
        }
        for (name, numbers) in merged {
            guard name.withCString({ mkdirat(place.number, $0, 0o700) }) == 0 else {
                throw SystemError.last("create the folder", shown(joined(path, name)))
            }
            pool.push([{ try self.copy(joined(path, name), numbers) }])
        }
        pool.push(jobs)
    }

    private func isOpaque(_ folder: Descriptor, _ name: [UInt8]) throws -> Bool {
        let number = name.withCString { openat(folder.number, $0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
        guard number >= 0 else { throw SystemError.last("open", "\(folder.path)/\(shown(name))") }
        return OverlayMarks.isOpaque(Descriptor(owning: number, path: shown(name)))
    }

    private func isWhiteout(_ folder: Descriptor, _ name: [UInt8], _ status: FileStatus) throws -> Bool {
        if status.isWhiteout { return true }
        guard status.isRegular, status.size == 0, let file = try? FolderEntries.open(folder, name) else { return false }
        return OverlayMarks.isWhiteout(file)
    }

    private func entry(
        _ source: Descriptor,
        _ place: Descriptor,
        _ name: [UInt8],
        _ path: [UInt8],
        _ status: FileStatus
    ) throws -> WorkPool.Job? {
        if status.isLink {
            guard let target = FolderEntries.target(source, name) else { return nil }
            let result = target.withCString { target in name.withCString { symlinkat(target, place.number, $0) } }
            var stamps = FileTimes.stamps(status.modified)
            guard result == 0, name.withCString({ utimensat(place.number, $0, &stamps, AT_SYMLINK_NOFOLLOW) }) == 0
            else {
                throw SystemError.last("create the link", shown(path))
            }
            return nil
        }
        guard status.isRegular else { return nil }
        if status.names > 1 {
            let key = LinkKey(device: status.device, inode: status.inode)
            let isFirst = links.withLock { links in
                links[key, default: []].append(path)
                return links[key]?.count == 1
            }
            guard isFirst else { return nil }
        }
        return { try self.copyFile(source, place, name, path, status) }
    }

    private func copyFile(
        _ source: Descriptor,
        _ place: Descriptor,
        _ name: [UInt8],
        _ path: [UInt8],
        _ status: FileStatus
    ) throws {
        let from = try FolderEntries.open(source, name)
        let number = name.withCString {
            openat(place.number, $0, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        }
        guard number >= 0 else { throw SystemError.last("create", shown(path)) }
        let file = Descriptor(owning: number, path: shown(path))
        if status.size > 0 { try copier.copy(from, to: file) }
        try stamp(file, status.isExecutable ? 0o755 : 0o644, status.modified)
    }

    private func stamp(_ file: Descriptor, _ mode: UInt32, _ modified: Int64) throws(SystemError) {
        var stamps = FileTimes.stamps(modified)
        guard fchmod(file.number, mode) == 0, futimens(file.number, &stamps) == 0 else {
            throw .last("set the mode and time of", file.path)
        }
    }

    private func link(_ first: [UInt8], _ other: [UInt8]) throws {
        let (from, to) = (PathParts(first), PathParts(other))
        let folders = (try target.open(from.folder), try target.open(to.folder))
        let result = from.name.withCString { from in
            to.name.withCString { linkat(folders.0.number, from, folders.1.number, $0, 0) }
        }
        guard result == 0 else { throw SystemError.last("link", shown(other)) }
    }
}
