internal import SwarmCapability
internal import SwarmContracts
internal import SwarmSnapshot
internal import SwarmState

/// All that is decided before a run begins.
struct RunPlan {
    let id: RunID
    let options: RunOptions
    let parent: OpenedNode
    let capsule: PolicyCapsule
    let identity: StepIdentity
    let request: RunRequest
    let workflowRef: String
    /// The passed variables that are set, in the order of their names.
    let passed: [(name: String, value: String)]
    /// A branch that a success makes at its node. No other branch moves then: those at the parent are the parent's.
    var branch: Label?
    /// What was found out for many runs from one parent.
    var ground: FanoutGround?
    /// Whose machine runs it.
    var place = RunPlace.local
    /// The events to write before the step, where somebody else has found them out.
    var events: [StateEvent]?

    static func make(
        _ store: Store,
        _ options: RunOptions,
        id: RunID,
        parent: OpenedNode,
        capsule: PolicyCapsule,
        host: HostContext,
        workflowRef: String? = nil
    ) throws -> RunPlan {
        let identity = StepIdentity(
            keyID: store.keyring.current.keyID.description,
            parentNodeID: parent.id,
            operation: options.operation,
            name: .runID(id),
            ratchetStep: parent.step + 1
        )
        let names = (capsule.document.env?.pass ?? []).sorted()
        let passed = names.compactMap { name in host.variable(name).map { (name: name, value: $0) } }
        let digest = store.keyring.current.localKey(.environment)
            .digest(passed.flatMap { [Array($0.name.utf8), Array($0.value.utf8)] })
        let workflow = workflowRef ?? RunPlan.workflowRef(store, parent)
        let words: [String]
        let shell: Bool
        switch options.command {
        case .arguments(let arguments): (words, shell) = (arguments, false)
        case .shell(let line): (words, shell) = ([line], true)
        }
        let request = RunRequest(
            operation: options.operation,
            runID: id,
            parentNodeID: parent.id,
            arguments: words,
            shell: shell,
            environmentNames: names,
            environmentDigest: digest,
            image: options.agentImage,
            routeMode: capsule.document.routeMode,
            limits: capsule.document.limits,
            allowColdStart: options.allowColdStart,
            allowDirectFallback: options.allowDirectFallback,
            workflowRef: workflow,
            policyHash: capsule.document.sha256,
            salt: try store.readKey(of: identity).requestSalt()
        )
        return RunPlan(
            id: id,
            options: options,
            parent: parent,
            capsule: capsule,
            identity: identity,
            request: request,
            workflowRef: workflow,
            passed: passed
        )
    }

    /// The local workflow at the commit that the node's tree has checked out.
    static func workflowRef(_ store: Store, _ parent: OpenedNode) -> String {
        Certificate.localWorkflowRef(commit: GitHead.commit(in: parent.root.workspace, reader: store.reader))
    }
}

extension Store {
    /// What the run that made a node, or the nearest run above its forks, kept of the home folder.
    func keptPaths(of node: OpenedNode) -> [String] {
        var operation = node.operation
        var runID = node.runID
        var parent = node.descriptor.identity.parentNodeID
        while operation == .fork, let above = parent, let descriptor = try? descriptor(above) {
            operation = descriptor.identity.operation
            runID = descriptor.runID
            parent = descriptor.identity.parentNodeID
        }
        guard let bytes = try? NodeReading.bytes(layout.run(runID).policy),
            let policy = try? PolicyDocument(reading: bytes)
        else { return [] }
        return policy.files?.keep ?? []
    }
}
