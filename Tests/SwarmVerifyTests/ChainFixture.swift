import SwarmContracts
import SwarmVerify

/// A chain as the engine makes one: root, an import, a launch, a fork, a resume that failed.
struct ChainFixture {
    var links: [ChainLink] = []

    static func digest(_ text: String) -> Digest256 { Digest256.sha256(of: Array(text.utf8)) }

    static func sealed(_ step: Int) -> [UInt8] { Array("sealed root \(step)".utf8) }

    /// What stands in a link before it becomes bytes, for tests that build a wrong one.
    struct Plan {
        var operation: Operation
        var name: StepName
        var status = RunStatus.succeeded
        var step: Int?
        var parentNodeID: NodeID?
        var parentCertificate: Digest256??
        var route = Certificate.Route(mode: .none)
        var response: Digest256?
        var workflowRef = Certificate.localWorkflowRef(commit: nil)
        var policy = PolicyDocument.default.canonicalBytes
        var changeNode: (NodeDocument) -> NodeDocument = { $0 }
        var changeCertificate: (Certificate) -> Certificate = { $0 }
        var changeResult: (ResultDocument) -> ResultDocument = { $0 }

        init(_ operation: Operation, _ name: StepName) {
            self.operation = operation
            self.name = name
        }
    }

    init() throws {
        try add(Plan(.initial, .runID(.root)))
        try add(Plan(.import, .runID(.importing(ChainFixture.digest("content")))))
        try add(Plan(.launch, .runID(try RunID("a"))))
        try add(Plan(.fork, .label(try Label("side"))))
        var failed = Plan(.resume, .runID(try RunID("b")))
        failed.status = .failed
        try add(failed)
    }

    private init(empty: Void) {}

    /// Root and the plans that follow it.
    static func of(_ plans: [Plan]) throws -> [ChainLink] {
        var fixture = ChainFixture(empty: ())
        for plan in plans { try fixture.add(plan) }
        return fixture.links
    }

    mutating func add(_ plan: Plan) throws {
        let step = plan.step ?? links.count
        let parent = try links.last.map { try BundleDescriptor(reading: $0.descriptor ?? []) }
        let parentNode = try links.last.map { try NodeDocument(reading: $0.node ?? []) }
        let descriptor = BundleDescriptor(
            identity: StepIdentity(
                keyID: "key",
                parentNodeID: plan.parentNodeID ?? parentNode?.nodeID,
                operation: plan.operation,
                name: plan.name,
                ratchetStep: step
            ),
            workspaceCommitment: ChainFixture.digest("workspace \(step)"),
            stateCommitment: ChainFixture.digest("state \(step)"),
            rootSHA256: Digest256.sha256(of: ChainFixture.sealed(step))
        )
        let node = plan.changeNode(NodeDocument(of: descriptor, routeMode: .none))
        let sealed = ChainLink.SealedRoot.bytes(ChainFixture.sealed(step))
        guard let parent, let parentNode else {
            links.append(
                ChainLink(node: node.canonicalBytes, descriptor: descriptor.canonicalBytes, sealedRoot: sealed)
            )
            return
        }
        let certificate = plan.changeCertificate(certificate(plan, descriptor, parent))
        let result = plan.changeResult(
            ResultDocument(
                runID: descriptor.runID,
                status: plan.status,
                operation: plan.operation,
                nodeID: node.nodeID,
                parentNodeID: parentNode.nodeID,
                stateID: descriptor.stateID,
                restoreMode: .checkpoint,
                bundleRef: "local://b",
                bundleSHA256: descriptor.bundleSHA256,
                certificateRef: "local://c",
                artifactHash: certificate.artifactHash
            )
        )
        let tokens = NextTokens(runID: descriptor.runID, stateID: descriptor.stateID, ratchetStep: step)
        links.append(
            ChainLink(
                node: node.canonicalBytes,
                descriptor: descriptor.canonicalBytes,
                sealedRoot: sealed,
                certificate: certificate.canonicalBytes,
                result: result.canonicalBytes,
                policy: plan.policy,
                nextTokens: tokens.canonicalBytes
            )
        )
    }

    private func certificate(_ plan: Plan, _ child: BundleDescriptor, _ parent: BundleDescriptor) -> Certificate {
        let silent = plan.operation.bundleMode == .stateLicense
        let parentCertificate = links.last?.certificate.map { Digest256.sha256(of: $0) }
        return Certificate(
            of: child,
            parent: parent,
            requestHash: ChainFixture.digest("request"),
            responseSHA256: plan.response
                ?? (silent ? Digest256.sha256(of: [UInt8]()) : ChainFixture.digest("response")),
            workflowRef: plan.workflowRef,
            runnerClass: .local,
            policyHash: Digest256.sha256(of: plan.policy),
            policyRef: "swarm:run/\(child.runID)#policy",
            execution: Certificate.Execution(
                status: plan.status,
                exitCode: plan.status == .succeeded ? 0 : 1,
                restoreMode: .checkpoint,
                sandbox: Certificate.Sandbox(engine: "bubblewrap", level: .strict),
                limits: Certificate.Limits(engine: "none"),
                route: plan.route
            ),
            parentCertificateSHA256: plan.parentCertificate ?? parentCertificate
        )
    }
}

extension ChainLink {
    /// The documents by name, so that a test can change any of them.
    enum Part: String, CaseIterable, Sendable {
        case node, descriptor, sealedRoot, certificate, result, policy, nextTokens
    }

    func bytes(of part: Part) -> [UInt8]? {
        switch part {
        case .node: node
        case .descriptor: descriptor
        case .sealedRoot:
            if case .bytes(let bytes) = sealedRoot { bytes } else { nil }
        case .certificate: certificate
        case .result: result
        case .policy: policy
        case .nextTokens: nextTokens
        }
    }

    func replacing(_ part: Part, by bytes: [UInt8]?) -> ChainLink {
        ChainLink(
            node: part == .node ? bytes ?? [] : node,
            descriptor: part == .descriptor ? bytes ?? [] : descriptor,
            sealedRoot: part == .sealedRoot ? bytes.map { .bytes($0) } : sealedRoot,
            certificate: part == .certificate ? bytes : certificate,
            result: part == .result ? bytes : result,
            policy: part == .policy ? bytes : policy,
            nextTokens: part == .nextTokens ? bytes : nextTokens
        )
    }

    /// The link with one member of one document replaced, the document written canonically again.
    func editing(_ part: Part, _ path: [String], to new: JSONValue?) throws -> ChainLink {
        let value = try JSONParser.parse(bytes(of: part) ?? [])
        return replacing(part, by: CanonicalJSON.encode(value.editing(path[...], to: new)))
    }
}

extension JSONValue {
    /// The value with the member at a path replaced, or taken away.
    func editing(_ path: ArraySlice<String>, to new: JSONValue?) -> JSONValue {
        guard let name = path.first, case .object(var members) = self else { return self }
        members[name] = path.count == 1 ? new : members[name]?.editing(path.dropFirst(), to: new)
        return .object(members)
    }
}
