package import SwarmContracts
package import SwarmPlatform

/// Why a change was not applied.
package enum WorkingTreeFailure: Failure, Equatable {
    /// The user and the node both changed these paths. In the style `refuse` nothing was written.
    case conflicts([Conflict])
    /// A path of the change is none that may lie below a directory, or is there twice.
    case pathInvalid([UInt8])
    /// Another apply is at work in this directory.
    case busy(directory: String)
    /// The bytes that came are not those of the change.
    case contentMismatch(path: [UInt8])
    /// The operating system failed.
    case system(SystemError)

    package var code: String {
        switch self {
        case .conflicts: "APPLY_CONFLICT"
        case .pathInvalid: "PATH_INVALID"
        case .busy: "APPLY_BUSY"
        case .contentMismatch: "CONTENT_MISMATCH"
        case .system(let error): error.code
        }
    }

    package var category: FailureCategory {
        switch self {
        case .conflicts, .pathInvalid, .busy: .invalidInput
        case .contentMismatch: .restore
        case .system(let error): error.category
        }
    }

    package var message: String {
        switch self {
        case .conflicts(let conflicts):
            let shown = conflicts.prefix(10).map { "\(TreePath.show($0.path)) (\($0.reason.words))" }
            let rest = conflicts.count > shown.count ? " and \(conflicts.count - shown.count) more" : ""
            return "the change does not fit what is there: " + shown.joined(separator: ", ") + rest
        case .pathInvalid(let path): return "the path \(TreePath.show(path)) cannot be applied below a directory"
        case .busy(let directory): return "another apply is at work in \(directory)"
        case .contentMismatch(let path): return "the stored content of \(TreePath.show(path)) does not have its hash"
        case .system(let error): return error.message
        }
    }

    package var hint: String? {
        switch self {
        case .conflicts: "move your own changes of these files aside, or let markers be written into them"
        case .pathInvalid: nil
        case .busy: "wait until it has ended"
        case .contentMismatch: "swarm fsck names what else is damaged"
        case .system(let error): error.hint
        }
    }

    package var retryable: Bool {
        switch self {
        case .busy: true
        case .system(let error): error.retryable
        case .conflicts, .pathInvalid, .contentMismatch: false
        }
    }
}
