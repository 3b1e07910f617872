internal import SwarmContracts

/// What is done to a path.
package enum ActionKind: String, Sendable {
    /// A file or link where there was none.
    case create
    /// The node's version instead of the base's.
    case replace
    /// Both sides' changes in one text.
    case merge
    /// Both versions between markers.
    case markers
    /// The node's version beside the user's.
    case sidecar
    /// The executable bit alone.
    case setMode = "set_mode"
    /// A file or link goes.
    case delete
    case makeDirectory = "make_directory"
    /// A directory goes, if it is empty by then.
    case removeDirectory = "remove_directory"
}

/// One deed of an apply.
package struct Action: Sendable, Equatable {
    package let path: [UInt8]
    package let kind: ActionKind
}

/// Everything that an apply will do, found out before the first write.
package struct ApplyPlan: Sendable {
    /// The absolute directory.
    package let directory: String
    package let style: ConflictStyle
    /// In the order in which they are done.
    package var actions: [Action] { steps.map { Action(path: $0.path.bytes, kind: $0.kind) } }
    /// Paths that both sides changed, in order.
    package internal(set) var conflicts: [Conflict] = []
    /// Paths where nothing is to be done: they are so already, or the user's version stays without a conflict.
    package internal(set) var untouched: [[UInt8]] = []
    /// Paths of the change that are never applied: git's (`.git`, in any letter case), the store's (`.swarm`), and names of
    /// our temporaries.
    package internal(set) var ignoredGit: [[UInt8]] = []

    var steps: [Step] = []
    /// All paths of the change: where leftovers of an earlier apply may lie.
    var paths: [TreePath] = []

    init(directory: String, style: ConflictStyle) {
        self.directory = directory
        self.style = style
    }
}

/// A deed with all that it needs.
struct Step: Sendable {
    enum Content: Sendable {
        case none
        case theirs(PathChange)
        case bytes([UInt8])
        case link(target: [UInt8])
    }

    var path: TreePath
    let kind: ActionKind
    var content = Content.none
    var executable = false
    /// What stood there when the plan was made.
    let seen: Observation
    /// Whether the deed must succeed for the change to be whole; a directory that only became superfluous may stay.
    var needed = true

    var order: Int {
        switch kind {
        case .delete: 0
        case .removeDirectory: 1
        case .makeDirectory: 2
        case .create, .replace, .merge, .markers, .sidecar, .setMode: 3
        }
    }
}

/// What an apply did.
package struct ApplyReport: Sendable {
    /// What is now so.
    package internal(set) var done: [Action] = []
    /// The plan's conflicts, and those found while writing.
    package internal(set) var conflicts: [Conflict] = []
    /// Temporaries that hold a version of a file which the user wrote in the very moment of an apply, now or earlier, and
    /// that could not be put back. They are never removed.
    package internal(set) var kept: [[UInt8]] = []

    /// What a command should end with: nil where everything was taken.
    package var failure: WorkingTreeFailure? { conflicts.isEmpty ? nil : .conflictsLeft(conflicts) }
}
