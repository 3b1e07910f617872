/// What kind of thing went wrong. The category alone decides the exit code of the program.
package enum FailureCategory: String, Sendable, CaseIterable {
    /// A defect of swarm's own.
    case defect
    /// The operating system failed: disk full, permission, no such device.
    case system
    /// Invalid input, schema or usage.
    case invalidInput = "invalid_input"
    /// Something that was to be verified does not hold.
    case verification
    /// A backend could not be dispatched to, watched or collected from.
    case backend
    /// A restore failed and no fallback is allowed.
    case restore
    /// A policy (net_cap, state_cap, policy capsule) forbids it.
    case policy
    /// The step itself failed.
    case step
    /// Stopped by a signal.
    case interrupted

    /// The exit code of the program, as the README's table has it.
    package var exitCode: Int32 {
        switch self {
        case .defect, .system: 1
        case .invalidInput: 2
        case .verification: 3
        case .backend: 4
        case .restore: 5
        case .policy: 6
        case .step: 7
        case .interrupted: 130
        }
    }
}

/// The form of every error that a person or a program may see.
///
/// Each room of the house has enums of its own that conform; a new case must break every switch.
package protocol Failure: Error, Sendable {
    /// Stable, upper case, never renamed: `WORKFLOW_REF_UNPINNED`.
    var code: String { get }
    /// Decides the exit code.
    var category: FailureCategory { get }
    /// One sentence that says what happened, naming the field, file or flag. It holds no secret.
    var message: String { get }
    /// The next thing to do, where there is one.
    var hint: String? { get }
    /// Whether the same call may succeed later without a change of its input.
    var retryable: Bool { get }
}

extension Failure {
    package var hint: String? { nil }
    package var retryable: Bool { false }
}

extension Failure {
    /// The object that `--json` prints of an error: `code`, `message`, `hint` (or null), `category`, `retryable`.
    package var errorObject: JSONValue {
        [
            "code": .string(code), "message": .string(message), "hint": JSONValue(hint),
            "category": .string(category.rawValue), "retryable": .bool(retryable),
        ]
    }
}
