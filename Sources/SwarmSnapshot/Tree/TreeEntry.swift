package import SwarmContracts

/// What of a regular file beside its bytes belongs to a tree.
package struct FileFacts: Sendable, Equatable {
    /// Mode 0755 rather than 0644.
    package let isExecutable: Bool
    /// Names of one file: all of them carry the same mark, SHA-256 of `"swarm/v1/link"`, a zero byte and the path of the first
    /// of them in byte order. None for a file with one name.
    package let link: Digest256?

    package init(isExecutable: Bool, link: Digest256? = nil) { (self.isExecutable, self.link) = (isExecutable, link) }

    /// The mark for the names of the file whose first name is `path`.
    static func link(first path: [UInt8]) -> Digest256 { Digest256.sha256(of: Array("swarm/v1/link\0".utf8) + path) }
}

/// What stands under one name in a directory.
package enum TreeEntry: Sendable {
    /// A regular file.
    case file(Content, FileFacts)
    /// A directory; `hasLinks` where a file in or below it has several names.
    case directory(TreeReference, hasLinks: Bool)
    /// A symbolic link with its target: 1 to 4095 bytes, none of them zero.
    case symbolicLink([UInt8])

    /// `file`, `executable file`, `directory` or `symbolic link`.
    package var kindName: String {
        switch self {
        case .file(_, let facts): facts.isExecutable ? "executable file" : "file"
        case .directory: "directory"
        case .symbolicLink: "symbolic link"
        }
    }

    /// Whether both are the same to somebody who reads them: plaintext, kind, executable bit.
    package func isSame(as other: TreeEntry) -> Bool {
        switch (self, other) {
        case (.file(let one, let facts), .file(let two, let others)):
            one.isSame(as: two) && facts.isExecutable == others.isExecutable
        case (.directory(let one, _), .directory(let two, _)): one.t == two.t
        case (.symbolicLink(let one), .symbolicLink(let two)): one == two
        default: false
        }
    }

    var hasLinks: Bool {
        switch self {
        case .file(_, let facts): facts.link != nil
        case .directory(_, let hasLinks): hasLinks
        case .symbolicLink: false
        }
    }
}
