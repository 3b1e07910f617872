import SwarmCapability
import SwarmContracts

extension Fixture {
    /// A request for the fixture's worker that asks for one command.
    func request(
        issuer: OperatorSigningKey? = nil,
        audience: RecipientPublicKey? = nil,
        command: String = "make test"
    ) throws -> DispatchRequest {
        let parent = BundleDescriptor(
            identity: StepIdentity(
                keyID: "key-" + String(repeating: "5", count: 16),
                parentNodeID: nil,
                operation: .initial,
                name: .runID(.root),
                ratchetStep: 0
            ),
            workspaceCommitment: Digest256.sha256(of: [1]),
            stateCommitment: Digest256.sha256(of: [2]),
            rootSHA256: Digest256.sha256(of: [3])
        )
        let policy = PolicyDocument.default
        let child = StepIdentity(
            keyID: parent.identity.keyID,
            parentNodeID: node,
            operation: .launch,
            name: .runID(try RunID("far")),
            ratchetStep: 1
        )
        return DispatchRequest(
            requestID: "nonce",
            issuer: (issuer ?? root.signingKey()).publicKey.did,
            audience: (audience ?? worker.publicKey).id,
            issuedAtUnix: Fixture.now,
            expiresAtUnix: Fixture.now + 3600,
            child: child,
            request: RunRequest(
                operation: .launch,
                runID: try RunID("far"),
                parentNodeID: node,
                arguments: [command],
                shell: true,
                environmentNames: ["TOKEN"],
                environmentDigest: Digest256.sha256(of: [4]),
                image: nil,
                routeMode: policy.routeMode,
                limits: policy.limits,
                allowColdStart: false,
                allowDirectFallback: false,
                workflowRef: "o/r/.github/workflows/swarm-run.yml@" + String(repeating: "a", count: 40),
                policyHash: policy.sha256,
                salt: [UInt8](repeating: 7, count: 32)
            ),
            policy: policy,
            parent: DispatchRequest.Parent(
                descriptor: parent,
                certificateSHA256: nil,
                source: .checkout(commit: String(repeating: "b", count: 40))
            ),
            runnerClass: .githubHosted,
            workerKey: .run,
            sandbox: .strict,
            workdir: "/work",
            events: [],
            bundle: .full,
            environment: [DispatchRequest.Variable(name: "TOKEN", exposed: "hunter2-hunter2")],
            caps: DispatchRequest.Caps(parent: keys.read, child: keys)
        )
    }
}
