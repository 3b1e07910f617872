internal import SwarmContracts

extension LinkJudge {
    /// Does the node name its parent, stand one step below it, and come from an operation that may stand there?
    func lineage(_ list: inout CheckList) {
        parentNode(&list)
        step(&list)
        operation(&list)
    }

    private func parentNode(_ list: inout CheckList) {
        let name = "link.parent"
        let both = link.node.value.flatMap { node in link.descriptor.value.map { (node, $0) } }
        guard let (node, descriptor) = both else {
            list.judge(name, code("PARENT_MISMATCH"), .notApplicable("a document that it needs could not be read"))
            return
        }
        let stated = descriptor.identity.parentNodeID
        let agreement = Comparison("node $.parent_node_id", node.parentNodeID, stated)
        switch parent {
        case .none:
            let none = NodeID?.none
            list.compare(
                name,
                code("PARENT_MISMATCH"),
                [agreement, Comparison("descriptor $.parent_node_id", stated, none)]
            )
        case .unknown: list.compare(name, code("PARENT_MISMATCH"), [agreement])
        case .link(let parent):
            guard let expected = parent.node.value?.nodeID else {
                list.judge(name, code("PARENT_MISMATCH"), .notApplicable("the parent's node could not be read"))
                return
            }
            list.compare(
                name,
                code("PARENT_MISMATCH"),
                [agreement, Comparison("descriptor $.parent_node_id", stated, expected)]
            )
        }
    }

    private func step(_ list: inout CheckList) {
        let name = "link.step"
        let found = link.descriptor.value?.ratchetStep
        switch parent {
        case .none:
            list.compare(name, code("STEP_MISMATCH"), with: found) { [Comparison("$.ratchet_step", $0, 0)] }
        case .unknown:
            // Without the parent it is still known whether there is one.
            list.compare(name, code("STEP_MISMATCH"), with: found) { step in
                [Comparison("$.ratchet_step is 0", step == 0, isRoot)]
            }
        case .link(let parent):
            let both = found.flatMap { step in parent.descriptor.value.map { (step, $0.ratchetStep) } }
            list.compare(name, code("STEP_MISMATCH"), with: both) { [Comparison("$.ratchet_step", $0, $1 + 1)] }
        }
    }

    private func operation(_ list: inout CheckList) {
        guard let identity = link.descriptor.value?.identity else {
            list.judge(
                "link.operation",
                code("OPERATION_INVALID"),
                .notApplicable("the descriptor could not be read")
            )
            return
        }
        list.judge("link.operation", code("OPERATION_INVALID"), judgement(of: identity))
    }

    private func judgement(of identity: StepIdentity) -> Judgement {
        let operation = identity.operation
        let word = operation.rawValue
        switch parent {
        case .none:
            if operation != .initial { return .fails("the first node comes from \(word), expected init") }
        case .unknown:
            if (operation == .initial) != (identity.parentNodeID == nil) {
                return .fails("\(word) with the parent \(identity.parentNodeID?.description ?? "null")")
            }
        case .link(let parent):
            if operation == .initial { return .fails("init stands below another node") }
            let parentIsRoot = parent.descriptor.value?.identity.operation == .initial
            if operation == .import, !parentIsRoot { return .fails("an import stands below another node than root") }
        }
        let expected: Bool =
            switch operation {
            case .initial: identity.runID == .root
            case .import: identity.runID.description.hasPrefix("import.")
            case .fork: true
            case .launch, .resume: !identity.runID.isReserved
            }
        return expected
            ? .holds("\(word) with the run id \(identity.runID)")
            : .fails("the run id \(identity.runID) is not one that \(word) may have")
    }
}
