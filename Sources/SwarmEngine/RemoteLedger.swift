package import SwarmBackend
package import SwarmContracts
internal import SwarmPlatform

/// How far a remote run has come, as its ledger has it.
package enum RemoteState: String, Sendable, CaseIterable {
    /// Everything is fixed, nothing was sent.
    case prepared
    /// It may have been sent: the backend is asked before it is sent again.
    case dispatching
    /// It is known there and waits.
    case queued
    case running
    /// It has ended there and is not collected yet.
    case finished
    /// What came back was verified: the run is in the graph, or ended without a node.
    case collected
    /// What came back does not hold. There is no node; the files are kept aside.
    case failedVerification = "failed_verification"
    /// It ended there and left nothing to collect, or was cancelled before it was there.
    case ended

    /// Whether nothing more happens by itself.
    package var isAtRest: Bool { self == .collected || self == .failedVerification || self == .ended }
}

/// What is to be done next about a remote run.
package enum RemoteEffect: Sendable, Equatable {
    /// Sends the order; `mayExist` where an earlier attempt may have reached the backend.
    case send(mayExist: Bool)
    case look
    case collect
    /// Nothing: the run has come to its end.
    case rest
}

/// What happened to a remote run.
package enum RemoteEvent: Sendable, Equatable {
    case sending
    case sent(RemoteHandle)
    case seen(RemotePhase)
    case collected(unverified: Bool)
    /// The code and sentence of what does not hold, and where the files are kept.
    case refused(code: String, message: String, aside: String)
    /// It left nothing; the code says why.
    case ended(code: String, message: String)
    /// It was cancelled where there was no run of it; the code says so.
    case withdrawn(code: String, message: String)
    /// The key that was made for it is gone from the backend.
    case keyTakenBack
}

