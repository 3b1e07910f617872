/// `certificate.json` (`loom-agent-run-v1`): the deterministic statement of what a run did. Certificates of a chain name
/// their parent's, so that they are a hash chain.
package struct Certificate: Document {
    package static let name = "certificate"
    static let type = "loom-agent-run-v1"

    /// The run id.
    package let jobID: RunID
    package let requestHash: Digest256
    package let mode: BundleMode
    package let parentState: ParentState
    package let result: Outcome
    package let runtime: Runtime
    package let timestamp: String
    package let policy: Policy?
    package let replay: Replay?
    package let execution: Execution
    /// The SHA-256 of the parent's certificate; null where the parent is `root`, which has none.
    package let parentCertificateSHA256: Digest256?

    package init(
        jobID: RunID,
        requestHash: Digest256,
        mode: BundleMode,
        parentState: ParentState,
        result: Outcome,
        runtime: Runtime,
        timestamp: String,
        policy: Policy?,
        replay: Replay? = nil,
        execution: Execution,
        parentCertificateSHA256: Digest256?
    ) {
        self.jobID = jobID
        self.requestHash = requestHash
        self.mode = mode
        self.parentState = parentState
        self.result = result
        self.runtime = runtime
        self.timestamp = timestamp
        self.policy = policy
        self.replay = replay
        self.execution = execution
        self.parentCertificateSHA256 = parentCertificateSHA256
    }

    /// The certificate of a child made from a parent: ids, bundles, locator and times follow from their descriptors.
    package init(
        of child: BundleDescriptor,
        parent: BundleDescriptor,
        requestHash: Digest256,
        responseSHA256: Digest256,
        workflowRef: String,
        runnerClass: RunnerClass,
        policyHash: Digest256,
        policyRef: String,
        replay: Replay? = nil,
        execution: Execution,
        parentCertificateSHA256: Digest256?
    ) {
        let time = LogicalTime.text(step: child.ratchetStep)
        let bundle = child.bundleSHA256
        self.init(
            jobID: child.runID,
            requestHash: requestHash,
            mode: child.identity.operation.bundleMode,
            parentState: ParentState(
                stateID: parent.stateID,
                bundleSHA256: parent.bundleSHA256,
                ratchetStep: parent.ratchetStep
            ),
            result: Outcome(
                responseSHA256: responseSHA256,
                responseLocator: child.responseLocator,
                newState: NewState(
                    stateID: child.stateID,
                    bundleSHA256: bundle,
                    bundleManifestSHA256: child.rootSHA256
                )
            ),
            runtime: Runtime(workflowRef: workflowRef, runnerClass: runnerClass, startedAt: time, finishedAt: time),
            timestamp: time,
            policy: Policy(policyHash: policyHash, policyRef: policyRef, policyGeneratedAt: time),
            replay: replay,
            execution: execution,
            parentCertificateSHA256: parentCertificateSHA256
        )
    }

    package init(members: MemberReader) throws(DocumentFailure) {
        _ = try members.required("type", .constant(Certificate.type))
        jobID = try members.required("job_id", .runID)
        requestHash = try members.required("request_hash", .digest)
        mode = try members.required("mode", .word)
        parentState = try ParentState(members: members.object("parent_state"))
        result = try Outcome(members: members.object("result"))
        runtime = try Runtime(members: members.object("runtime"))
        timestamp = try members.required("timestamp", .time)
        policy = try members.optionalObject("policy").map(Policy.init(members:))
        replay = try members.optionalObject("replay").map(Replay.init(members:))
        execution = try Execution(members: members.object("execution"))
        parentCertificateSHA256 = try members.nullable("parent_certificate_sha256", .digest)
    }

    package var value: JSONValue {
        .members([
            "type": .string(Certificate.type), "job_id": .text(of: jobID), "request_hash": .digest(requestHash),
            "mode": .word(mode), "parent_state": parentState.value, "result": result.value, "runtime": runtime.value,
            "timestamp": .string(timestamp), "policy": policy?.value, "replay": replay?.value,
            "execution": execution.value, "parent_certificate_sha256": .digest(parentCertificateSHA256),
        ])
    }

    /// The name of the certificate everywhere else: the SHA-256 of its canonical bytes.
    package var artifactHash: Digest256 { sha256 }

    /// The `workflow_ref` of a local run: the commit at the git HEAD inside the parent node's tree, or 40 zeros where
    /// there is no git or none.
    package static func localWorkflowRef(commit: String?) -> String {
        "local/swarm@" + (commit ?? String(repeating: "0", count: 40))
    }
}
