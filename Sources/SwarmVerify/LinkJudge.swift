internal import SwarmContracts

/// Asks of one node what can be asked of it. The parent, where there is one at hand, stands beside it.
struct LinkJudge {
    /// What is known of the link before this one.
    enum Parent {
        /// This is the first of a chain: it must be `root`.
        case none
        /// A bundle stands alone: what a parent would tell is not asked.
        case unknown
        case link(ReadLink)
    }

    let link: ReadLink
    let parent: Parent
    /// `CHAIN` or `BUNDLE`: what the codes begin with.
    let prefix: String
    /// Whether `next_tokens.json` must be there; a bundle file has none.
    let demandsTokens: Bool
    /// Whose attestation counts.
    var demand = AttestationDemand.none

    var isRoot: Bool { link.descriptor.value?.identity.operation == .initial }

    func code(_ name: String) -> String { "\(prefix)_\(name)" }

    func run(_ list: inout CheckList) {
        readable("node.shape", "NODE", link.node, &list)
        nodeID(&list)
        readable("descriptor.shape", "DESCRIPTOR", link.descriptor, &list)
        sealedRoot(&list)
        stateID(&list)
        nodeHoldsDescriptor(&list)
        lineage(&list)
        certificate(&list)
        policy(&list)
        result(&list)
        tokens(&list)
        attestation(demand, &list)
    }

    /// Whether a document is there, strict, canonical and without critical members.
    func readable<Value>(_ name: String, _ document: String, _ reading: Reading<Value>, _ list: inout CheckList) {
        switch reading {
        case .missing: list.judge(name, code("\(document)_MISSING"), .fails("the \(Value.name) document is not there"))
        case .defective(.nodeIDMismatch): list.judge(name, code("\(document)_INVALID"), .holds("strict"))
        case .defective(.critical(_, let path)):
            list.judge(
                name,
                code("\(document)_CRITICAL_UNKNOWN"),
                .fails("\(path) must be understood and is not known here")
            )
        case .defective(let failure): list.judge(name, code("\(document)_INVALID"), .fails(failure.message))
        case .notCanonical:
            list.judge(name, code("\(document)_INVALID"), .fails("the bytes are not canonical JSON (RFC 8785)"))
        case .read: list.judge(name, code("\(document)_INVALID"), .holds("strict, canonical, no critical_ member"))
        }
    }

    private func nodeID(_ list: inout CheckList) {
        let name = "node.id"
        switch link.node {
        case .defective(.nodeIDMismatch(let computed, let stated)):
            list.compare(name, code("NODE_ID_MISMATCH"), [Comparison("$.node_id", stated, computed)])
        case .read(let node): list.judge(name, code("NODE_ID_MISMATCH"), .holds("\(node.nodeID) recomputed"))
        case .missing, .defective, .notCanonical:
            list.judge(name, code("NODE_ID_MISMATCH"), .notApplicable("the node document could not be read"))
        }
    }

    private func sealedRoot(_ list: inout CheckList) {
        guard let root = link.bytes.sealedRoot else {
            list.judge("root.sealed", code("SEALED_ROOT_MISSING"), .fails("the sealed root is not there"))
            return
        }
        list.compare("root.sealed", code("SEALED_ROOT_MISMATCH"), with: link.descriptor.value) { descriptor in
            [Comparison("sha256 of the sealed root", root.digest, descriptor.rootSHA256)]
        }
    }

    private func stateID(_ list: inout CheckList) {
        list.compare("state.id", code("STATE_ID_MISMATCH"), with: link.descriptor.value) { descriptor in
            [Comparison("descriptor $.state_id", descriptor.stateID, StateID(commitment: descriptor.stateCommitment))]
        }
    }

    private func nodeHoldsDescriptor(_ list: inout CheckList) {
        let both = link.node.value.flatMap { node in link.descriptor.value.map { (node, $0) } }
        list.compare("node.commitments", code("COMMITMENT_MISMATCH"), with: both) { node, descriptor in
            [
                Comparison("$.workspace.artifact_hash", node.workspace.artifactHash, descriptor.workspaceCommitment),
                Comparison("$.state_db.snapshot_hash", node.stateDB.snapshotHash, descriptor.stateCommitment),
                Comparison("$.state_db.state_id", node.stateDB.stateID, descriptor.stateID),
            ]
        }
        list.compare("node.references", code("REFERENCE_MISMATCH"), with: both) { node, descriptor in
            let bundle = "swarm:bundle/\(link.bundleSHA256)"
            let token = NextTokens.reference(.netCap, of: descriptor.runID)
            return [
                Comparison("$.workspace.artifact_ref", node.workspace.artifactRef, bundle + "#workspace"),
                Comparison("$.state_db.snapshot_ref", node.stateDB.snapshotRef, bundle + "#state"),
                Comparison("$.network.token.token_ref", node.network.tokenRef, token),
            ]
        }
        list.compare("node.step", code("STEP_MISMATCH"), with: both) { node, descriptor in
            [
                Comparison("$.state_db.ratchet_step", node.stateDB.ratchetStep, descriptor.ratchetStep),
                Comparison("$.network.token.ratchet_step", node.network.ratchetStep, descriptor.ratchetStep),
            ]
        }
        list.compare("node.time", code("TIME_MISMATCH"), with: both) { node, descriptor in
            [Comparison("$.created_at", node.createdAt, LogicalTime.text(step: descriptor.ratchetStep))]
        }
    }
}
