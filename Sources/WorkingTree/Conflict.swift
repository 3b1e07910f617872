/// What to do where both sides changed a path.
package enum ConflictStyle: Sendable {
    /// Write nothing at all.
    case refuse
    /// Write the rest; put both versions between markers into a text, and the node's version beside any other file.
    case markers
}

/// Why a path cannot simply be taken.
package enum ConflictReason: String, Sendable {
    /// Both changed the same lines.
    case overlap
    /// Both changed it, and it is no text, or too long to be merged as one.
    case binary
    /// It is a file on one side and a link, a directory or a device on the other.
    case kind
    /// The user deleted what the node changed.
    case deletedByUser = "deleted_by_user"
    /// The node deleted what the user changed.
    case deletedByNode = "deleted_by_node"
    /// Something that is no directory stands where one is needed, or a link does.
    case blocked
    /// The user changed it after the plan was made.
    case changedMeanwhile = "changed_meanwhile"

    var words: String {
        switch self {
        case .overlap: "both changed the same lines"
        case .binary: "both changed it, and it is no text"
        case .kind: "it is of different kinds"
        case .deletedByUser: "you deleted it"
        case .deletedByNode: "you changed it and the node deleted it"
        case .blocked: "no folder is there to hold it"
        case .changedMeanwhile: "it has just changed"
        }
    }
}

/// A path that both sides changed.
package struct Conflict: Sendable, Equatable {
    /// What is left for the user to look at.
    package enum Resolution: Sendable, Equatable {
        /// The user's version, untouched, and nothing else.
        case keptOurs
        /// Both versions between markers, at so many places.
        case markers(count: Int)
        /// The user's version, untouched, and the node's at this path.
        case sidecar([UInt8])
    }

    package let path: [UInt8]
    package let reason: ConflictReason
    /// With the style `refuse`: always `keptOurs`.
    package let resolution: Resolution
}
