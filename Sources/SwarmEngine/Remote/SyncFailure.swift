package import SwarmContracts

/// Why a push or a pull did not do all that was asked.
package enum SyncFailure: Failure, Equatable {
    case nothingToPush
    case referenceUnknown(String, candidates: [String])
    /// Branches that the remote has elsewhere: labels.
    case rejected([String], remote: String)
    /// Branches that went on here and there: labels.
    case diverged([String], remote: String)
    /// Run ids that name one node here and another there.
    case conflict([String], remote: String)
    /// What came is not what it says it is.
    case untrusted(remote: String, what: String)
    /// Something that the remote's own documents name is not there.
    case incomplete(remote: String, what: String)

    package var code: String {
        switch self {
        case .nothingToPush: "NOTHING_TO_PUSH"
        case .referenceUnknown: "REMOTE_REF_UNKNOWN"
        case .rejected: "REMOTE_BRANCH_REJECTED"
        case .diverged: "REMOTE_BRANCH_DIVERGED"
        case .conflict: "REMOTE_RUN_CONFLICT"
        case .untrusted: "REMOTE_UNTRUSTED"
        case .incomplete: "REMOTE_INCOMPLETE"
        }
    }

    package var category: FailureCategory {
        switch self {
        case .nothingToPush, .referenceUnknown, .rejected, .diverged, .conflict: .invalidInput
        case .untrusted: .verification
        case .incomplete: .backend
        }
    }

    package var message: String {
        switch self {
        case .nothingToPush: "there is no branch to push yet"
        case .referenceUnknown(let reference, let candidates):
            "the remote has nothing named '\(reference)'"
                + (candidates.isEmpty ? "" : "; there are: " + candidates.prefix(10).joined(separator: ", "))
        case .rejected(let labels, let remote):
            "\(remote) has work on \(SyncFailure.list(labels)) that this store has not (rejected, no fast-forward)"
        case .diverged(let labels, let remote):
            "\(SyncFailure.list(labels)) went on here and at \(remote): the branch here stays as it was"
        case .conflict(let runs, let remote):
            "of \(SyncFailure.list(runs)) there is one run here and another at \(remote): that was not taken in"
        case .untrusted(let remote, let what): "what \(remote) holds is not to be trusted: \(what)"
        case .incomplete(let remote, let what): "\(remote) lacks something: \(what)"
        }
    }

    package var hint: String? {
        switch self {
        case .nothingToPush: "`swarm run launch -- CMD` makes the first node"
        case .referenceUnknown: "name branch:LABEL or a whole node id"
        case .rejected: "`swarm pull` brings it here; nothing was overwritten"
        case .diverged:
            "the remote's node is in this store now: go on from it with `swarm run fork --node NODE --label LABEL`"
        case .conflict: "run the step again under another --run-id, then push that"
        case .untrusted: "nothing of it was taken; somebody or something changed it after it was pushed"
        case .incomplete: "`swarm push --repair` on a machine that has it sends what is lost there"
        }
    }

    private static func list(_ labels: [String]) -> String { labels.prefix(10).joined(separator: ", ") }
}
