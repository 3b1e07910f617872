/// What was dispatched (`swarm-remote-expectation-v1`), as far as it decides whether what comes back is believed. It holds no
/// secret, and lies in the run's ledger from before the dispatch.
package struct RemoteExpectation: Document {
    package static let name = "expectation"
    static let schemaVersion = "swarm-remote-expectation-v1"

    /// The public nonce of the request.
    package let requestID: String
    /// The node that is to come back.
    package let child: StepIdentity
    /// The node that the step starts from; that of `child`.
    package let parentNodeID: NodeID
    package let parentBundleSHA256: Digest256
    package let requestHash: Digest256
    package let policyHash: Digest256
    package let workflowRef: String
    package let runnerClass: RunnerClass
    package let workerKey: WorkerKeyScope
    package let routeMode: RouteMode
    package let sandbox: Certificate.Sandbox.Level
    /// Whether a run without a sandbox counts where the runner has none.
    package let sandboxIsAdvisory: Bool
    /// Restore policy: whether a start from something else than the parent counts.
    package let allowColdStart: Bool
    package let allowDirectFallback: Bool
    /// `checkout`, `artifact`, `url` or `path`.
    package let sourceKind: String
    /// Of a checkout, its commit.
    package let sourceCommit: String?
    package let bundle: BundleForm
    /// The command as `log` shows it.
    package let command: String

    package init(
        requestID: String,
        child: StepIdentity,
        parentNodeID: NodeID,
        parentBundleSHA256: Digest256,
        requestHash: Digest256,
        policyHash: Digest256,
        workflowRef: String,
        runnerClass: RunnerClass,
        workerKey: WorkerKeyScope,
        routeMode: RouteMode,
        sandbox: Certificate.Sandbox.Level,
        sandboxIsAdvisory: Bool,
        allowColdStart: Bool,
        allowDirectFallback: Bool,
        source: ParentSource,
        bundle: BundleForm,
        command: String
    ) {
        self.requestID = requestID
        self.child = child
        self.parentNodeID = parentNodeID
        self.parentBundleSHA256 = parentBundleSHA256
        self.requestHash = requestHash
        self.policyHash = policyHash
        self.workflowRef = workflowRef
        self.runnerClass = runnerClass
        self.workerKey = workerKey
        self.routeMode = routeMode
        self.sandbox = sandbox
        self.sandboxIsAdvisory = sandboxIsAdvisory
        self.allowColdStart = allowColdStart
        self.allowDirectFallback = allowDirectFallback
        sourceKind = source.kind
        if case .checkout(let commit) = source { sourceCommit = commit } else { sourceCommit = nil }
        self.bundle = bundle
        self.command = command
    }

    package init(members: MemberReader) throws(DocumentFailure) {
        _ = try members.required("schema_version", .constant(RemoteExpectation.schemaVersion))
        requestID = try members.required("request_id", .text)
        child = try StepIdentity(members: members.object("child"))
        guard let parent = child.parentNodeID else { throw members.failure("child", "a node that has a parent") }
        parentNodeID = parent
        parentBundleSHA256 = try members.required("parent_bundle_sha256", .digest)
        requestHash = try members.required("request_hash", .digest)
        policyHash = try members.required("policy_hash", .digest)
        workflowRef = try members.required("workflow_ref", .text)
        runnerClass = try members.required("runner_class", .word)
        workerKey = try members.optional("worker_key", .word) ?? .epoch
        routeMode = try members.required("route_mode", .word)
        sandbox = try members.required("sandbox", .word)
        sandboxIsAdvisory = try members.required("sandbox_is_advisory", .boolean)
        allowColdStart = try members.required("allow_cold_start", .boolean)
        allowDirectFallback = try members.required("allow_direct_fallback", .boolean)
        sourceKind = try members.required("source_kind", .text)
        sourceCommit = try members.nullable("source_commit", .commit)
        bundle = try members.required("bundle", .word)
        command = try members.required("command", .text)
    }

    package var value: JSONValue {
        [
            "schema_version": .string(RemoteExpectation.schemaVersion), "request_id": .string(requestID),
            "child": .object(child.members), "parent_bundle_sha256": .digest(parentBundleSHA256),
            "request_hash": .digest(requestHash), "policy_hash": .digest(policyHash),
            "workflow_ref": .string(workflowRef), "runner_class": .word(runnerClass), "worker_key": .word(workerKey),
            "route_mode": .word(routeMode),
            "sandbox": .word(sandbox), "sandbox_is_advisory": .bool(sandboxIsAdvisory),
            "allow_cold_start": .bool(allowColdStart), "allow_direct_fallback": .bool(allowDirectFallback),
            "source_kind": .string(sourceKind), "source_commit": JSONValue(sourceCommit), "bundle": .word(bundle),
            "command": .string(command),
        ]
    }

    package var runID: RunID { child.runID }
}
