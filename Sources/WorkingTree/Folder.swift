internal import CPlatform
internal import SwarmContracts
internal import SwarmPlatform

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// An open directory. Everything is done relative to one, by a single name, so that no link on the way is ever followed.
struct Folder: Sendable {
    let descriptor: Descriptor
    var number: Int32 { descriptor.number }

    /// What a path leads to.
    enum Lookup {
        case folder(Folder)
        /// Nothing is there.
        case missing
        /// Something that is no directory is on the way: a file, or a link.
        case blocked
    }

    init(_ descriptor: Descriptor) { self.descriptor = descriptor }

    /// The directory of the user's choice: links in its own path are the user's affair.
    init(top path: String) throws(SystemError) {
        descriptor = try Descriptor.open(path, O_RDONLY | O_DIRECTORY)
    }

    static func cString(_ bytes: some Sequence<UInt8>) -> [CChar] { bytes.map { CChar(bitPattern: $0) } + [0] }

    func shown(_ name: [UInt8]) -> String { descriptor.path + "/" + TreePath.show(name) }

    /// The directory at a path below this one; this one itself for nil. The kernel is asked to stay below and to follow no
    /// link (openat2(2)); where it is too old for that, each part is opened on its own.
    func folder(_ path: TreePath?) throws(SystemError) -> Lookup {
        guard let path else { return .folder(self) }
        let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW
        let resolve = UInt64(
            SWARM_RESOLVE_BENEATH | SWARM_RESOLVE_NO_SYMLINKS | SWARM_RESOLVE_NO_MAGICLINKS
        )
        var number = swarm_openat2(number, Folder.cString(path.bytes), flags, 0, resolve)
        if number < 0, errno == ENOSYS || errno == EPERM { return try folderByParts(path) }
        while number < 0, errno == EINTR || errno == EAGAIN {
            number = swarm_openat2(self.number, Folder.cString(path.bytes), flags, 0, resolve)
        }
        return try found(number, path.bytes)
    }

    /// The same, one part after the other.
    func folderByParts(_ path: TreePath) throws(SystemError) -> Lookup {
        var folder = self
        for part in path.parts {
            let number = openat(folder.number, Folder.cString(part), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
            guard case .folder(let next) = try folder.found(number, Array(part)) else {
                return errno == ENOENT ? .missing : .blocked
            }
            folder = next
        }
        return .folder(folder)
    }

    private func found(_ number: Int32, _ path: [UInt8]) throws(SystemError) -> Lookup {
        if number >= 0 { return .folder(Folder(Descriptor(owning: number, path: shown(path)))) }
        switch errno {
        case ENOENT: return .missing
        case ENOTDIR, ELOOP, EXDEV: return .blocked
        default: throw .last("open", shown(path))
        }
    }

    /// The names in it, as bytes.
    func names() throws(SystemError) -> [[UInt8]] {
        let again = openat(number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard again >= 0, let stream = fdopendir(again) else { throw .last("list", descriptor.path) }
        defer { closedir(stream) }
        var names: [[UInt8]] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if name != [46], name != [46, 46] { names.append(name) }
        }
        return names
    }

    /// Renames within or between open folders; flags of renameat2(2). False, with errno, where it fails.
    func rename(_ name: [UInt8], to target: Folder, _ newName: [UInt8], _ flags: Int32) -> Bool {
        swarm_renameat2(number, Folder.cString(name), target.number, Folder.cString(newName), UInt32(flags)) == 0
    }

    /// Removes a file or link; one that is not there is no error.
    func remove(_ name: [UInt8]) throws(SystemError) {
        guard unlinkat(number, Folder.cString(name), 0) == 0 || errno == ENOENT else {
            throw .last("remove", shown(name))
        }
    }
}
