internal import SwarmContracts

/// The older form of a capability: base64url of a JSON object `{version: 1, kind, state_id, ratchet_step, chain_key}`.
///
/// It is read for inspection alone and never written. Its key is dropped as it is read.
package struct LegacyCapability: Sendable, Equatable {
    /// What it calls itself.
    package let kind: String
    package let stateID: String
    package let ratchetStep: Int

    /// Reads the older form, space around it and `=` behind it allowed. Throws `malformed` and shows no part of the text.
    package static func inspect(_ text: String) throws(CapabilityFailure) -> LegacyCapability {
        guard text.utf8.count <= CapabilityToken.largest else { throw .malformed(.state, "it is too long") }
        let core = text.trimmedOfSpaceAndPadding
        guard let bytes = Base64.decode(core, .url), let value = try? JSONParser.parse(bytes) else {
            throw .malformed(.state, "it is not base64url of a JSON object")
        }
        guard value["version"] == 1 else { throw .malformed(.state, "$.version is not 1") }
        guard CriticalMembers.first(in: value) == nil else {
            throw .malformed(.state, "it holds a member that swarm does not know and may not ignore")
        }
        guard value["chain_key"]?.text != nil else { throw .malformed(.state, "$.chain_key is not a text") }
        guard let kind = value["kind"]?.text, let stateID = value["state_id"]?.text,
            let step = value["ratchet_step"]?.integer, step >= 0, let step = Int(exactly: step)
        else { throw .malformed(.state, "$.kind, $.state_id or $.ratchet_step is not valid") }
        return LegacyCapability(kind: Name.shown(kind), stateID: Name.shown(stateID), ratchetStep: step)
    }
}

extension String {
    fileprivate var trimmedOfSpaceAndPadding: Substring {
        var core = self[...]
        while let last = core.last, last.isWhitespace { core.removeLast() }
        while core.last == "=" { core.removeLast() }
        return core.drop { $0.isWhitespace }
    }
}
