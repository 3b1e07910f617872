package import SwarmContracts

/// The key that a token carries.
package enum KeyMaterial: Redacted, Sendable {
    case read(ReadKey)
    case net(NetKey)

    var kind: CapabilityKind {
        switch self {
        case .read: .state
        case .net: .net
        }
    }

    fileprivate var bytes: [UInt8] {
        switch self {
        case .read(let key): key.withBytes { Array($0) }
        case .net(let key): key.withBytes { Array($0) }
        }
    }
}

/// A token: claims that the operator signed, and a key sealed for one recipient and bound to those claims.
///
/// It prints in its redacted form alone. docs/keys.md has the format.
package struct CapabilityToken: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The `typ` of its JWS.
    package static let type = "swarm-cap+jwt"
    /// The longest token that is read, in bytes.
    package static let largest = 16 << 10

    /// What the token says. Nothing of it holds before `verify`.
    package let claims: CapabilityClaims
    private let text: String
    private let jws: CompactJWS
    private let sealed: [UInt8]
    private let binding: [UInt8]

    /// Makes a token. Throws `malformed` where the key is not of the claims' kind, the issuer is not the signer, nothing can
    /// be sealed for the recipient, or a reader would refuse a claim. The sealing takes randomness inside swift-crypto.
    package static func mint(
        claims: CapabilityClaims,
        keyMaterial: KeyMaterial,
        recipient: RecipientPublicKey,
        signer: OperatorSigningKey
    ) throws(CapabilityFailure) -> CapabilityToken {
        let kind = claims.kind
        guard keyMaterial.kind == kind else {
            throw .malformed(kind, "the key is one for a \(keyMaterial.kind.rawValue)")
        }
        guard claims.issuer == signer.publicKey else { throw .malformed(kind, "$.iss is not whoever signs") }
        if case .recipient(let id) = claims.audience, id != recipient.id {
            throw .malformed(kind, "$.aud is not the recipient's key")
        }
        var members = claims.members
        let sealed: [UInt8]
        do throws(KeyFailure) {
            sealed = try Envelope.seal(keyMaterial.bytes, to: recipient, info: binding(members))
        } catch { throw .malformed(kind, error.message) }
        members["sealed"] = .string(Base64.encode(sealed, .url))
        let text = CompactJWS.sign(CanonicalJSON.encode(.object(members)), type: type, with: signer)
        return try CapabilityToken(parsing: text, expecting: kind)
    }

    /// Reads a token; `expecting` says which kind it has to be, or nil for either. Throws `malformed`.
    package init(parsing text: String, expecting: CapabilityKind? = nil) throws(CapabilityFailure) {
        let assumed = expecting ?? .state
        do throws(JWSError) {
            jws = try CompactJWS(parsing: text, type: CapabilityToken.type, largest: CapabilityToken.largest)
        } catch { throw .malformed(assumed, error.reason) }
        guard let payload = try? JSONParser.parse(jws.payload), case .object(var members) = payload else {
            throw .malformed(assumed, "the payload is not a JSON object with integers and no member twice")
        }
        guard let kind = members["cap"]?.text.flatMap(CapabilityKind.init(rawValue:)), kind == expecting ?? kind else {
            throw .malformed(assumed, "$.cap is not \(expecting?.rawValue ?? "state_cap or net_cap")")
        }
        if let name = CriticalMembers.first(in: payload) {
            throw .malformed(kind, "it holds '\(Name.shown(name))', which swarm does not know and may not ignore")
        }
        guard let sealed = members.removeValue(forKey: "sealed")?.text.flatMap({ Base64.decode($0, .url) }) else {
            throw .malformed(kind, "$.sealed is missing or not base64url")
        }
        claims = try CapabilityClaims(members, kind)
        self.text = text
        self.sealed = sealed
        binding = CapabilityToken.binding(members)
    }

    /// The `info` under which the key is sealed: the SHA-256 of the canonical claims without `sealed`.
    private static func binding(_ members: [String: JSONValue]) -> [UInt8] {
        Digest256.sha256(of: CanonicalJSON.encode(.object(members))).bytes
    }

    /// Lends the token itself, for the one place that stores or sends it.
    package func withText<R>(_ body: (String) throws -> R) rethrows -> R { try body(text) }

    /// The SHA-256 of the token's text.
    package var digest: Digest256 { Digest256.sha256(of: Array(text.utf8)) }

    /// Kind, the node's first digits, step, expiry and the first 12 digits of the SHA-256.
    package var description: String {
        let node = claims.subject.description.prefix(13)
        let expiry = UnixTime.text(claims.expiresAt)
        return
            "\(claims.kind.rawValue) \(node) step \(claims.ratchetStep) expires \(expiry) sha256 \(digest.hex.prefix(12))"
    }

    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

extension CapabilityToken {
    /// Decides whether the token holds for this reader, now. In this order: issuer, signature, audience, node, step, time.
    ///
    /// `expectedNode` and `expectedStep` are nil where any will do. `now` is in seconds since 1970. Whether the token was used
    /// before is the store's to say.
    package func verify(
        trustedIssuers: Set<OperatorPublicKey>,
        audience: Audience,
        expectedNode: NodeID?,
        expectedStep: Int?,
        now: Int64
    ) throws(CapabilityFailure) -> VerifiedCapability {
        let kind = claims.kind
        guard trustedIssuers.contains(claims.issuer) else {
            throw .forged(kind, "nobody here trusts its issuer \(claims.issuer.did) ($.iss)")
        }
        guard jws.isSigned(by: claims.issuer) else { throw .forged(kind, "its signature does not hold") }
        guard claims.audience == audience else { throw .wrongAudience(kind, claims.audience.description) }
        guard claims.subject == expectedNode ?? claims.subject else {
            throw .wrongNode(kind, claims.subject.description)
        }
        guard claims.ratchetStep == expectedStep ?? claims.ratchetStep else {
            throw .wrongStep(kind, claims.ratchetStep)
        }
        guard now >= claims.notBefore else { throw .notYetValid(kind, from: claims.notBefore) }
        guard now < claims.expiresAt else { throw .expired(kind, at: claims.expiresAt) }
        return VerifiedCapability(token: self, sealed: sealed, binding: binding)
    }
}
