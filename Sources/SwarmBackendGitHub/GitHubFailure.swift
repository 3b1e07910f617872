package import SwarmContracts

/// What was to be done when GitHub did not do it.
package enum GitHubTask: String, Sendable {
    case dispatch, watch, logs, collect, cancel, setup

    /// The code of a failure of it.
    var code: String { self == .logs ? "GH_LOGS_FAILED" : "GH_\(rawValue.uppercased())_FAILED" }
}

/// What can go wrong between swarm and GitHub.
package enum GitHubFailure: Failure, Equatable {
    case addressInvalid(String)
    case tokenMissing
    /// The token is not taken, or may not do this: 401, 403.
    case refused(GitHubTask, status: Int, String)
    /// Nothing of that name, or the token may not see it: 404.
    case missing(GitHubTask, String)
    /// An answer that says no, or one that is not what the API promises.
    case failed(GitHubTask, String, retryable: Bool)
    /// GitHub asks to wait longer than is waited for.
    case rateLimited(GitHubTask, seconds: Int64)
    /// The dispatch was sent, and whether there is a run of it cannot be seen; `why` is what stood in the way, where that is
    /// more than a lost answer.
    case dispatchUnknown(why: String? = nil)
    case runIDRequired(String)
    case artifactMissing(code: String, name: String)
    case artifactExpired(String)
    case artifactWrong(name: String, expected: Digest256, found: Digest256)
    case artifactInvalid(String)
    /// The run there has not ended.
    case notFinished
    /// The run there ended and left nothing to collect.
    case ended(RemoteEnd)

    package enum RemoteEnd: Sendable, Equatable {
        case cancelled, timedOut
        case failed(String)
    }

    package var code: String {
        switch self {
        case .addressInvalid: "GH_ADDRESS_INVALID"
        case .tokenMissing: "GH_TOKEN_MISSING"
        case .refused(let task, _, _), .missing(let task, _), .failed(let task, _, _): task.code
        case .rateLimited: "GH_RATE_LIMITED"
        case .dispatchUnknown: "GH_DISPATCH_FAILED"
        case .runIDRequired: "GH_RUN_ID_REQUIRED"
        case .artifactMissing(let code, _): code
        case .artifactExpired: "ARTIFACT_EXPIRED"
        case .artifactWrong: "ARTIFACT_DIGEST_MISMATCH"
        case .artifactInvalid: "ARTIFACT_ARCHIVE_INVALID"
        case .notFinished: "GH_RUN_NOT_FINISHED"
        case .ended(.cancelled): "GH_RUN_CANCELLED"
        case .ended(.timedOut): "GH_RUN_TIMED_OUT"
        case .ended(.failed): "GH_RUN_FAILED"
        }
    }

    package var category: FailureCategory {
        switch self {
        case .addressInvalid, .tokenMissing, .runIDRequired: .invalidInput
        case .artifactWrong, .artifactInvalid: .verification
        case .refused, .missing, .failed, .rateLimited, .dispatchUnknown, .artifactMissing, .artifactExpired,
            .notFinished, .ended:
            .backend
        }
    }

    package var message: String {
        switch self {
        case .addressInvalid(let why): why
        case .tokenMissing: "there is no token for GitHub"
        case .refused(_, let status, let text): "GitHub refuses it (\(status)): \(text)"
        case .missing(_, let what): "GitHub has no \(what), or the token may not see it"
        case .failed(_, let text, _): text
        case .rateLimited(_, let seconds): "GitHub's rate limit is used up; it asks to wait \(seconds) s"
        case .dispatchUnknown(nil): "GitHub's answer to the dispatch was lost, and no run of it can be seen"
        case .dispatchUnknown(let why?): "the dispatch may have been taken, and its run cannot be looked for: \(why)"
        case .runIDRequired(let run): "it is not known which run of GitHub's carries '\(run)'"
        case .artifactMissing(_, let name): "the run left no \(name)"
        case .artifactExpired(let name): "the artifact \(name) has expired"
        case .artifactWrong(let name, let expected, let found):
            "the artifact \(name) is \(found), and GitHub says that it holds \(expected)"
        case .artifactInvalid(let why): why
        case .notFinished: "the run has not ended yet"
        case .ended(.cancelled): "the run was cancelled on GitHub and left nothing"
        case .ended(.timedOut): "the run ran into GitHub's time limit and left nothing"
        case .ended(.failed(let word)): "the run ended on GitHub as '\(word)' and left nothing to collect"
        }
    }

    package var hint: String? {
        switch self {
        case .addressInvalid: "`swarm config set github.repository owner/name` sets it; github.api_url the server"
        case .tokenMissing: "set GITHUB_TOKEN or GH_TOKEN, or log in with `gh auth login`"
        case .refused(_, 401, _): "the token is not valid (any more): make a new one, or `gh auth login`"
        case .refused:
            "the token needs the permissions actions: write and contents: read; `swarm doctor` shows what it has"
        case .missing: "`swarm doctor` says what is missing; `swarm init --backend github` writes the workflow"
        case .failed(_, _, let retryable): retryable ? "the same command continues where it was" : nil
        case .rateLimited: "the same command continues where it was, once the limit is reset"
        case .dispatchUnknown: "the same command looks for the run again, and sends no second one while it may appear"
        case .runIDRequired: "call `swarm run watch --run-id ID` again: it looks for the run by its request id"
        case .artifactMissing, .ended:
            "the log of its jobs says why: `swarm run logs --run-id ID`; `swarm run status` names what was kept aside"
        case .artifactExpired: "GitHub keeps artifacts for the days that the repository's settings say; run it again"
        case .artifactWrong: "fetch it again; if it stays so, trust nothing of this run"
        case .artifactInvalid: nil
        case .notFinished: "`swarm run watch --run-id ID` waits for it"
        }
    }

    package var retryable: Bool {
        switch self {
        case .failed(_, _, let retryable): retryable
        case .rateLimited, .dispatchUnknown, .notFinished: true
        case .addressInvalid, .tokenMissing, .refused, .missing, .runIDRequired, .artifactMissing, .artifactExpired,
            .artifactWrong, .artifactInvalid, .ended:
            false
        }
    }
}
