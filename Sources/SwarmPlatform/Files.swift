internal import CPlatform
internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Whole-file operations on paths that swarm itself chose. What a step or a stranger chose goes through descriptors and
/// never follows a link: see `SwarmSnapshot`.
package enum Files {
    /// What stands at a path, links not followed.
    package enum Kind: Sendable, Equatable {
        case regular, directory, symbolicLink, other
    }

    /// The kind, or nil where nothing is there.
    package static func kind(_ path: String) -> Kind? {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        return kind(status)
    }

    /// What a path leads to, links followed; nil where it leads to nothing. Throws `SystemError` where that cannot be told: a
    /// folder on the way that may not be searched.
    package static func targetKind(_ path: String) throws(SystemError) -> Kind? {
        var status = stat()
        if stat(path, &status) == 0 { return kind(status) }
        switch errno {
        case ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG: return nil
        default: throw .last("look at", path)
        }
    }

    private static func kind(_ status: stat) -> Kind {
        switch status.st_mode & S_IFMT {
        case S_IFREG: .regular
        case S_IFDIR: .directory
        case S_IFLNK: .symbolicLink
        default: .other
        }
    }

    /// When a file's content last changed, in seconds since 1970. Throws `SystemError`.
    package static func modifiedSeconds(_ path: String) throws(SystemError) -> Int64 {
        var status = stat()
        guard lstat(path, &status) == 0 else { throw .last("look at", path) }
        return Int64(status.st_mtim.tv_sec)
    }

    /// Reads a file of at most `limit` bytes. Throws `SystemError`; a longer file is EFBIG.
    package static func read(_ path: String, limit: Int = 64 << 20) throws(SystemError) -> [UInt8] {
        let file = try Descriptor.open(path, O_RDONLY)
        return try read(file, limit: limit, expecting: Int(clamping: try file.size()))
    }

    /// Reads a file of any size in pieces, in order.
    package static func stream(_ path: String, into body: (UnsafeRawBufferPointer) -> Void) throws(SystemError) {
        let file = try Descriptor.open(path, O_RDONLY)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { buffer.deallocate() }
        var offset: UInt64 = 0
        while true {
            let count = try file.read(into: buffer, at: offset)
            if count == 0 { return }
            body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            offset += UInt64(count)
        }
    }

    /// Reads what is left of an open file or pipe, at most `limit` bytes; more is EFBIG.
    package static func read(_ file: Descriptor, limit: Int = 64 << 20) throws(SystemError) -> [UInt8] {
        try read(file, limit: limit, expecting: 0)
    }

    /// `expected` is how many bytes there probably are: it saves growing, and decides nothing.
    private static func read(
        _ file: Descriptor,
        limit: Int,
        expecting expected: Int
    ) throws(SystemError) -> [UInt8] {
        // One more than expected: a file that is as long as was thought is read at once, and its end found by the next call.
        var bytes = try piece(of: file, max(min(expected, limit) + 1, 4 << 10))
        while true {
            if bytes.count > limit { throw SystemError("read", file.path, EFBIG) }
            let more = try piece(of: file, 64 << 10)
            if more.isEmpty { return bytes }
            bytes += more
        }
    }

    /// What one call gives; nothing at the end.
    private static func piece(of file: Descriptor, _ most: Int) throws(SystemError) -> [UInt8] {
        var failure: SystemError?
        let bytes = [UInt8](unsafeUninitializedCapacity: most) { buffer, filled in
            var count: Int
            repeat { count = Glibc.read(file.number, buffer.baseAddress, most) } while count < 0 && errno == EINTR
            if count < 0 { failure = .last("read", file.path) }
            filled = max(count, 0)
        }
        if let failure { throw failure }
        return bytes
    }

    /// Writes the file so that a reader sees the old content, none, or all of the new: a temporary file beside it, synced,
    /// renamed, and the folder synced. With `exclusive` an existing file is left alone and EEXIST thrown. Of several files in
    /// one folder only the last need sync the folder: `syncsFolder`.
    package static func write(
        _ bytes: [UInt8],
        to path: String,
        mode: UInt32 = 0o644,
        exclusive: Bool = false,
        sync: Bool = true,
        syncsFolder: Bool = true
    ) throws(SystemError) {
        let temporary = path + ".tmp-" + Hex16.random()
        let file = try Descriptor.open(temporary, O_WRONLY | O_CREAT | O_EXCL, mode: mode)
        do throws(SystemError) {
            try file.write(bytes)
            if sync { try file.sync() }
            let flags = exclusive ? UInt32(SWARM_RENAME_NOREPLACE) : 0
            guard swarm_renameat2(AT_FDCWD, temporary, AT_FDCWD, path, flags) == 0 else {
                throw .last("write", path)
            }
        } catch {
            unlink(temporary)
            throw error
        }
        if sync, syncsFolder { try syncFolder(of: path) }
    }

    /// Waits until everything written to the files and folders is on the disk. They are synced at the same time, so that the file
    /// system can answer all with one commit of its journal instead of one each.
    package static func sync(_ files: [Descriptor]) throws(SystemError) {
        guard files.count > 1 else {
            for file in files { try file.sync() }
            return
        }
        let failures = Mutex<[SystemError]>([])
        let threads = min(files.count, 16)
        try WorkerThread.concurrently(threads) { first in
            for number in stride(from: first, to: files.count, by: threads) {
                do throws(SystemError) { try files[number].sync() } catch { failures.withLock { $0.append(error) } }
            }
        }
        if let failure = failures.withLock({ $0.first }) { throw failure }
    }

    /// Syncs the folders, so that the names in them survive a power cut.
    package static func sync(folders: [String]) throws(SystemError) {
        var open: [Descriptor] = []
        for folder in folders { open.append(try Descriptor.open(folder, O_RDONLY | O_DIRECTORY)) }
        try sync(open)
    }

    /// Syncs the folder that holds `path`, so that the name itself survives a power cut.
    package static func syncFolder(of path: String) throws(SystemError) {
        let folder = parent(of: path)
        try Descriptor.open(folder, O_RDONLY | O_DIRECTORY).sync()
    }

    /// The folder part of a path.
    package static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Makes the folder and those above it that are missing.
    package static func makeFolder(_ path: String, mode: UInt32 = 0o755) throws(SystemError) {
        if mkdir(path, mode) == 0 || (errno == EEXIST && kind(path) != nil) { return }
        guard errno == ENOENT, parent(of: path) != path else { throw .last("create the folder", path) }
        try makeFolder(parent(of: path), mode: mode)
        guard mkdir(path, mode) == 0 || errno == EEXIST else { throw .last("create the folder", path) }
    }

    /// The names in a folder, `.` and `..` left out, in no order; names that are not UTF-8 are left out.
    package static func names(in path: String) throws(SystemError) -> [String] {
        var names: [String] = []
        try each(in: path) { names.append($0) }
        return names
    }

    /// The same, one after the other: for folders that may hold a million. What is made or removed meanwhile comes or does
    /// not.
    package static func eachName(in path: String, _ body: (String) throws -> Void) throws {
        var failure: (any Error)?
        try each(in: path) { name in
            guard failure == nil else { return }
            do { try body(name) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    /// The names of the folders in a folder, links not followed, in no order; names that are not UTF-8 are left out.
    package static func folders(in path: String) throws(SystemError) -> [String] {
        guard let stream = opendir(path) else { throw .last("list", path) }
        defer { closedir(stream) }
        var folders: [String] = []
        while let entry = readdir(stream) {
            let type = entry.pointee.d_type
            guard type == UInt8(DT_DIR) || type == UInt8(DT_UNKNOWN) else { continue }
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(validatingCString: $0) }
            }
            guard let name, name != ".", name != ".." else { continue }
            if type == UInt8(DT_DIR) || kind(path + "/" + name) == .directory { folders.append(name) }
        }
        return folders
    }

    private static func each(in path: String, _ body: (String) -> Void) throws(SystemError) {
        guard let stream = opendir(path) else { throw .last("list", path) }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(validatingCString: $0) }
            }
            if let name, name != ".", name != ".." { body(name) }
        }
    }

    /// The size of a file in bytes, links not followed.
    package static func size(_ path: String) throws(SystemError) -> UInt64 {
        var status = stat()
        guard lstat(path, &status) == 0 else { throw .last("look at", path) }
        return UInt64(status.st_size)
    }

    /// Whether the folder has no entry at all.
    package static func isEmpty(_ path: String) throws(SystemError) -> Bool {
        guard let stream = opendir(path) else { throw .last("list", path) }
        defer { closedir(stream) }
        var count = 0
        while count < 3, readdir(stream) != nil { count += 1 }
        return count == 2
    }

    /// Whether an open file is a regular one.
    package static func isRegular(_ file: Descriptor) -> Bool {
        var status = stat()
        return fstat(file.number, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    /// Sets a file's or folder's times to now.
    package static func touch(_ path: String) throws(SystemError) {
        guard utimensat(AT_FDCWD, path, nil, AT_SYMLINK_NOFOLLOW) == 0 else { throw .last("set the time of", path) }
    }

    /// Renames, over what stands at the target if that is a file or an empty folder, and syncs the folder.
    package static func move(_ path: String, to target: String) throws(SystemError) {
        guard Glibc.rename(path, target) == 0 else { throw .last("create", target) }
        try syncFolder(of: target)
    }

    /// Renames; nothing is synced.
    package static func rename(_ path: String, to target: String) throws(SystemError) {
        guard Glibc.rename(path, target) == 0 else { throw .last("move", path) }
    }

    /// Removes a file; one that is not there is no error.
    package static func remove(_ path: String) throws(SystemError) {
        guard unlink(path) == 0 || errno == ENOENT else { throw .last("remove", path) }
    }

    /// The path with every link resolved, or nil where something on it is missing.
    package static func realPath(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// The current folder.
    package static func currentFolder() -> String {
        guard let path = getcwd(nil, 0) else { return "/" }
        defer { free(path) }
        return String(cString: path)
    }

    /// An absolute form of a path, relative to the current folder; links are not resolved.
    package static func absolute(_ path: String) -> String {
        let full = path.hasPrefix("/") ? path : currentFolder() + "/" + path
        var parts: [Substring] = []
        for part in full.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }
}
