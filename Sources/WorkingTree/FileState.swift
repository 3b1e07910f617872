package import SwarmContracts

/// What stands at a path.
package enum FileState: Sendable, Equatable {
    /// Nothing.
    case absent
    /// A regular file, by the SHA-256 and the count of its bytes.
    case file(executable: Bool, sha256: Digest256, size: UInt64)
    /// A symbolic link and what it says.
    case symlink(target: [UInt8])
    /// A directory; what is in it has paths of its own.
    case directory

    var isPlaceable: Bool {
        switch self {
        case .file, .symlink: true
        case .absent, .directory: false
        }
    }
}

/// One path of a change: what it was before and what it became.
package struct PathChange: Sendable, Equatable {
    /// Relative to the directory, parts divided by slashes. Names are bytes.
    package let path: [UInt8]
    /// As it is in the tree that both sides come from.
    package let base: FileState
    /// As it is in the tree that is applied.
    package let theirs: FileState

    package init(path: [UInt8], base: FileState, theirs: FileState) {
        self.path = path
        self.base = base
        self.theirs = theirs
    }
}

/// Which of the two trees of a change.
package enum ChangeSide: Sendable {
    case base, theirs
}

/// Where the bytes of files come from. Called only for sides that are files.
package protocol ContentSource {
    /// Hands over the file's bytes piece by piece, in order. What is thrown is passed on and ends the apply before
    /// anything visible has happened. The bytes are held against the SHA-256 of the change.
    func contents(
        of change: PathChange,
        side: ChangeSide,
        into body: (UnsafeRawBufferPointer) throws -> Void
    ) throws
}
