package import SwarmCapability
package import SwarmContracts
internal import SwarmPlatform
internal import SwarmSandbox
internal import SwarmState

/// A remote run before anything is sent.
package struct RemotePreparation: Sendable {
    /// What the worker gets, and nobody else can open; at most `SealedDispatch.longest` characters.
    package let sealedRequest: String
    /// A public nonce, by which the run is found again among others.
    package let requestID: String
    /// What is believed when it comes back; goes into the run's ledger as it is.
    package let expectation: RemoteExpectation
    package let policy: PolicyDocument
    package let parent: NodeID
}

extension Store {
    /// How long a sealed request holds, in seconds: a job may wait for a runner for a day.
    package static let requestLifetime: Int64 = 2 * 86_400

    /// Fixes everything about a remote run before anything is sent: parent, policy, keys, the sealed request. Nothing is
    /// written; the run id is not reserved. Two calls give two nonces and the same `requestHash`.
    ///
    /// `source` is where the worker finds the parent: a checkout for a launch from root alone. From a checkout or an
    /// artifact the worker makes a full bundle, so that the next step can start from it; else one since the parent.
    /// Throws exit 2 for what a remote run cannot have, exit 6 for what the policy forbids.
    package func prepareRemote(
        _ options: RunOptions,
        host: HostContext,
        worker: RecipientPublicKey,
        workerKey: WorkerKeyScope,
        workflowRef: String,
        source: ParentSource,
        runnerClass: RunnerClass,
        id: RunID
    ) throws -> RemotePreparation {
        guard !options.words.isEmpty, !options.words[0].isEmpty else { throw EngineFailure.noCommand }
        _ = try WorkflowRef(workflowRef)
        try refuseLocalOnly(options, source)
        let parent = try node(try remoteParent(options, source))
        let capsule = try PolicyCapsule.make(
            options,
            host: host,
            project: layout.project,
            inheritedKeep: keptPaths(of: parent),
            isRemote: true
        )
        let plan = try RunPlan.make(
            self,
            options,
            id: id,
            parent: parent,
            capsule: capsule,
            host: host,
            workflowRef: workflowRef
        )
        let request = try dispatchRequest(plan, worker, workerKey, source, runnerClass)
        return RemotePreparation(
            sealedRequest: try SealedDispatch.seal(request, for: worker, by: keyring.current.signingKey()),
            requestID: request.requestID,
            expectation: expectation(request, RunSummary.command(options)),
            policy: capsule.document,
            parent: parent.id
        )
    }

    private func refuseLocalOnly(_ options: RunOptions, _ source: ParentSource) throws {
        if options.input != .null {
            throw RemoteFailure.optionInvalid("-i or -t", "nobody is at the worker's terminal")
        }
        if options.login != nil {
            throw RemoteFailure.optionInvalid(
                "--login",
                "login files stay on this machine; pass a key by name with --pass-env"
            )
        }
        if options.workspace != nil {
            throw RemoteFailure.optionInvalid(
                "--workspace",
                "a launch takes the repository at a commit, a resume the node"
            )
        }
        if case .checkout = source, options.operation != .launch {
            throw RemoteFailure.sourceInvalid("only a launch from root starts from a checkout")
        }
    }

    private func remoteParent(_ options: RunOptions, _ source: ParentSource) throws -> NodeID {
        let root = try rootNode()
        let named = try options.node.map(resolve) ?? (options.operation == .launch ? root : resolve("@"))
        if case .checkout = source {
            guard named == root else {
                throw RemoteFailure.sourceInvalid("a checkout stands for root, and the run starts from \(named)")
            }
        }
        return named
    }

    private func dispatchRequest(
        _ plan: RunPlan,
        _ worker: RecipientPublicKey,
        _ workerKey: WorkerKeyScope,
        _ source: ParentSource,
        _ runnerClass: RunnerClass
    ) throws -> DispatchRequest {
        let now = Clock.nowSeconds()
        let backend = runnerClass == .gitlabHosted ? "gitlab" : "github"
        let isWhole: Bool =
            switch source {
            case .checkout, .artifact: true
            case .url, .path: false
            }
        return DispatchRequest(
            requestID: Hex.encode(Randomness.bytes(16)),
            issuer: keyring.current.signingKey().publicKey.did,
            audience: worker.id,
            issuedAtUnix: now,
            expiresAtUnix: now + Store.requestLifetime,
            child: plan.identity,
            request: plan.request,
            policy: plan.capsule.document,
            parent: DispatchRequest.Parent(
                descriptor: plan.parent.descriptor,
                certificateSHA256: try parentCertificateHash(of: plan.parent),
                source: source
            ),
            runnerClass: runnerClass,
            workerKey: workerKey,
            sandbox: plan.options.sandbox == .strict ? .strict : .none,
            workdir: plan.options.workdir ?? layout.project,
            events: try pendingEvents(for: plan, backend: backend),
            bundle: isWhole ? .full : .thin,
            environment: plan.passed.map { DispatchRequest.Variable(name: $0.name, exposed: $0.value) },
            caps: DispatchRequest.Caps(parent: plan.parent.readKey, child: try keys(of: plan.identity))
        )
    }

    private func expectation(_ request: DispatchRequest, _ command: String) -> RemoteExpectation {
        RemoteExpectation(
            requestID: request.requestID,
            child: request.child,
            parentNodeID: request.request.parentNodeID,
            parentBundleSHA256: request.parent.bundleSHA256,
            requestHash: request.request.requestHash,
            policyHash: request.policy.sha256,
            workflowRef: request.request.workflowRef,
            runnerClass: request.runnerClass,
            workerKey: request.workerKey,
            routeMode: request.policy.routeMode,
            sandbox: request.sandbox,
            sandboxIsAdvisory: request.policy.isAdvisory("sandbox"),
            allowColdStart: request.request.allowColdStart,
            allowDirectFallback: request.request.allowDirectFallback,
            source: request.parent.source,
            bundle: request.bundle,
            command: command
        )
    }
}
