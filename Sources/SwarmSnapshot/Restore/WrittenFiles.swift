internal import SwarmContracts
internal import SwarmPlatform
internal import Synchronization

/// The large files that a build has written, by what is in them. Where a tree has the same bytes again they come from there: a
/// copy costs a fraction of opening chunks and checking them, and nothing where files can share extents.
final class WrittenFiles: Sendable {
    private let access: FolderAccess
    private let paths = Mutex<[Digest256: [UInt8]]>([:])
    private let copier = FileCopier()

    init(_ access: FolderAccess) { self.access = access }

    /// Notes that the file at `path` is whole and was checked.
    func note(_ content: Content, _ path: [UInt8]) {
        paths.withLock { $0[content.sha256] = path }
    }

    /// Whether there is a file with this content.
    func has(_ content: Content) -> Bool { paths.withLock { $0[content.sha256] != nil } }

    /// Fills an empty file from one that has this content. False, with the file still empty, where there is none.
    func copy(_ content: Content, to file: Descriptor) throws -> Bool {
        guard let path = paths.withLock({ $0[content.sha256] }) else { return false }
        let parts = PathParts(path)
        guard let source = try? FolderEntries.open(access.open(parts.folder), parts.name),
            try source.size() == content.size
        else { return false }
        try copier.copy(source, to: file)
        return true
    }
}
