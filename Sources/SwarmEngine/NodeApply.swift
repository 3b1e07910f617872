internal import SwarmContracts
internal import SwarmPlatform
internal import SwarmSnapshot
package import WorkingTree

/// What an apply did, or would do.
package struct ApplyOutcome: Sendable {
    package let actions: [Action]
    package let conflicts: [Conflict]
    /// Paths that are never written: `.git`, `.swarm`.
    package let leftOut: [[UInt8]]
    /// What the command ends with: nil where everything was taken, or would be.
    package let failure: WorkingTreeFailure?
}

extension Store {
    /// The import that a node descends from: what the user's directory was when the work began.
    package func applyBase(of node: OpenedNode) throws -> OpenedNode {
        var id: NodeID? = node.id
        while let current = id {
            let descriptor = try descriptor(current)
            if descriptor.identity.operation == .import { return try self.node(current) }
            id = descriptor.identity.parentNodeID
        }
        throw EngineFailure.nothingToApply(node.id.description)
    }

    /// Brings what a node changed since its import into a directory. Throws exit 2 with the conflicts, before a byte is
    /// written, where `style` is `refuse`; a dry run gives that as the outcome's failure instead, and no actions.
    package func apply(
        _ node: OpenedNode,
        to directory: String,
        style: ConflictStyle,
        dryRun: Bool
    ) throws -> ApplyOutcome {
        let base = try applyBase(of: node)
        let changes = try difference(base, node)
        let source = TreeChangeSource(store: self, node: node, changes: changes)
        let plan = try WorkingTree.plan(
            directory: directory,
            changes: changes.map(\.pathChange),
            source: source,
            style: style
        )
        if dryRun {
            let isRefused = style == .refuse && !plan.conflicts.isEmpty
            let failure = isRefused ? WorkingTreeFailure.conflicts : WorkingTreeFailure.conflictsLeft
            return ApplyOutcome(
                actions: isRefused ? [] : plan.actions,
                conflicts: plan.conflicts,
                leftOut: plan.ignoredGit,
                failure: plan.conflicts.isEmpty ? nil : failure(plan.conflicts)
            )
        }
        let report = try WorkingTree.apply(plan, source: source)
        return ApplyOutcome(
            actions: report.done,
            conflicts: report.conflicts,
            leftOut: plan.ignoredGit,
            failure: report.failure
        )
    }
}

/// The bytes of both sides of a difference of two trees.
private struct TreeChangeSource: ContentSource {
    let store: Store
    let node: OpenedNode
    private let entries: [[UInt8]: TreeChange]

    init(store: Store, node: OpenedNode, changes: [TreeChange]) {
        self.store = store
        self.node = node
        entries = Dictionary(changes.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
    }

    func contents(
        of change: PathChange,
        side: ChangeSide,
        into body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let entry = side == .base ? entries[change.path]?.old : entries[change.path]?.new
        guard case .file(let content, _) = entry else { return }
        try store.content(of: node) { try store.reader.read(content, into: body) }
    }
}

extension TreeChange {
    fileprivate var pathChange: PathChange {
        PathChange(path: path, base: TreeChange.state(old), theirs: TreeChange.state(new))
    }

    private static func state(_ entry: TreeEntry?) -> FileState {
        switch entry {
        case nil: .absent
        case .file(let content, let facts):
            .file(executable: facts.isExecutable, sha256: content.sha256, size: content.size)
        case .symbolicLink(let target): .symlink(target: target)
        case .directory: .directory
        }
    }
}
