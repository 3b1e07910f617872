package import SwarmContracts

/// Why a remote run cannot be dispatched, carried out or taken in.
package enum RemoteFailure: Failure, Equatable {
    /// What a local run can have and a remote one cannot; flag and reason.
    case optionInvalid(String, String)
    /// The parent cannot be handed over so.
    case sourceInvalid(String)
    /// A file that must come back is not there: `result`, `next_tokens`, `certificate`, `policy`, `bundle`, `attestation`.
    case artifactMissing(String)
    /// What came back cannot be opened; the named check, and what it found.
    case artifactInvalid(check: String, String)
    /// Another certificate of this run was verified first, and stays.
    case alreadyCollected(String)
    /// What the worker was given is not the parent that was dispatched; says why.
    case parentMismatch(String)
    /// The checkout is not the commit that was dispatched; says why.
    case checkoutMismatch(String)
    /// The checkout holds credentials, which would go into the node; the file.
    case checkoutCredentials(String)

    package var code: String {
        switch self {
        case .optionInvalid: "REMOTE_OPTION_INVALID"
        case .sourceInvalid: "REMOTE_SOURCE_INVALID"
        case .artifactMissing(let name): "ARTIFACT_MISSING_" + name.uppercased()
        case .artifactInvalid: "ARTIFACT_BUNDLE_INVALID"
        case .alreadyCollected: "RUN_ALREADY_COLLECTED"
        case .parentMismatch: "WORKER_PARENT_MISMATCH"
        case .checkoutMismatch: "WORKER_CHECKOUT_MISMATCH"
        case .checkoutCredentials: "WORKER_CHECKOUT_CREDENTIALS"
        }
    }

    package var category: FailureCategory {
        switch self {
        case .optionInvalid, .sourceInvalid: .invalidInput
        case .artifactMissing: .backend
        case .artifactInvalid, .alreadyCollected, .parentMismatch, .checkoutMismatch: .verification
        case .checkoutCredentials: .policy
        }
    }

    package var message: String {
        switch self {
        case .optionInvalid(let flag, let why): "\(flag) cannot be had on a remote run: \(why)"
        case .sourceInvalid(let why): "the parent cannot be handed to a worker so: \(why)"
        case .artifactMissing(let name): "the run's \(name) did not come back"
        case .artifactInvalid(let check, let what): "the run does not hold: check \(check): \(what)"
        case .alreadyCollected(let run):
            "another certificate of run '\(run)' was verified before: the first one stays"
        case .parentMismatch(let why): "the parent is not the one that was dispatched: \(why)"
        case .checkoutMismatch(let why): "the checkout is not what was dispatched: \(why)"
        case .checkoutCredentials(let file): "\(file) of the checkout holds credentials, which would go into the node"
        }
    }

    package var hint: String? {
        switch self {
        case .artifactMissing("attestation"):
            "attestations are made after the run: try again, or look whether the workflow may write them"
        case .artifactMissing: "the run's log says why; what came back was kept aside"
        case .artifactInvalid: "nothing was taken in; what came back was kept aside"
        case .checkoutCredentials: "check out with `persist-credentials: false`"
        case .sourceInvalid: "hand over the node's bundle: an artifact of an earlier run, a URL or a path"
        default: nil
        }
    }
}
