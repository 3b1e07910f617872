internal import SwarmContracts
internal import SwarmPlatform
internal import SwarmSnapshot

/// Opens every byte that a node reaches. What was opened once is not opened again.
final class ContentCheck {
    private let reader: ContentReader
    private var opened: Set<Digest256> = []

    init(reader: ContentReader) { self.reader = reader }

    /// How many chunks have been opened.
    var chunks: Int { opened.count }

    /// Throws a `SnapshotFailure` that names the first path whose bytes are missing or damaged.
    func check(_ root: SnapshotRoot) throws {
        try check(root.state, path: "the state database")
        try check(root.response, path: "the response")
        try check(root.workspace, "")
        if let home = root.home { try check(home, "~/") }
    }

    private func check(_ tree: TreeReference, _ prefix: String) throws {
        guard !isKnown(tree.content) else { return }
        try TreeWalk.each(in: tree, reader: reader) { path, entry in
            guard case .file(let content, _) = entry else { return }
            try check(content, path: prefix + String(decoding: path, as: UTF8.self))
        }
        remember(tree.content)
    }

    private func check(_ content: Content, path: String) throws {
        guard !isKnown(content) else { return }
        do {
            try reader.verify(content)
        } catch let failure as SnapshotFailure {
            throw failure.at(Array(path.utf8))
        }
        remember(content)
    }

    private func isKnown(_ content: Content) -> Bool { content.parts.allSatisfy { opened.contains($0.name) } }

    private func remember(_ content: Content) { for part in content.parts { opened.insert(part.name) } }
}

extension Store {
    /// Opens every byte of a node. Throws exit 5 naming the file and the node.
    package func verifyContent(of node: OpenedNode) throws {
        try content(of: node) { try ContentCheck(reader: reader).check(node.root) }
    }
}
