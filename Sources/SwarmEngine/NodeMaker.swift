internal import Sigstore
internal import SwarmCapability
internal import SwarmContracts
internal import SwarmPlatform
internal import SwarmSnapshot
internal import SwarmState

#if canImport(Glibc)
internal import Glibc
#endif

/// What a node is made from: everything here is a function of keys, parent, request and what the step wrote.
struct NodeDraft {
    var identity: StepIdentity
    var parent: OpenedNode
    var root: SnapshotRoot
    /// Sealed beside the tree, in no hash.
    var times: ModificationTimes?
    var requestHash: Digest256
    var policy: [UInt8]
    var routeMode: RouteMode
    var workflowRef: String
    var place = RunPlace.local
    var execution: Certificate.Execution
    var tags: [String]
    var coldStartReason: String?
}

/// Whose machine ran a step, and where what it left is to be found.
struct RunPlace {
    let runnerClass: RunnerClass
    /// Nil: in the store.
    let bundleRef: String?
    /// Nil: in the store.
    let certificateRef: String?
    /// What the key opens that the machine was given; nil at home.
    let workerKey: WorkerKeyScope?

    static let local = RunPlace(runnerClass: .local, bundleRef: nil, certificateRef: nil, workerKey: nil)
}

/// A node's documents, ready to be written.
struct NodeDocuments {
    let identity: StepIdentity
    let id: NodeID
    let node: [UInt8]
    let descriptor: [UInt8]
    let descriptorHash: Digest256
    let stateID: StateID
    let sealedRoot: [UInt8]
    let sealedTimes: [UInt8]?
    /// None for the root of the store.
    let run: RunDocuments?
}

extension NodeDocuments {
    /// The rows of the index for this node; the packs were synced and named before.
    func commit(parent: NodeID?, packs: [FinishedPack], at now: Int64) -> RunCommit {
        var commit = RunCommit(
            runID: identity.runID.description,
            status: RunState(run?.status ?? .succeeded),
            operation: identity.operation.rawValue,
            requestHash: run?.requestHash ?? Digest256.zero,
            parent: parent,
            finishedAt: now
        )
        commit.node = NodeRow(
            id: id,
            parent: parent,
            runID: identity.runID.description,
            operation: identity.operation.rawValue,
            status: commit.status,
            step: identity.ratchetStep,
            stateID: stateID.description,
            bundleSHA256: descriptorHash,
            tree: nil,
            createdAt: now
        )
        commit.packs = packs.map(\.row)
        commit.advancesNewest =
            commit.status == .succeeded && (identity.operation == .launch || identity.operation == .resume)
        return commit
    }
}

extension RunState {
    init(_ status: RunStatus) {
        switch status {
        case .succeeded: self = .succeeded
        case .failed: self = .failed
        case .cancelled: self = .cancelled
        }
    }
}

extension FinishedPack {
    /// The pack as the index takes it.
    var row: PackEntry {
        PackEntry(id: id, chunks: entries.map { ChunkEntry(name: $0.name, offset: $0.offset, length: $0.length) })
    }
}

/// The documents in a run's folder.
struct RunDocuments {
    let certificate: [UInt8]?
    let result: [UInt8]
    let nextTokens: [UInt8]?
    let policy: [UInt8]
    /// The operator's signature over certificate, result and policy, as a Sigstore bundle; none without a certificate.
    let attestation: [UInt8]?
    let status: RunStatus
    let requestHash: Digest256
    /// `sha256:` of the certificate; none where there is no certificate.
    let artifactHash: Digest256?
}

