package import SwarmContracts

/// Why waiting for a backend came to no end. The run there goes on, and the same command continues.
package enum WaitFailure: Failure, Equatable {
    /// `--timeout-secs` is over; `why` is what was being waited for, where that is known.
    case timeout(seconds: Int64, why: String? = nil)
    /// The person stopped the command.
    case cancelled

    package var code: String {
        switch self {
        case .timeout: "GH_COMMAND_TIMEOUT"
        case .cancelled: "WATCH_INTERRUPTED"
        }
    }

    package var category: FailureCategory {
        switch self {
        case .timeout: .backend
        case .cancelled: .interrupted
        }
    }

    package var message: String {
        switch self {
        case .timeout(let seconds, let why):
            "the command could not be done in \(seconds) s" + (why.map { ": \($0)" } ?? "")
        case .cancelled: "the command was stopped; the run there goes on"
        }
    }

    package var hint: String? {
        switch self {
        case .timeout: "the same command continues where it was; raise --timeout-secs to wait longer"
        case .cancelled: "`swarm run watch --run-id ID` waits on, `swarm run cancel --run-id ID` stops the run"
        }
    }

    package var retryable: Bool { self != .cancelled }
}