/// The ledger of a remote run, `runs/<id>/dispatch.json` (`swarm-dispatch-ledger-v1`): written before each thing that is done
/// there, so that after a crash at any point the same command continues where it was. It holds the sealed request, which
/// only the worker's key opens.
package struct RemoteLedger: Document {
    package static let name = "dispatch ledger"
    static let schemaVersion = "swarm-dispatch-ledger-v1"

    /// Why a run has no verified node.
    package struct Problem: Sendable, Equatable {
        package let code: String
        package let message: String
        /// The folder that keeps what came back, under the run's own.
        package let aside: String?
    }

    package private(set) var state: RemoteState = .prepared
    package let backend: String
    package let place: String
    package let order: DispatchOrder
    package let expectation: RemoteExpectation
    package let policy: PolicyDocument
    /// The branch that a success makes at its node: of a fan-out. No other branch moves then.
    package let branch: Label?
    package private(set) var handle: RemoteHandle?
    package private(set) var conclusion: RemoteConclusion?
    package private(set) var problem: Problem?
    package private(set) var isUnverified = false
    /// Whether the backend may still keep a key that was made for this run.
    package private(set) var holdsKey: Bool
    /// Seconds since 1970 at which the backend forgets the bundle.
    package var expiresAt: Int64?
    /// Where the bundle lies there, and its SHA-256.
    package var bundle: (locator: String, sha256: Digest256)? {
        get { bundleLocator.flatMap { locator in bundleHash.map { (locator, $0) } } }
        set { (bundleLocator, bundleHash) = (newValue?.locator, newValue?.sha256) }
    }
    private var bundleLocator: String?
    private var bundleHash: Digest256?

    package init(
        backend: String,
        place: String,
        order: DispatchOrder,
        expectation: RemoteExpectation,
        policy: PolicyDocument,
        branch: Label? = nil
    ) {
        self.backend = backend
        self.place = place
        self.order = order
        self.expectation = expectation
        self.policy = policy
        self.branch = branch
        holdsKey = expectation.workerKey == .run
    }

    // MARK: - The machine

    /// What is to be done next.
    package var next: RemoteEffect {
        switch state {
        case .prepared: .send(mayExist: false)
        case .dispatching: .send(mayExist: true)
        case .queued, .running: .look
        case .finished: .collect
        case .collected, .failedVerification, .ended: .rest
        }
    }

    /// Takes an event. One that cannot happen in this state changes nothing: what is known already is not unlearned.
    package mutating func take(_ event: RemoteEvent) {
        switch (event, state) {
        case (.keyTakenBack, _): holdsKey = false
        case (.sending, .prepared), (.sending, .dispatching): state = .dispatching
        case (.sent(let handle), .prepared), (.sent(let handle), .dispatching):
            self.handle = handle
            state = .queued
        case (.seen(let phase), .queued), (.seen(let phase), .running):
            switch phase {
            case .queued: break
            case .running: state = .running
            case .finished(let conclusion):
                self.conclusion = conclusion
                state = .finished
            }
        case (.collected(let unverified), .finished), (.collected(let unverified), .failedVerification):
            state = .collected
            isUnverified = unverified
            problem = nil
        case (.refused(let code, let message, let aside), .finished),
            (.refused(let code, let message, let aside), .failedVerification):
            state = .failedVerification
            problem = Problem(code: code, message: message, aside: aside)
        case (.ended(let code, let message), .finished):
            state = .ended
            problem = Problem(code: code, message: message, aside: nil)
        case (.withdrawn(let code, let message), .prepared), (.withdrawn(let code, let message), .dispatching):
            state = .ended
            conclusion = .cancelled
            problem = Problem(code: code, message: message, aside: nil)
        default: break
        }
    }

    // MARK: - The document

    package init(members: MemberReader) throws(DocumentFailure) {
        _ = try members.required("schema_version", .constant(RemoteLedger.schemaVersion))
        state = try members.required("state", .word)
        backend = try members.required("backend", .text)
        place = try members.required("place", .text)
        expectation = try RemoteExpectation(members: members.object("expectation"))
        policy = try PolicyDocument(members: members.object("policy"))
        branch = members.value["branch"]?.text.flatMap { try? Label($0) }
        let created = try members.required("created_at_unix", .unixSeconds)
        order = DispatchOrder(
            runID: try members.required("run_id", .runID),
            requestID: try members.required("request_id", .text),
            ref: try members.nullable("ref", .text),
            commit: try members.required("expected_commit_sha", .commit),
            routeMode: try members.required("route_mode", .word),
            checkpoint: members.value["checkpoint_in"]?.text ?? "",
            request: try members.required("request", .text),
            createdAt: Int64(created)
        )
        if let id = try members.nullable("remote_id", .text) {
            handle = RemoteHandle(id: id, url: try members.nullable("remote_url", .text))
        }
        conclusion = try members.nullable("conclusion", .text).map { RemoteConclusion(word: $0) }
        isUnverified = try members.required("unverified", .boolean)
        holdsKey = try members.optional("holds_key", .boolean) ?? false
        expiresAt = members.value["expires_at_unix"]?.integer
        bundleLocator = try members.nullable("bundle_locator", .text)
        bundleHash = try members.nullable("bundle_file_sha256", .digest)
        if let found = try members.optionalObject("problem") {
            problem = Problem(
                code: try found.required("code", .text),
                message: try found.required("message", .text),
                aside: try found.nullable("aside", .text)
            )
        }
    }

    package var value: JSONValue {
        var members: [String: JSONValue] = [
            "schema_version": .string(RemoteLedger.schemaVersion), "state": .string(state.rawValue),
            "backend": .string(backend), "place": .string(place), "run_id": .string(order.runID.description),
            "request_id": .string(order.requestID), "ref": JSONValue(order.ref),
            "expected_commit_sha": .string(order.commit), "route_mode": .string(order.routeMode.rawValue),
            "checkpoint_in": .string(order.checkpoint), "request": .string(order.request),
            "created_at_unix": .integer(order.createdAt), "expectation": expectation.value, "policy": policy.value,
            "remote_id": JSONValue(handle?.id), "remote_url": JSONValue(handle?.url),
            "conclusion": JSONValue(conclusion?.word), "unverified": .bool(isUnverified),
            "holds_key": .bool(holdsKey), "branch": JSONValue(branch?.description),
            "expires_at_unix": JSONValue(expiresAt), "bundle_locator": JSONValue(bundleLocator),
            "bundle_file_sha256": JSONValue(bundleHash?.description),
        ]
        if let problem {
            members["problem"] = [
                "code": .string(problem.code), "message": .string(problem.message), "aside": JSONValue(problem.aside),
            ]
        }
        return .object(members)
    }

    package static func == (left: RemoteLedger, right: RemoteLedger) -> Bool { left.value == right.value }

    /// What others may see of it: everything but the sealed request.
    package var shown: JSONValue {
        [
            "state": .string(state.rawValue), "backend": .string(backend), "place": .string(place),
            "request_id": .string(order.requestID), "remote_id": JSONValue(handle?.id),
            "remote_url": JSONValue(handle?.url), "conclusion": JSONValue(conclusion?.word),
            "workflow_ref": .string(expectation.workflowRef), "unverified": .bool(isUnverified),
            "worker_key": .string(expectation.workerKey.rawValue),
            "expires_at_unix": JSONValue(expiresAt), "bundle_locator": JSONValue(bundleLocator),
            "problem": problem.map {
                ["code": .string($0.code), "message": .string($0.message), "aside": JSONValue($0.aside)]
            } ?? .null,
        ]
    }
}

extension RunFolder {
    /// How far a run that a backend carries has come.
    package var ledger: String { path + "/dispatch.json" }
    /// Held by the process that sends or collects.
    var ledgerLock: String { path + "/dispatch.lock" }
    /// Holds what came back and did not hold, a folder for each time.
    var rejected: String { path + "/rejected" }
}

extension Store {
    /// The ledger of a remote run; nil where the run is none. Throws exit 5 where it cannot be read.
    package func remoteLedger(_ id: RunID) throws -> RemoteLedger? {
        let path = layout.run(id).ledger
        guard Files.kind(path) == .regular else { return nil }
        return try NodeReading.document(path) { bytes throws(DocumentFailure) in try RemoteLedger(reading: bytes) }
    }

    /// The same, where there must be one.
    package func requiredLedger(_ id: RunID) throws -> RemoteLedger {
        guard let ledger = try remoteLedger(id) else { throw RemoteRunFailure.ledgerMissing(id.description) }
        return ledger
    }

    func write(_ ledger: RemoteLedger) throws {
        let folder = layout.run(ledger.order.runID)
        try Files.makeFolder(folder.path, mode: 0o700)
        try Files.write(ledger.canonicalBytes, to: folder.ledger, mode: 0o600)
    }
}