extension Store {
    /// Seals and certifies a node. Nothing is written. `fresh` are packs that the index does not name yet.
    func certify(_ draft: NodeDraft, fresh: [FinishedPack]) throws -> NodeDocuments {
        let key = try readKey(of: draft.identity)
        let (descriptor, sealed) = seal(draft.identity, draft.root, key)
        let responseHash = try sealedResponseHash(draft.root.response, reader: reader.adding(fresh))
        let parentCertificate = try parentCertificateHash(of: draft.parent)
        let certificate = Certificate(
            of: descriptor,
            parent: draft.parent.descriptor,
            requestHash: draft.requestHash,
            responseSHA256: responseHash,
            workflowRef: draft.workflowRef,
            runnerClass: draft.place.runnerClass,
            policyHash: Digest256.sha256(of: draft.policy),
            policyRef: "swarm:run/\(draft.identity.runID)#policy",
            execution: draft.execution,
            parentCertificateSHA256: parentCertificate
        )
        let document = NodeDocument(of: descriptor, routeMode: draft.routeMode, tags: draft.tags)
        let result = ResultDocument(
            runID: draft.identity.runID,
            status: draft.execution.status,
            operation: draft.identity.operation,
            nodeID: document.nodeID,
            parentNodeID: draft.parent.id,
            stateID: descriptor.stateID,
            restoreMode: draft.execution.restoreMode,
            restoreFallbackReason: draft.coldStartReason,
            bundleRef: draft.place.bundleRef ?? "local://nodes/\(document.nodeID)",
            bundleSHA256: descriptor.bundleSHA256,
            certificateRef: draft.place.certificateRef
                ?? "local://runs/\(draft.identity.runID)/certificate.json",
            artifactHash: certificate.artifactHash
        )
        let tokens = NextTokens(
            runID: draft.identity.runID,
            stateID: descriptor.stateID,
            ratchetStep: descriptor.ratchetStep
        )
        return NodeDocuments(
            identity: draft.identity,
            id: document.nodeID,
            node: document.canonicalBytes,
            descriptor: descriptor.canonicalBytes,
            descriptorHash: descriptor.bundleSHA256,
            stateID: descriptor.stateID,
            sealedRoot: sealed,
            sealedTimes: draft.times.map {
                key.sealTimes($0.encode(), associated: draft.identity.associatedData)
            },
            run: RunDocuments(
                certificate: certificate.canonicalBytes,
                result: result.canonicalBytes,
                nextTokens: tokens.canonicalBytes,
                policy: draft.policy,
                attestation: try attest(
                    certificate.canonicalBytes,
                    result.canonicalBytes,
                    draft.policy,
                    under: draft.identity.keyID
                ),
                status: draft.execution.status,
                requestHash: draft.requestHash,
                artifactHash: certificate.artifactHash
            )
        )
    }

    /// Signs what a run's documents say (see `RunStatement`) with the key of the root that the node is made under; nil in a
    /// worker's store, which has no operator.
    func attest(_ certificate: [UInt8], _ result: [UInt8], _ policy: [UInt8], under root: String) throws -> [UInt8]? {
        if grant != nil { return nil }
        let statement = try RunStatement(certificate: certificate, result: result, policy: policy)
        let key = try secret(root).signingKey()
        return try BundleSigner.bundle(statement: statement.canonicalBytes, hint: key.publicKey.did, sign: key.sign)
    }

    /// The root of the store has no certificate and no run.
    func certifyRoot(_ identity: StepIdentity, _ root: SnapshotRoot) throws -> NodeDocuments {
        let (descriptor, sealed) = seal(identity, root, try readKey(of: identity))
        let document = NodeDocument(of: descriptor, routeMode: .none)
        return NodeDocuments(
            identity: identity,
            id: document.nodeID,
            node: document.canonicalBytes,
            descriptor: descriptor.canonicalBytes,
            descriptorHash: descriptor.bundleSHA256,
            stateID: descriptor.stateID,
            sealedRoot: sealed,
            sealedTimes: nil,
            run: nil
        )
    }

    private func seal(
        _ identity: StepIdentity,
        _ root: SnapshotRoot,
        _ key: ReadKey
    ) -> (BundleDescriptor, [UInt8]) {
        let sealed = key.sealRoot(root.encode(), associated: identity.associatedData)
        let descriptor = BundleDescriptor(
            identity: identity,
            workspaceCommitment: key.commitment(.workspace, root.workspaceFacts),
            stateCommitment: key.commitment(.state, root.stateFacts),
            rootSHA256: Digest256.sha256(of: sealed)
        )
        return (descriptor, sealed)
    }

    /// The certificate hash that a child names: null below the root, which has none.
    func parentCertificateHash(of parent: OpenedNode) throws -> Digest256? {
        guard parent.operation != .initial else { return nil }
        return Digest256.sha256(of: try NodeReading.bytes(layout.run(parent.runID).certificate))
    }

    /// SHA-256 over the stored, sealed chunks of a response, one after the other.
    func sealedResponseHash(_ response: Content, reader: ContentReader) throws -> Digest256 {
        var hasher = Digest256.Hasher()
        for part in response.parts { hasher.update(try reader.sealedChunk(part.name)) }
        return hasher.finish()
    }
}
