package import SwarmContracts

/// Why a fan-out was not begun. Nothing was started and nothing written.
package enum FanoutFailure: Failure, Equatable {
    /// A line of the steps file that cannot be taken.
    case stepInvalid(file: String, line: Int, reason: String)
    /// A steps file without a step.
    case noSteps(file: String)
    /// A steps file that cannot be read; the words are the system's.
    case stepsUnreadable(file: String, reason: String)
    /// A step's label is a branch already; `more` is how many others are.
    case labelTaken(file: String, line: Int, label: String, more: Int)

    package var code: String {
        switch self {
        case .stepInvalid: "STEPS_INVALID"
        case .noSteps: "STEPS_EMPTY"
        case .stepsUnreadable: "STEPS_UNREADABLE"
        case .labelTaken: "LABEL_TAKEN"
        }
    }

    package var category: FailureCategory { .invalidInput }

    package var message: String {
        switch self {
        case .stepInvalid(let file, let line, let reason): "\(file), line \(line): \(reason)"
        case .noSteps(let file): "\(file) holds no step"
        case .stepsUnreadable(let file, let reason): "the steps file \(file) cannot be read: \(reason)"
        case .labelTaken(let file, let line, let label, let more):
            "\(file), line \(line): there is a branch '\(label)' already"
                + (more == 0 ? "" : ", and so it is with \(more) more of its labels")
        }
    }

    package var hint: String? {
        switch self {
        case .stepInvalid, .noSteps:
            "one command a line, or one {\"label\":\"a\",\"command\":\"make test\"} a line; nothing was started"
        case .stepsUnreadable: "name a file, or - for standard input"
        case .labelTaken: "give the steps other labels; nothing was started"
        }
    }
}
