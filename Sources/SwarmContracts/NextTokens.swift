/// `next_tokens.json`: references to the capabilities of the node that a run made. Whoever reads it learns nothing that
/// opens a bundle.
package struct NextTokens: Document {
    package static let name = "next_tokens"

    /// The two kinds of capability.
    package enum Capability: String, Sendable, CaseIterable {
        case stateCap = "state_cap"
        case netCap = "net_cap"
    }

    package let stateCapNext: String
    package let netCapNext: String
    package let stateIDNext: StateID
    /// The step of the node that the run made.
    package let ratchetStep: Int

    package init(runID: RunID, stateID: StateID, ratchetStep: Int) {
        stateCapNext = NextTokens.reference(.stateCap, of: runID)
        netCapNext = NextTokens.reference(.netCap, of: runID)
        stateIDNext = stateID
        self.ratchetStep = ratchetStep
    }

    package init(members: MemberReader) throws(DocumentFailure) {
        stateCapNext = try members.required("state_cap_next", .text)
        netCapNext = try members.required("net_cap_next", .text)
        stateIDNext = try members.required("state_id_next", .stateID)
        ratchetStep = try members.required("ratchet_step", .integer())
    }

    package var value: JSONValue {
        [
            "state_cap_next": .string(stateCapNext), "net_cap_next": .string(netCapNext),
            "state_id_next": .text(of: stateIDNext), "ratchet_step": JSONValue(ratchetStep),
        ]
    }

    /// The reference to a capability of a run's node: `swarm:run/<run_id>#state_cap`, `#net_cap`.
    package static func reference(_ capability: Capability, of runID: RunID) -> String {
        "swarm:run/\(runID)#\(capability.rawValue)"
    }
}
