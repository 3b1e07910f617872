package import Sigstore
package import SwarmCapability
package import SwarmContracts

/// What a remote run needs beside the step's own options.
package struct RemoteRunOptions: Sendable {
    package var workflowRef: WorkflowRef
    /// Whether each run gets a key of its own where the backend takes it.
    package var workerKey: WorkerKeyScope
    /// The public key that serves where a run has none of its own.
    package var epochKey: RecipientPublicKey
    /// The branch or tag at which the caller's workflow is started; nil is the default branch.
    package var ref: String?
    package var runnerClass: RunnerClass
    /// Puts a bundle file where a worker can fetch it; nil where there is no such place.
    package var publish: (@Sendable (String) throws -> ParentSource)?

    package init(
        workflowRef: WorkflowRef,
        workerKey: WorkerKeyScope,
        epochKey: RecipientPublicKey,
        ref: String? = nil,
        runnerClass: RunnerClass = .githubHosted
    ) {
        self.workflowRef = workflowRef
        self.workerKey = workerKey
        self.epochKey = epochKey
        self.ref = ref
        self.runnerClass = runnerClass
    }
}

/// Where a remote run begins: the parent, and how a worker comes by it.
package struct RemoteStart: Sendable {
    let parent: NodeID
    let source: ParentSource
    let ref: String?
    let checkpoint: String
}

/// Whose signature on an attestation counts.
package struct RemoteTrust: Sendable {
    package var roots: [TrustedRoot]
    /// The host in a signer's name: `github.com`.
    package var host: String
    package var issuer: String
    /// Takes the node without a verified attestation, and marks it for ever.
    package var skipsAttestation: Bool

    package init(roots: [TrustedRoot], host: String, issuer: String, skipsAttestation: Bool) {
        self.roots = roots
        self.host = host
        self.issuer = issuer
        self.skipsAttestation = skipsAttestation
    }
}
