internal import SwarmContracts
internal import SwarmPlatform

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

extension Applier {
    /// Writes a step's content under a temporary name: beside its place, or, where the folder is yet to be made, in the
    /// nearest one that is there. A folder made below is on the same file system, so the rename will do.
    mutating func stage(_ step: Step, _ leaving: Set<TreePath>) throws {
        try moment(.staging(step.path.bytes))
        let (place, folder) = try stagingFolder(step.path.parent, leaving)
        let name = TemporaryName.new.fresh
        staged[step.path] = Staged(folder: place, name: name, stamp: nil, digest: .zero)
        let digest: Digest256
        switch step.content {
        case .none: return
        case .link(let target):
            guard symlinkat(Folder.cString(target), folder.number, Folder.cString(name)) == 0 else {
                throw SystemError.last("create the link", folder.shown(name))
            }
            digest = Digest256.sha256(of: Array("link:".utf8) + target)
        case .bytes(let bytes):
            digest = try write(step, folder, name) { put in try bytes.withUnsafeBytes(put) }
        case .theirs(let change):
            digest = try write(step, folder, name) { put in
                try source.contents(of: change, side: .theirs, into: put)
            }
            guard case .file(_, digest, _) = change.theirs else {
                throw WorkingTreeFailure.contentMismatch(path: change.path)
            }
        }
        staged[step.path] = Staged(folder: place, name: name, stamp: try folder.stamp(name), digest: digest)
    }

    private func stagingFolder(_ path: TreePath?, _ leaving: Set<TreePath>) throws -> (TreePath?, Folder) {
        guard let path else { return (nil, top) }
        if !leaving.contains(path), case .folder(let folder) = try top.folder(path) { return (path, folder) }
        return try stagingFolder(path.parent, leaving)
    }

    private func write(
        _ step: Step,
        _ folder: Folder,
        _ name: [UInt8],
        _ fill: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws -> Digest256 {
        let mode: mode_t = step.executable ? 0o777 : 0o666
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let number = openat(folder.number, Folder.cString(name), flags, mode)
        guard number >= 0 else { throw SystemError.last("create", folder.shown(name)) }
        let file = Descriptor(owning: number, path: folder.shown(name))
        var hasher = Digest256.Hasher()
        try fill { bytes in
            hasher.update(bytes)
            try file.write(bytes)
        }
        if case .file? = step.seen.state, let stamp = step.seen.stamp { try keepAccess(file, stamp, step.executable) }
        try file.sync()
        return hasher.finish()
    }

    // Who may read and write the user's file stays as it was.
    private func keepAccess(_ file: Descriptor, _ stamp: Observation.Stamp, _ executable: Bool) throws {
        if geteuid() == 0 { _ = fchown(file.number, stamp.owner, stamp.group) }
        try Applier.setMode(file, Applier.mode(stamp.mode, executable: executable))
    }

    static func mode(_ mode: UInt32, executable: Bool) -> mode_t {
        let plain = mode & 0o666
        return mode_t(executable ? plain | (plain & 0o444) >> 2 : plain)
    }

    static func setMode(_ file: Descriptor, _ mode: mode_t) throws {
        guard fchmod(file.number, mode) == 0 else { throw SystemError.last("change the mode of", file.path) }
    }
}
