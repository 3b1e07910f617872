package import SwarmContracts

/// Which key a token carries.
package enum CapabilityKind: String, Sendable, CaseIterable {
    /// Opens a node's state and workspace.
    case state = "state_cap"
    /// Opens the ticket of a node's route.
    case net = "net_cap"

    var codePrefix: String {
        switch self {
        case .state: "STATE_CAP"
        case .net: "NET_CAP"
        }
    }
}

/// For whom a token is.
package enum Audience: Hashable, Sendable, CustomStringConvertible {
    /// The operator who issues it.
    case `operator`
    /// Whoever holds the key with this id (`RecipientPublicKey.id`).
    case recipient(String)

    package var description: String {
        switch self {
        case .operator: "operator"
        case .recipient(let id): id
        }
    }
}

/// What a token says in clear (RFC 7519 names where there are any). Times are seconds since 1970.
package struct CapabilityClaims: Hashable, Sendable {
    /// `cap`.
    package let kind: CapabilityKind
    /// `iss`: the operator, as a did:key.
    package let issuer: OperatorPublicKey
    /// `aud`.
    package let audience: Audience
    /// `sub`: the node that it opens.
    package let subject: NodeID
    /// `jti`: unique among the issuer's tokens; obeys the rules of a run id, since a store keeps a file of that name.
    package let id: String
    /// `iat`.
    package let issuedAt: Int64
    /// `nbf`: the first second at which it is valid.
    package let notBefore: Int64
    /// `exp`: the first second at which it is not valid any more.
    package let expiresAt: Int64
    /// `state_id` of the node.
    package let stateID: String
    /// `ratchet_step` of the node.
    package let ratchetStep: Int
    /// `run_id`: the run for which it was issued, where there is one.
    package let runID: RunID?
    /// `policy_hash`: the policy under which it may be used, where one is fixed.
    package let policyHash: Digest256?
    /// `workflow_ref`: the pinned workflow that may use it, where one is fixed.
    package let workflowRef: String?

    /// Takes the claims as they are; `CapabilityToken.mint` refuses those that no reader would take.
    package init(
        kind: CapabilityKind,
        issuer: OperatorPublicKey,
        audience: Audience,
        subject: NodeID,
        id: String,
        issuedAt: Int64,
        notBefore: Int64,
        expiresAt: Int64,
        stateID: String,
        ratchetStep: Int,
        runID: RunID?,
        policyHash: Digest256?,
        workflowRef: String?
    ) {
        self.kind = kind
        self.issuer = issuer
        self.audience = audience
        self.subject = subject
        self.id = id
        self.issuedAt = issuedAt
        self.notBefore = notBefore
        self.expiresAt = expiresAt
        self.stateID = stateID
        self.ratchetStep = ratchetStep
        self.runID = runID
        self.policyHash = policyHash
        self.workflowRef = workflowRef
    }
}
