package import SwarmCapability
package import SwarmContracts

/// What a backend is asked to run: everything in it may be seen by anyone who can read the run there.
package struct DispatchOrder: Sendable, Equatable {
    /// The run's id in the store.
    package let runID: RunID
    /// A random name by which the backend's own run can be found again. Never used for two orders.
    package let requestID: String
    /// The ref of the repository at which the caller's workflow is started: a branch or a tag.
    package var ref: String?
    /// The commit to which the worker's workflow is pinned.
    package let commit: String
    package let routeMode: RouteMode
    /// A public locator of the parent's bundle; empty where the parent is the repository itself.
    package let checkpoint: String
    /// The sealed request.
    package let request: String
    /// Seconds since 1970 when the order was first made: nothing of it is older.
    package let createdAt: Int64

    package init(
        runID: RunID,
        requestID: String,
        ref: String?,
        commit: String,
        routeMode: RouteMode,
        checkpoint: String,
        request: String,
        createdAt: Int64
    ) {
        self.runID = runID
        self.requestID = requestID
        self.ref = ref
        self.commit = commit
        self.routeMode = routeMode
        self.checkpoint = checkpoint
        self.request = request
        self.createdAt = createdAt
    }
}

/// What a launch from root finds there.
package struct RemoteCheckout: Sendable, Equatable {
    /// The branch or tag.
    package let ref: String
    /// 40 hexadecimal digits.
    package let commit: String

    package init(ref: String, commit: String) {
        self.ref = ref
        self.commit = commit
    }
}

/// How a backend knows a run.
package struct RemoteHandle: Sendable, Equatable {
    /// The backend's own id of it, in its own form.
    package let id: String
    /// Where a person can look at it.
    package let url: String?

    package init(id: String, url: String?) {
        self.id = id
        self.url = url
    }
}

/// How a run that has ended there ended.
package enum RemoteConclusion: Sendable, Equatable {
    case success
    case failure
    case cancelled
    case timedOut
    /// The backend's own word for anything else: it never began, say.
    case other(String)

    /// A word for it; of `other`, the backend's.
    package var word: String {
        switch self {
        case .success: "success"
        case .failure: "failure"
        case .cancelled: "cancelled"
        case .timedOut: "timed_out"
        case .other(let word): word
        }
    }

    /// Reads what `word` gives.
    package init(word: String) {
        switch word {
        case "success": self = .success
        case "failure": self = .failure
        case "cancelled": self = .cancelled
        case "timed_out": self = .timedOut
        default: self = .other(word)
        }
    }
}

/// How far a run has come there.
package enum RemotePhase: Sendable, Equatable {
    case queued
    case running
    case finished(RemoteConclusion)
}

/// One step or job of a run there, for a person's eye.
package struct RemoteActivity: Sendable, Equatable {
    package let job: String
    /// The step that runs now, or the last that did; nil before any.
    package let step: String?
    /// `queued`, `running`, or how it ended.
    package let state: String
    /// The step's place among the job's steps, from 1; 0 where there is no step.
    package let number: Int
    /// How many steps the job has, as far as the backend says.
    package let count: Int

    package init(job: String, step: String?, state: String, number: Int = 0, count: Int = 0) {
        self.job = job
        self.step = step
        self.state = state
        self.number = number
        self.count = count
    }
}

/// What one look at a run there showed.
package struct RemoteStatus: Sendable, Equatable {
    package let phase: RemotePhase
    package let activities: [RemoteActivity]
    package let url: String?
    /// What a queued run waits for, in words that follow "waits for": a runner, say. Nil where it waits for nothing.
    package let waitsFor: String?

    package init(phase: RemotePhase, activities: [RemoteActivity], url: String?, waitsFor: String? = nil) {
        self.phase = phase
        self.activities = activities
        self.url = url
        self.waitsFor = waitsFor
    }
}

/// What `collect` brought: files as they came, judged by nobody yet.
package struct RemoteFiles: Sendable, Equatable {
    /// The folder that holds them: `result.json`, `next_tokens.json`, `certificate.json`, `policy.json`, `bundle.tar`, and
    /// where they came `telemetry.json` and `attestation.sigstore.json`.
    package let folder: String
    /// Where the bundle stays retrievable: `gh-artifact://<run>/<name>`.
    package let bundleLocator: String
    /// The archive's hash as the backend's own API has it, by artifact.
    package let digests: [String: Digest256]
    /// Seconds since 1970 at which the backend forgets them; nil where it does not say.
    package let expiresAt: Int64?
    /// Attestations of the certificate that the backend keeps beside the artifact, as they came.
    package let attestations: [[UInt8]]
    /// The run with its attempt, as an attestation names it; nil where the backend does not say.
    package let invocation: String?

    package init(
        folder: String,
        bundleLocator: String,
        digests: [String: Digest256],
        expiresAt: Int64?,
        attestations: [[UInt8]],
        invocation: String?
    ) {
        self.folder = folder
        self.bundleLocator = bundleLocator
        self.digests = digests
        self.expiresAt = expiresAt
        self.attestations = attestations
        self.invocation = invocation
    }
}

