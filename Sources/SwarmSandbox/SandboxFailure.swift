package import SwarmContracts
package import SwarmPlatform

/// Why a step was not started, or could not be run as the policy wants it.
package enum SandboxFailure: Failure, Equatable {
    /// No strict sandbox on this machine.
    case unavailable(reason: String, hint: String)
    /// A limit of the policy that nothing here enforces.
    case limitUnenforceable(item: String)
    /// A rule about a program that cannot be kept.
    case toolUnenforceable(tool: String, reason: String)
    /// The overlay could not be mounted (errno): copy the workspace instead.
    case overlayUnavailable(Int32)
    /// bubblewrap could not lay out the sandbox; its own words.
    case setup(String)
    /// The request contradicts itself or names what is not there.
    case invalid(String)
    case system(SystemError)

    package var code: String {
        switch self {
        case .unavailable: "SANDBOX_UNAVAILABLE"
        case .limitUnenforceable: "POLICY_LIMIT_UNENFORCEABLE"
        case .toolUnenforceable: "POLICY_TOOL_UNENFORCEABLE"
        case .overlayUnavailable: "OVERLAY_UNAVAILABLE"
        case .setup: "SANDBOX_SETUP_FAILED"
        case .invalid: "SANDBOX_REQUEST_INVALID"
        case .system(let error): error.code
        }
    }

    package var category: FailureCategory {
        switch self {
        case .unavailable, .limitUnenforceable, .toolUnenforceable: .policy
        case .overlayUnavailable, .setup: .system
        case .invalid: .invalidInput
        case .system(let error): error.category
        }
    }

    package var message: String {
        switch self {
        case .unavailable(let reason, _): "no strict sandbox is to be had here: \(reason)"
        case .limitUnenforceable(let item): "the policy's \(item) cannot be enforced on this machine"
        case .toolUnenforceable(let tool, let reason): "the policy's rule about \(tool) cannot be enforced: \(reason)"
        case .overlayUnavailable(let number): "the workspace could not be overlaid: \(SystemError.text(number))"
        case .setup(let words): "the sandbox could not be laid out: \(words)"
        case .invalid(let words): words
        case .system(let error): error.message
        }
    }

    package var hint: String? {
        switch self {
        case .unavailable(_, let hint): hint
        case .limitUnenforceable(let item):
            "give swarm a writable cgroup, or list \"\(item)\" under the policy's \"advisory\""
        case .toolUnenforceable: "name the program by its own path, or list the rule under the policy's \"advisory\""
        case .overlayUnavailable, .setup, .invalid: nil
        case .system(let error): error.hint
        }
    }

    package var retryable: Bool {
        if case .system(let error) = self { error.retryable } else { false }
    }
}
