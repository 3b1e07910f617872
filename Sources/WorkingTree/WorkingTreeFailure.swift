package import SwarmContracts
package import SwarmPlatform

/// Why a change was not applied.
package enum WorkingTreeFailure: Failure, Equatable {
    /// The user and the node both changed these paths, and nothing was written.
    case conflicts([Conflict])
    /// The rest was written, and these paths are for the user to settle.
    case conflictsLeft([Conflict])
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
        case .conflicts, .conflictsLeft: "APPLY_CONFLICT"
        case .pathInvalid: "PATH_INVALID"
        case .busy: "APPLY_BUSY"
        case .contentMismatch: "CONTENT_MISMATCH"
        case .system(let error): error.code
        }
    }

    package var category: FailureCategory {
        switch self {
        case .conflicts, .conflictsLeft, .pathInvalid, .busy: .invalidInput
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
        case .conflictsLeft(let conflicts): return WorkingTreeFailure.left(conflicts)
        case .pathInvalid(let path): return "the path \(TreePath.show(path)) cannot be applied below a directory"
        case .busy(let directory): return "another apply is at work in \(directory)"
        case .contentMismatch(let path): return "the stored content of \(TreePath.show(path)) does not have its hash"
        case .system(let error): return error.message
        }
    }

    package var hint: String? {
        switch self {
        case .conflicts:
            "move your own changes of these files aside, or have both versions written into them with --conflict-markers"
        case .conflictsLeft: "choose between the versions by hand; your own are all still there"
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
        case .conflicts, .conflictsLeft, .pathInvalid, .contentMismatch: false
        }
    }

    private static func left(_ conflicts: [Conflict]) -> String {
        var (marked, beside, kept) = (0, 0, 0)
        for conflict in conflicts {
            switch conflict.resolution {
            case .markers: marked += 1
            case .sidecar: beside += 1
            case .keptOurs: kept += 1
            }
        }
        func words(_ count: Int, _ one: String, _ many: String) -> [String] {
            count == 0 ? [] : [count == 1 ? "1 " + one : "\(count) " + many]
        }
        return
            (words(marked, "file has conflict markers", "files have conflict markers")
            + words(beside, "path has the node's version beside yours", "paths have the node's version beside yours")
            + words(kept, "path was left as you have it", "paths were left as you have them"))
            .joined(separator: ", ")
    }
}