/// One thing that was looked at to see whether a backend can be used.
package struct BackendFinding: Sendable, Equatable {
    package let name: String
    package let works: Bool
    /// Without it no run can be dispatched there.
    package let isNeeded: Bool
    package let detail: String
    /// What to do where it does not work.
    package let advice: String?

    package init(_ name: String, works: Bool, isNeeded: Bool, _ detail: String, advice: String? = nil) {
        self.name = name
        self.works = works
        self.isNeeded = isNeeded
        self.detail = detail
        self.advice = advice
    }
}

/// What became of a key that was to serve one run.
package enum KeyLoan: Sendable, Equatable {
    /// That run will find it.
    case lent
    /// The backend has no place for it, or the token may not use that; why, for a person.
    case refused(String)
}

/// Where a step runs elsewhere. It takes a sealed order and gives back files; what they are worth is decided outside it.
///
/// What every backend promises:
/// - a lost answer never makes a second run: `dispatch` with `mayExist` looks for the order's run before it sends, and after
///   an answer that did not come it looks before it sends again;
/// - every error is a `Failure`: code, category, and whether the same call may succeed later;
/// - retries follow what the server said (how long to wait, when its limit is reset), else they double with jitter;
/// - no secret is in a URL, an input, a log or an error;
/// - nothing is changed in the store, and every door may be called again.
package protocol Backend: Sendable {
    /// `github`.
    var name: String { get }

    /// Which repository at which server; a run that was dispatched at one is not looked for at another.
    var place: String { get }

    /// The commit at the head of `ref`, from which a launch from root starts; nil is the default branch.
    func checkout(ref: String?) throws -> RemoteCheckout

    /// Puts the private half of a key where the run of that request finds it, and no run of another request. Called before the
    /// dispatch; again with another key it replaces the first.
    func lend(_ key: SecretText, requestID: String) throws -> KeyLoan

    /// Takes away what `lend` put there. May be called again, and where nothing was lent.
    func takeBack(requestID: String) throws

    /// Starts the order and gives the handle. `mayExist` says that an earlier call may have reached the backend: its run is
    /// looked for first, and found instead of made. A failure that is not `retryable` and no interruption says that this call
    /// made no run and left none that may still appear.
    func dispatch(_ order: DispatchOrder, mayExist: Bool) throws -> RemoteHandle

    /// Waits until one more run may be sent beside the `underWay` that are not done yet, by the limits that the backend is
    /// known to have. For those who send many; throws what a wait throws.
    func admit(underWay: Int) throws

    /// The handle of an order that was dispatched; nil where it was looked for as long as before it would be sent again, and no
    /// run of it can be seen.
    func find(_ order: DispatchOrder) throws -> RemoteHandle?

    /// One look.
    func look(_ handle: RemoteHandle) throws -> RemoteStatus

    /// Gives the log that has come since the last call with the same cursor, line by line and without line ends.
    func log(_ handle: RemoteHandle, _ cursor: inout LogCursor, into body: (String, [UInt8]) throws -> Void) throws

    /// Brings what the run left into `folder`, which must be empty. Throws where anything required is missing, expired, or
    /// not the bytes that the backend's API says it holds.
    func collect(_ handle: RemoteHandle, run: RunID, into folder: String) throws -> RemoteFiles

    /// Asks the run to end. True where it was asked, false where it had ended before.
    func cancel(_ handle: RemoteHandle, force: Bool) throws -> Bool

    /// What of the backend can be used, for `doctor`. Throws nothing: what fails is a finding.
    func probe() -> [BackendFinding]
}

extension Backend {
    package func admit(underWay: Int) throws {}

    package func lend(_ key: SecretText, requestID: String) throws -> KeyLoan {
        .refused("\(name) has no place for it")
    }

    package func takeBack(requestID: String) throws {}
}

/// How far each job's log has been read.
package struct LogCursor: Sendable, Equatable {
    /// Bytes by the backend's id of the job.
    package var read: [String: Int] = [:]
    /// Whether more may come.
    package var isOpen = true

    package init() {}
}
