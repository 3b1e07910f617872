package import SwarmContracts

/// What can go wrong about a run that a backend carries, beside what the backend itself says.
package enum RemoteRunFailure: Failure, Equatable {
    /// The store knows no dispatch of that run.
    case ledgerMissing(String)
    case workflowRefRequired
    case workerKeyMissing(String)
    /// It was dispatched elsewhere than the settings say now.
    case otherPlace(run: String, place: String, now: String)
    /// A node whose bundle no worker could fetch.
    case noBundle(node: String, why: String)
    /// No trusted root is installed, and an attestation is to be verified.
    case trustedRootMissing
    /// Another process sends or collects it now.
    case busy(String)
    /// It was refused before.
    case refused(run: String, code: String, message: String)
    /// It ended there and left nothing.
    case ended(run: String, code: String, message: String)
    /// It was cancelled before there was a run of it.
    case withdrawn(run: String)
    /// It is to be cancelled, and whether there is a run of it cannot be seen.
    case cancelUncertain(run: String, why: String, retryable: Bool)
    /// It has no node, and waits for a command.
    case notCollected(run: String, state: String)

    package var code: String {
        switch self {
        case .ledgerMissing: "RUN_LEDGER_MISSING"
        case .workflowRefRequired: "WORKFLOW_REF_REQUIRED"
        case .workerKeyMissing: "WORKER_KEY_MISSING"
        case .otherPlace: "REMOTE_PLACE_MISMATCH"
        case .noBundle: "REMOTE_SOURCE_INVALID"
        case .trustedRootMissing: "TRUSTED_ROOT_MISSING"
        case .busy: "RUN_ID_RUNNING"
        case .refused(_, let code, _), .ended(_, let code, _): code
        case .withdrawn: "DISPATCH_WITHDRAWN"
        case .cancelUncertain: "CANCEL_UNCERTAIN"
        case .notCollected: "RUN_NOT_COLLECTED"
        }
    }

    package var category: FailureCategory {
        switch self {
        case .ledgerMissing, .workflowRefRequired, .workerKeyMissing, .otherPlace, .noBundle, .trustedRootMissing,
            .busy,
            .notCollected:
            .invalidInput
        case .refused: .verification
        case .ended, .withdrawn, .cancelUncertain: .backend
        }
    }

    package var message: String {
        switch self {
        case .ledgerMissing(let run): "no dispatch of run '\(run)' is known in this store"
        case .workflowRefRequired: "--backend github needs --workflow-ref: the workflow that runs the step, at a commit"
        case .workerKeyMissing(let place): "no worker's key is known for \(place)"
        case .otherPlace(let run, let place, let now):
            "run '\(run)' was dispatched at \(place), and the settings name \(now)"
        case .noBundle(let node, let why): "a worker cannot fetch \(node): \(why)"
        case .trustedRootMissing: "no trusted root is installed, so that no attestation can be verified"
        case .busy(let run): "another process is sending or collecting the run '\(run)'"
        case .refused(let run, _, let message): "what run '\(run)' left does not hold: \(message)"
        case .ended(let run, _, let message): "run '\(run)' ended without a node: \(message)"
        case .withdrawn: "it was cancelled before a run of it was there, and is sent no more"
        case .cancelUncertain(let run, let why, _):
            "it cannot be seen whether a run of '\(run)' is there, so that it is not cancelled: \(why)"
        case .notCollected(let run, let state): "the run '\(run)' is not collected: it is \(state)"
        }
    }

    package var hint: String? {
        switch self {
        case .ledgerMissing: "`swarm log` lists the runs; a dispatch is known in the store that made it"
        case .workflowRefRequired:
            "write owner/repo/.github/workflows/swarm-run.yml@<commit>, or set github.workflow_ref with `swarm config set`"
        case .workerKeyMissing: "`swarm backend github setup` makes the key pair and puts the private half there"
        case .otherPlace: "set github.repository and github.api_url to where it was dispatched"
        case .noBundle:
            "`swarm config set remote.url s3://BUCKET/PREFIX` gives swarm a place to put it; or start from root, or from a node made on GitHub"
        case .trustedRootMissing: "`swarm trust import FILE`; `gh attestation trusted-root` prints GitHub's"
        case .busy: "wait for it, or stop it"
        case .refused:
            "`swarm run status --run-id ID` names the folder that keeps the files; nothing of it is in the graph"
        case .ended: "`swarm run logs --run-id ID` shows what its jobs printed"
        case .withdrawn: "launch it again under another --run-id"
        case .cancelUncertain:
            "the same command looks again; nothing is sent meanwhile, unless `swarm run watch` is called"
        case .notCollected: "`swarm backend github collect --run-id ID` collects it"
        }
    }

    package var retryable: Bool {
        switch self {
        case .busy: true
        case .cancelUncertain(_, _, let retryable): retryable
        default: false
        }
    }
}
