package import SwarmContracts

extension CapabilityClaims {
    /// The members of the payload, `sealed` left out.
    package var members: [String: JSONValue] {
        [
            "iss": .string(issuer.did), "aud": .string(audience.description), "sub": .string(subject.description),
            "jti": .string(id), "iat": .integer(issuedAt), "nbf": .integer(notBefore), "exp": .integer(expiresAt),
            "cap": .string(kind.rawValue), "state_id": .string(stateID), "ratchet_step": .integer(Int64(ratchetStep)),
            "run_id": JSONValue(runID?.description), "policy_hash": JSONValue(policyHash?.description),
            "workflow_ref": JSONValue(workflowRef),
        ]
    }

    /// Reads the members of a payload; `kind` is known already. Throws `malformed` and names the member by its path.
    init(_ members: [String: JSONValue], _ kind: CapabilityKind) throws(CapabilityFailure) {
        let reader = ClaimsReader(members: members, kind: kind)
        self.kind = kind
        issuer = try reader.text("iss", "the did:key of an Ed25519 key") { OperatorPublicKey(did: $0) }
        audience = try reader.text("aud", "'operator' or the id of a recipient's key") { Audience(claim: $0) }
        subject = try reader.text("sub", "a node id") { NodeID($0) }
        id = try reader.text("jti", "a name that a file may have") { Name.defect(in: $0) == nil ? $0 : nil }
        issuedAt = try reader.time("iat")
        notBefore = try reader.time("nbf")
        expiresAt = try reader.time("exp")
        stateID = try reader.text("state_id", "'state-' and 32 hexadecimal digits") { text in
            text.utf8.count == 38 && text.hasPrefix("state-") && Hex.decode(text.dropFirst(6)) != nil ? text : nil
        }
        ratchetStep = try reader.step("ratchet_step")
        runID = try reader.optional("run_id", "a run id or null") { try? RunID(stored: $0) }
        policyHash = try reader.optional("policy_hash", "a SHA-256 or null") { Digest256($0) }
        workflowRef = try reader.optional("workflow_ref", "a workflow reference or null") { text in
            let isPlain = text.utf8.allSatisfy { $0 > 32 && $0 < 127 }
            return isPlain && !text.isEmpty && text.utf8.count <= 512 ? text : nil
        }
        guard notBefore < expiresAt else { throw .malformed(kind, "$.exp is not later than $.nbf") }
    }
}

extension Audience {
    init?(claim: String) {
        if claim == "operator" {
            self = .operator
        } else if claim.utf8.count == 37, claim.hasPrefix("rcpt-"), Hex.decode(claim.dropFirst(5)) != nil {
            self = .recipient(claim)
        } else {
            return nil
        }
    }
}

/// Takes claims out of a payload, each with its own complaint.
private struct ClaimsReader {
    let members: [String: JSONValue]
    let kind: CapabilityKind

    func text<Value>(_ name: String, _ expected: String, _ read: (String) -> Value?) throws(CapabilityFailure) -> Value
    {
        guard let text = members[name]?.text, let value = read(text) else { throw refusal(name, expected) }
        return value
    }

    func optional<Value>(
        _ name: String,
        _ expected: String,
        _ read: (String) -> Value?
    ) throws(CapabilityFailure) -> Value? {
        if members[name] == .null { return nil }
        return try text(name, expected, read)
    }

    func time(_ name: String) throws(CapabilityFailure) -> Int64 {
        guard let time = members[name]?.integer, (0...UnixTime.latest).contains(time) else {
            throw refusal(name, "a time in whole seconds since 1970")
        }
        return time
    }

    func step(_ name: String) throws(CapabilityFailure) -> Int {
        guard let step = members[name]?.integer, step >= 0, let step = Int(exactly: step) else {
            throw refusal(name, "an integer from 0 on")
        }
        return step
    }

    private func refusal(_ name: String, _ expected: String) -> CapabilityFailure {
        .malformed(kind, "$.\(name) is \(members[name] == nil ? "missing" : "not valid"); expected \(expected)")
    }
}
