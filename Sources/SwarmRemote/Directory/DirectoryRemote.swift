internal import SwarmContracts
internal import SwarmPlatform

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// A remote that is a directory: a disk, a share, a folder that something else synchronises.
///
/// ```text
/// packs/ nodes/ refs/ published/    the shelves
/// tmp/                              what is being written; its writer holds a lock on it
/// lock                              held while a ref moves
/// ```
package struct DirectoryRemote: RemoteStore {
    /// Objects of one page of a list.
    private static let page = 10_000

    package let path: String

    /// `path` is absolute. Nothing is looked at yet.
    package init(path: String) { self.path = path }

    package var name: String { path }

    private var temporary: String { path + "/tmp" }

    private func file(_ object: RemoteObject) -> String { "\(path)/\(object)" }

    package func prepare() throws {
        // The folder above must be there: a disk that is not mounted is no empty remote.
        guard Files.kind(Files.parent(of: path)) != nil else {
            throw RemoteFailure.missing(remote: name, what: "there is no folder \(Files.parent(of: path))")
        }
        if Files.realPath(path) != nil { try found() }
        for folder in [path, temporary] + RemoteShelf.allCases.map({ path + "/" + $0.rawValue }) {
            try Files.makeFolder(folder, mode: 0o755)
        }
        try sweep()
    }

    /// Removes what ended writers left: their locks are free.
    private func sweep() throws {
        for name in try Files.names(in: temporary) {
            let left = "\(temporary)/\(name)"
            guard let lock = try? FileLock.exclusiveIfFree(left) else { continue }
            if lock.isAt(left) { unlink(left) }
            lock.release()
        }
    }

    /// Throws where there is nothing, or something else than a remote. An empty directory is a remote to which nothing was pushed
    /// yet; so is one in which a push began and was killed.
    private func found() throws {
        guard let real = Files.realPath(path) else {
            throw RemoteFailure.missing(remote: name, what: "there is no such directory")
        }
        func refuse(_ why: String) -> RemoteFailure { .addressInvalid(path, why: why) }
        guard Files.kind(real) == .directory else { throw refuse("it is no directory") }
        if [RemoteShelf.packs, .refs].allSatisfy({ Files.kind("\(real)/\($0.rawValue)") == .directory }) { return }
        let own = ["tmp", "lock"] + RemoteShelf.allCases.map(\.rawValue)
        guard let other = try Files.names(in: real).sorted().first(where: { !own.contains($0) }) else { return }
        throw refuse("it is a directory of other files, '\(Name.shown(other))' for one")
    }

    package func size(of object: RemoteObject) throws -> UInt64? {
        guard let file = try open(object) else { return nil }
        return try file.size()
    }

    private func open(_ object: RemoteObject) throws -> Descriptor? {
        do throws(SystemError) {
            return try Descriptor.open(file(object), O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
        } catch {
            guard error.number == ENOENT || error.number == ENOTDIR else { throw error }
            try found()
            return nil
        }
    }

    package func put(_ source: RemoteSource, at object: RemoteObject) throws -> Bool {
        let target = file(object)
        // Another's object counts from now on too: its name is made to last as one's own is.
        guard Files.kind(target) == nil else {
            try Files.syncFolder(of: target)
            return false
        }
        return try write(source) { temporary in
            if link(temporary, target) == 0 {
                try Files.syncFolder(of: target)
                return true
            }
            guard errno == EEXIST else { throw SystemError.last("write", target) }
            return false
        }
    }

    /// Writes a temporary file, hands its path to `place` once its bytes are on the disk, and removes it.
    private func write(_ source: RemoteSource, _ place: (String) throws -> Bool) throws -> Bool {
        var temporary = self.temporary + "/" + Hex.encode(Randomness.bytes(8))
        var lock = try FileLock.exclusive(temporary)
        // A sweep may have taken the file away before it was locked.
        while !lock.isAt(temporary) {
            temporary = self.temporary + "/" + Hex.encode(Randomness.bytes(8))
            lock = try FileLock.exclusive(temporary)
        }
        defer {
            unlink(temporary)
            lock.release()
        }
        let target = try Descriptor.open(temporary, O_WRONLY | O_TRUNC)
        switch source {
        case .bytes(let bytes): try target.write(bytes)
        case .file(let path):
            var failure: SystemError?
            try Files.stream(path) { bytes in
                guard failure == nil else { return }
                do throws(SystemError) { try target.write(bytes) } catch { failure = error }
            }
            if let failure { throw failure }
        }
        guard fchmod(target.number, 0o644) == 0 else { throw SystemError.last("write", temporary) }
        try target.sync()
        return try place(temporary)
    }

    package func read(_ object: RemoteObject, _ range: Range<UInt64>) throws -> [UInt8]? {
        guard let file = try open(object) else { return nil }
        return try file.bytes(range.count, at: range.lowerBound)
    }

    package func list(_ shelf: RemoteShelf, after: String?) throws -> [RemoteEntry] {
        try found()
        let folder = path + "/" + shelf.rawValue
        guard Files.kind(folder) == .directory else { return [] }
        var names = try Files.names(in: folder)
        if let after { names.removeAll { !RemoteEntry.precedes(after, $0) } }
        names.sort(by: RemoteEntry.precedes)
        return try names.prefix(DirectoryRemote.page).compactMap { name in
            // Gone since the folder was read.
            guard Files.kind("\(folder)/\(name)") == .regular else { return nil }
            return RemoteEntry(name: name, size: try Descriptor.open("\(folder)/\(name)", O_RDONLY).size())
        }
    }

    package func delete(_ object: RemoteObject) throws { try Files.remove(file(object)) }

    package func ref(_ object: RemoteObject) throws -> RemoteRef? {
        guard let bytes = try read(object, 0..<(64 << 10)) else { return nil }
        return RemoteRef(bytes: bytes, version: Digest256.sha256(of: bytes).hex)
    }

    package func swap(_ object: RemoteObject, expected: RemoteRef?, to bytes: [UInt8]) throws -> Bool {
        let lock = try FileLock.exclusive(path + "/lock")
        defer { lock.release() }
        let current = try ref(object)
        if current?.bytes == bytes { return true }
        guard current?.version == expected?.version else { return false }
        let target = file(object)
        return try write(.bytes(bytes)) { temporary in
            try Files.move(temporary, to: target)
            return true
        }
    }

    package func location(of object: RemoteObject, seconds: Int64) throws -> RemoteLocation { .path(file(object)) }
}

extension RemoteEntry {
    /// The byte order of names.
    static func precedes(_ left: String, _ right: String) -> Bool { left.utf8.lexicographicallyPrecedes(right.utf8) }
}
