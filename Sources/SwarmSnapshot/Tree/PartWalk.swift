package import SwarmContracts

/// Gathers the parts that nodes reach and somebody wants. What several trees share is read once, and each part is gathered
/// once.
package struct PartWalk {
    /// What was found and is wanted, by name.
    package private(set) var parts: [Digest256: Part] = [:]
    private var directories: Set<Digest256> = []
    private let isWanted: (Digest256) throws -> Bool

    /// `isWanted` is asked for each part's name.
    package init(_ isWanted: @escaping (Digest256) throws -> Bool) { self.isWanted = isWanted }

    /// Adds what `content` reaches. Throws `SnapshotFailure` where a directory object is missing or damaged.
    package mutating func add(_ content: ReachableContent, reader: ContentReader) throws {
        switch content {
        case .content(let content): try add(content)
        case .tree(let tree): try add(tree, reader)
        }
    }

    /// Forgets the parts found so far, which somebody has taken over: `isWanted` is to say no to them from now on.
    package mutating func takeParts() -> [Part] {
        defer { parts = [:] }
        return Array(parts.values)
    }

    private mutating func add(_ content: Content) throws {
        for part in content.parts where parts[part.name] == nil {
            if try isWanted(part.name) { parts[part.name] = part }
        }
    }

    private mutating func add(_ tree: TreeReference, _ reader: ContentReader) throws {
        var waiting: [(path: [UInt8], reference: TreeReference)] = [([], tree)]
        while let (path, reference) = waiting.popLast() {
            try add(reference.content)
            // Two objects with the same facts may refer to different chunks: the object's own chunks tell them apart.
            let names = reference.content.parts.flatMap(\.name.bytes)
            guard directories.insert(Digest256.sha256(of: names)).inserted else { continue }
            for item in try naming(path, { try reader.directory(reference) }).items {
                switch item.entry {
                case .file(let content, _): try add(content)
                case .directory(let below, _): waiting.append((joined(path, item.name), below))
                case .symbolicLink: break
                }
            }
        }
    }
}
