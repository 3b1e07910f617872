internal import SwarmContracts

/// Why a text is no compact JWS of the type that was asked for.
package struct JWSError: Error, Equatable, Sendable {
    /// What was wrong.
    package let reason: String
}

/// A signed payload: JWS in its compact form (RFC 7515, section 7.1) with `alg` `EdDSA` (RFC 8037) and a type.
package struct CompactJWS: Redacted, Sendable {
    /// What was signed. Nothing is verified before `isSigned` says so.
    package let payload: [UInt8]
    private let signed: [UInt8]
    private let signature: [UInt8]

    /// Signs the payload. The same input gives the same text.
    package static func sign(_ payload: [UInt8], type: String, with key: OperatorSigningKey) -> String {
        let header = CanonicalJSON.encode(["alg": "EdDSA", "typ": .string(type)])
        let signed = Base64.encode(header, .url) + "." + Base64.encode(payload, .url)
        return signed + "." + Base64.encode(key.sign(Array(signed.utf8)), .url)
    }

    /// Reads a compact JWS of `type` and at most `largest` bytes. Header parameters that need understanding (`crit`, RFC
    /// 7515 section 4.1.11, or a name that begins with `critical_`) are refused, others ignored.
    package init(parsing text: String, type: String, largest: Int = 1 << 20) throws(JWSError) {
        guard text.utf8.count <= largest else { throw JWSError(reason: "it is longer than \(largest) bytes") }
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw JWSError(reason: "it does not have three parts") }
        guard let header = Base64.decode(text[parts[0].startIndex..<parts[0].endIndex], .url),
            let payload = Base64.decode(text[parts[1].startIndex..<parts[1].endIndex], .url),
            let signature = Base64.decode(text[parts[2].startIndex..<parts[2].endIndex], .url)
        else { throw JWSError(reason: "a part is not base64url") }
        guard signature.count == 64 else { throw JWSError(reason: "the signature does not have 64 bytes") }
        try CompactJWS.check(header, type)
        self.payload = payload
        self.signature = signature
        signed = Array(text.utf8.prefix(parts[0].count + 1 + parts[1].count))
    }

    private static func check(_ header: [UInt8], _ type: String) throws(JWSError) {
        guard let header = try? JSONParser.parse(header), case .object(let members) = header else {
            throw JWSError(reason: "the header is not a JSON object")
        }
        guard header["alg"] == "EdDSA" else { throw JWSError(reason: "$.alg of the header is not EdDSA") }
        guard header["typ"] == .string(type) else { throw JWSError(reason: "$.typ of the header is not \(type)") }
        guard members["crit"] == nil, CriticalMembers.first(in: header) == nil else {
            throw JWSError(reason: "the header asks for an extension that swarm does not know")
        }
    }

    /// Whether the key signed exactly this header and payload.
    package func isSigned(by key: OperatorPublicKey) -> Bool { key.isValid(signature: signature, over: signed) }
}

enum CriticalMembers {
    /// The first member, at any depth, whose name begins with `critical_`: whoever does not know it must refuse the document.
    static func first(in value: JSONValue) -> String? {
        switch value {
        case .object(let members):
            for (name, member) in members.sorted(by: { $0.key < $1.key }) {
                // By bytes: `hasPrefix` would miss a name in which a combining mark follows the underscore.
                if name.utf8.starts(with: "critical_".utf8) { return name }
                if let found = first(in: member) { return found }
            }
            return nil
        case .array(let elements):
            for element in elements {
                if let found = first(in: element) { return found }
            }
            return nil
        default: return nil
        }
    }
}
