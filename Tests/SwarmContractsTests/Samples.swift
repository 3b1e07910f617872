import SwarmContracts
import Testing

/// One document of each kind, all of one imported node and of the run that goes on from it.
enum Samples {
    static let keyID = "key-" + String(repeating: "5", count: 16)

    static func digest(_ text: String) -> Digest256 { Digest256.sha256(of: Array(text.utf8)) }

    static let root = BundleDescriptor(
        identity: StepIdentity(
            keyID: keyID,
            parentNodeID: nil,
            operation: .initial,
            name: .runID(.root),
            ratchetStep: 0
        ),
        workspaceCommitment: digest("root workspace"),
        stateCommitment: digest("root state"),
        rootSHA256: digest("root sealed")
    )

    static let rootNode = NodeDocument(of: root, routeMode: .direct)

    static func descriptor() throws -> BundleDescriptor {
        BundleDescriptor(
            identity: StepIdentity(
                keyID: keyID,
                parentNodeID: rootNode.nodeID,
                operation: .launch,
                name: .runID(try RunID("try-1")),
                ratchetStep: 1
            ),
            workspaceCommitment: digest("workspace"),
            stateCommitment: digest("state"),
            rootSHA256: digest("sealed")
        )
    }

    static func fork() throws -> BundleDescriptor {
        BundleDescriptor(
            identity: StepIdentity(
                keyID: keyID,
                parentNodeID: rootNode.nodeID,
                operation: .fork,
                name: .label(try Label("side")),
                ratchetStep: 1
            ),
            workspaceCommitment: digest("workspace"),
            stateCommitment: digest("state"),
            rootSHA256: digest("sealed")
        )
    }

    static func node() throws -> NodeDocument {
        NodeDocument(of: try descriptor(), routeMode: .none, tags: ["nightly"])
    }

    static func fullNode() throws -> NodeDocument {
        let plain = try node()
        return NodeDocument(
            parentNodeID: plain.parentNodeID,
            createdAt: plain.createdAt,
            workspace: plain.workspace,
            stateDB: plain.stateDB,
            runtime: NodeDocument.Runtime(
                checkpointSupported: true,
                substrate: "local",
                imageDigest: "sha256:image",
                kernel: "linux",
                checkpointHash: digest("checkpoint"),
                checkpointRef: "local://checkpoints/1"
            ),
            network: plain.network,
            tags: [],
            attestation: NodeDocument.Attestation(
                commitSHARequired: String(repeating: "a", count: 40),
                artifactHash: nil,
                proofRef: nil
            )
        )
    }

    static let execution = Certificate.Execution(
        status: .succeeded,
        exitCode: 0,
        restoreMode: .checkpoint,
        sandbox: Certificate.Sandbox(engine: "bubblewrap", level: .strict),
        limits: Certificate.Limits(engine: "cgroup-v2"),
        route: Certificate.Route(mode: .none)
    )

    static func certificate() throws -> Certificate {
        Certificate(
            of: try descriptor(),
            parent: root,
            requestHash: try request().requestHash,
            responseSHA256: digest("response"),
            workflowRef: Certificate.localWorkflowRef(commit: nil),
            runnerClass: .local,
            policyHash: PolicyDocument.default.sha256,
            policyRef: "swarm:run/try-1#policy",
            replay: Certificate.Replay(nonce: "once", expiresAtUnix: 1_893_456_000),
            execution: execution,
            parentCertificateSHA256: nil
        )
    }

    static func result() throws -> ResultDocument {
        let descriptor = try descriptor()
        return ResultDocument(
            runID: descriptor.runID,
            status: .succeeded,
            operation: .launch,
            nodeID: try node().nodeID,
            parentNodeID: rootNode.nodeID,
            stateID: descriptor.stateID,
            restoreMode: .checkpoint,
            bundleRef: "local://bundles/try-1",
            bundleSHA256: descriptor.bundleSHA256,
            certificateRef: "local://runs/try-1/certificate.json",
            artifactHash: try certificate().artifactHash
        )
    }

    static func failedResult() throws -> ResultDocument {
        ResultDocument(
            runID: try RunID("try-2"),
            status: .failed,
            operation: .resume,
            nodeID: nil,
            parentNodeID: rootNode.nodeID,
            stateID: nil,
            restoreMode: .coldStart,
            restoreFallbackReason: "a chunk is missing",
            bundleRef: nil,
            bundleSHA256: nil,
            certificateRef: nil,
            artifactHash: nil
        )
    }

    static func nextTokens() throws -> NextTokens {
        let descriptor = try descriptor()
        return NextTokens(runID: descriptor.runID, stateID: descriptor.stateID, ratchetStep: descriptor.ratchetStep)
    }

    static let fullPolicy = PolicyDocument(
        policyID: "agents",
        routeMode: .clientExit,
        allowedTools: ["git"],
        blockedTools: ["curl"],
        limits: PolicyDocument.Limits(
            maxRuntimeSec: 60,
            maxRetries: 1,
            maxMemoryBytes: 1 << 30,
            maxProcesses: 64,
            maxOutputBytes: 1 << 20
        ),
        network: PolicyDocument.Network(allowHosts: ["example.org"], allowDirectFallback: false),
        files: PolicyDocument.FileAccess(read: ["~/.npm"], write: ["~/.cache"], keep: [".claude"]),
        login: "claude",
        env: PolicyDocument.Env(pass: ["CI"]),
        advisory: ["limits.max_processes"],
        provenance: PolicyDocument.Provenance(generator: "hand", generatedAt: "2026-02-28T12:00:00.5+01:00")
    )

    static func request() throws -> RunRequest {
        RunRequest(
            operation: .launch,
            runID: try RunID("try-1"),
            parentNodeID: rootNode.nodeID,
            arguments: ["make", "", "test"],
            shell: false,
            environmentNames: ["TERM", "CI"],
            environmentDigest: digest("values"),
            image: nil,
            routeMode: .none,
            limits: PolicyDocument.default.limits,
            allowColdStart: false,
            allowDirectFallback: false,
            workflowRef: Certificate.localWorkflowRef(commit: nil),
            policyHash: PolicyDocument.default.sha256,
            salt: Array(0..<16)
        )
    }

    static let ticket = Ticket(
        mode: .proxy,
        sessionID: "session-1",
        token: TicketToken("a-token-that-nobody-may-see"),
        brokerAddress: "broker.example.org:8443",
        issuedAtUnix: 1_800_000_000,
        expiresAtUnix: nil,
        brokerCertSHA256: digest("certificate"),
        allowHosts: ["example.org"]
    )

    /// A sample with its reader, so that one test serves every kind of document.
    struct Entry: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let schema: String
        let bytes: [UInt8]
        let reread: @Sendable ([UInt8]) throws(DocumentFailure) -> [UInt8]

        init<D: Document>(_ document: D, _ description: String? = nil) {
            testDescription = description ?? D.name
            schema = D.name
            bytes = document.canonicalBytes
            reread = { (bytes) throws(DocumentFailure) in try D(reading: bytes).canonicalBytes }
        }
    }

    static func all() throws -> [Entry] {
        [
            Entry(root, "root descriptor"), Entry(rootNode, "root node"), Entry(try descriptor()),
            Entry(try fork(), "fork descriptor"), Entry(try node()), Entry(try fullNode(), "full node"),
            Entry(try certificate()), Entry(try result()), Entry(try failedResult(), "failed result"),
            Entry(try nextTokens()), Entry(PolicyDocument.default), Entry(fullPolicy, "full policy"),
            Entry(try request()), Entry(ticket),
        ]
    }
}
