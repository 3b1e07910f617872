package import SwarmContracts

/// Something through which chunks are reached.
package enum ReachableContent: Sendable {
    case tree(TreeReference)
    case content(Content)
}

/// Gathers the names of all chunks that nodes reach. What several trees share is read once.
package struct ChunkWalk {
    /// The names found so far.
    package private(set) var names: Set<Digest256> = []
    private var directories: Set<Digest256> = []

    package init() {}

    /// Adds what `content` reaches. Throws `SnapshotFailure` where a directory object is missing or damaged.
    package mutating func add(_ content: ReachableContent, reader: ContentReader) throws {
        switch content {
        case .content(let content): add(content)
        case .tree(let tree): try add(tree, reader)
        }
    }

    private mutating func add(_ content: Content) { for part in content.parts { names.insert(part.name) } }

    private mutating func add(_ tree: TreeReference, _ reader: ContentReader) throws {
        var waiting: [(path: [UInt8], reference: TreeReference)] = [([], tree)]
        while let (path, reference) = waiting.popLast() {
            add(reference.content)
            guard directories.insert(ChunkWalk.identity(of: reference.content)).inserted else { continue }
            for item in try naming(path, { try reader.directory(reference) }).items {
                switch item.entry {
                case .file(let content, _): add(content)
                case .directory(let below, _): waiting.append((joined(path, item.name), below))
                case .symbolicLink: break
                }
            }
        }
    }

    /// Two directory objects with the same facts may refer to different chunks: the chunks of the object itself tell them
    /// apart.
    private static func identity(of content: Content) -> Digest256 {
        guard content.parts.count != 1 else { return content.parts[0].name }
        return Digest256.sha256(of: content.parts.flatMap(\.name.bytes))
    }

    /// Adds all names that `contents` reach to `names`.
    package static func collect(
        _ contents: [ReachableContent],
        reader: ContentReader,
        into names: inout Set<Digest256>
    ) throws {
        var walk = ChunkWalk()
        for content in contents { try walk.add(content, reader: reader) }
        names.formUnion(walk.names)
    }
}
