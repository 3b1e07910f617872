extension Certificate {
    /// What the run started from.
    package struct ParentState: Hashable, Sendable {
        package let stateID: StateID
        package let bundleSHA256: Digest256
        package let ratchetStep: Int

        package init(stateID: StateID, bundleSHA256: Digest256, ratchetStep: Int) {
            self.stateID = stateID
            self.bundleSHA256 = bundleSHA256
            self.ratchetStep = ratchetStep
        }

        init(members: MemberReader) throws(DocumentFailure) {
            stateID = try members.required("state_id", .stateID)
            bundleSHA256 = try members.required("bundle_sha256", .digest)
            ratchetStep = try members.required("ratchet_step", .integer())
        }

        var value: JSONValue {
            [
                "state_id": .text(of: stateID), "bundle_sha256": .digest(bundleSHA256),
                "ratchet_step": JSONValue(ratchetStep),
            ]
        }
    }

    /// What the run made.
    package struct Outcome: Hashable, Sendable {
        /// Over the stored, sealed bytes of the response.
        package let responseSHA256: Digest256
        package let responseLocator: String
        package let newState: NewState

        package init(responseSHA256: Digest256, responseLocator: String, newState: NewState) {
            self.responseSHA256 = responseSHA256
            self.responseLocator = responseLocator
            self.newState = newState
        }

        init(members: MemberReader) throws(DocumentFailure) {
            responseSHA256 = try members.required("response_sha256", .digest)
            responseLocator = try members.required("response_locator", .text)
            newState = try NewState(members: members.object("new_state"))
        }

        var value: JSONValue {
            [
                "response_sha256": .digest(responseSHA256), "response_locator": .string(responseLocator),
                "new_state": newState.value,
            ]
        }
    }

    /// The child's state and bundle.
    package struct NewState: Hashable, Sendable {
        package let stateID: StateID
        /// The SHA-256 of the child's descriptor.
        package let bundleSHA256: Digest256
        /// The SHA-256 of the child's sealed root.
        package let bundleManifestSHA256: Digest256

        package init(stateID: StateID, bundleSHA256: Digest256, bundleManifestSHA256: Digest256) {
            self.stateID = stateID
            self.bundleSHA256 = bundleSHA256
            self.bundleManifestSHA256 = bundleManifestSHA256
        }

        init(members: MemberReader) throws(DocumentFailure) {
            stateID = try members.required("state_id", .stateID)
            bundleSHA256 = try members.required("bundle_sha256", .digest)
            bundleManifestSHA256 = try members.required("bundle_manifest_sha256", .digest)
        }

        var value: JSONValue {
            [
                "state_id": .text(of: stateID), "bundle_sha256": .digest(bundleSHA256),
                "bundle_manifest_sha256": .digest(bundleManifestSHA256),
            ]
        }
    }

    /// Where the step ran, and which workflow at which commit ran it.
    package struct Runtime: Hashable, Sendable {
        package let workflowRef: String
        package let runnerClass: RunnerClass
        package let startedAt: String
        package let finishedAt: String

        package init(workflowRef: String, runnerClass: RunnerClass, startedAt: String, finishedAt: String) {
            self.workflowRef = workflowRef
            self.runnerClass = runnerClass
            self.startedAt = startedAt
            self.finishedAt = finishedAt
        }

        init(members: MemberReader) throws(DocumentFailure) {
            workflowRef = try members.required("workflow_ref", .text)
            runnerClass = try members.required("runner_class", .word)
            startedAt = try members.required("started_at", .time)
            finishedAt = try members.required("finished_at", .time)
        }

        var value: JSONValue {
            [
                "workflow_ref": .string(workflowRef), "runner_class": .word(runnerClass),
                "started_at": .string(startedAt), "finished_at": .string(finishedAt),
            ]
        }
    }

    /// The policy capsule under which the step ran.
    package struct Policy: Hashable, Sendable {
        /// The SHA-256 of the policy's bytes.
        package let policyHash: Digest256
        package let policyRef: String
        package let policyGeneratedAt: String

        package init(policyHash: Digest256, policyRef: String, policyGeneratedAt: String) {
            self.policyHash = policyHash
            self.policyRef = policyRef
            self.policyGeneratedAt = policyGeneratedAt
        }

        init(members: MemberReader) throws(DocumentFailure) {
            _ = try members.required("schema_version", .constant(PolicyDocument.schemaVersion))
            policyHash = try members.required("policy_hash", .digest)
            policyRef = try members.required("policy_ref", .text)
            policyGeneratedAt = try members.required("policy_generated_at", .time)
        }

        var value: JSONValue {
            [
                "schema_version": .string(PolicyDocument.schemaVersion), "policy_hash": .digest(policyHash),
                "policy_ref": .string(policyRef), "policy_generated_at": .string(policyGeneratedAt),
            ]
        }
    }

    /// What keeps a certificate from being shown twice.
    package struct Replay: Hashable, Sendable {
        package let nonce: String
        /// Seconds since 1970-01-01T00:00:00Z, above 0.
        package let expiresAtUnix: Int64

        package init(nonce: String, expiresAtUnix: Int64) {
            self.nonce = nonce
            self.expiresAtUnix = expiresAtUnix
        }

        init(members: MemberReader) throws(DocumentFailure) {
            nonce = try members.required("nonce", .text)
            expiresAtUnix = try members.required("expires_at_unix", .unixSeconds)
        }

        var value: JSONValue { ["nonce": .string(nonce), "expires_at_unix": .integer(expiresAtUnix)] }
    }
}
