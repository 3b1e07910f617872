/// What tells a node from every other of its store, before any of its content is known.
package struct StepIdentity: Hashable, Sendable {
    /// The id of the root secret from which the node's keys come.
    package let keyID: String
    /// Null for `root` alone.
    package let parentNodeID: NodeID?
    package let operation: Operation
    /// The run, or the label of a fork.
    package let name: StepName
    /// The depth of the node in the key tree; `root` has 0.
    package let ratchetStep: Int

    package init(keyID: String, parentNodeID: NodeID?, operation: Operation, name: StepName, ratchetStep: Int) {
        self.keyID = keyID
        self.parentNodeID = parentNodeID
        self.operation = operation
        self.name = name
        self.ratchetStep = ratchetStep
    }

    /// The id under which the node's documents lie: of a fork `fork.<label>`.
    package var runID: RunID {
        switch name {
        case .runID(let id): id
        case .label(let label): .fork(label)
        }
    }

    /// What the sealed root is bound to: the canonical JSON of `key_id`, `operation`, `parent_node_id`, `ratchet_step` and
    /// `run_id` or `label`.
    package var associatedData: [UInt8] { CanonicalJSON.encode(.object(members)) }

    /// The members that a descriptor has of it.
    var members: [String: JSONValue] {
        var members: [String: JSONValue] = [
            "key_id": .string(keyID), "parent_node_id": JSONValue(parentNodeID?.description),
            "operation": .word(operation), "ratchet_step": JSONValue(ratchetStep),
        ]
        switch name {
        case .runID(let id): members["run_id"] = .text(of: id)
        case .label(let label): members["label"] = .text(of: label)
        }
        return members
    }

    /// Reads those members. A fork has a label, everything else a run id, and nothing has both.
    init(members: MemberReader) throws(DocumentFailure) {
        operation = try members.required("operation", .word)
        switch operation {
        case .fork:
            name = .label(try members.required("label", .label))
            if members.value["run_id"] != nil { throw members.failure("run_id", "no such member beside a label") }
        case .initial, .import, .launch, .resume:
            name = .runID(try members.required("run_id", .runID))
            if members.value["label"] != nil { throw members.failure("label", "no such member beside a run id") }
        }
        keyID = try members.required("key_id", .text)
        parentNodeID = try members.nullable("parent_node_id", .nodeID)
        ratchetStep = try members.required("ratchet_step", .integer())
    }
}

/// The name of a step: a run's id, or a fork's label.
package enum StepName: Hashable, Sendable {
    case runID(RunID)
    case label(Label)
}
