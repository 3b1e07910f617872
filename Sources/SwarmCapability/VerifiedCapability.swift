/// A token that was verified; only this opens.
package struct VerifiedCapability: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let token: CapabilityToken
    private let sealed: [UInt8]
    private let binding: [UInt8]

    init(token: CapabilityToken, sealed: [UInt8], binding: [UInt8]) {
        self.token = token
        self.sealed = sealed
        self.binding = binding
    }

    /// What the operator signed.
    package var claims: CapabilityClaims { token.claims }

    package var description: String { token.description }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }

    /// The key of a `state_cap`. Throws `wrongAudience` where it is for another key, `forged` where its sealed part was made
    /// for another token, `malformed` for a `net_cap`.
    package func open(with key: RecipientKey) throws(CapabilityFailure) -> ReadKey {
        guard let read = ReadKey(bytes: try material(.state, key)) else {
            throw .malformed(.state, "$.sealed does not hold a key of 32 bytes")
        }
        return read
    }

    /// The key of a `net_cap`; throws as `open`.
    package func openNet(with key: RecipientKey) throws(CapabilityFailure) -> NetKey {
        guard let net = NetKey(bytes: try material(.net, key)) else {
            throw .malformed(.net, "$.sealed does not hold a key of 32 bytes")
        }
        return net
    }

    private func material(_ kind: CapabilityKind, _ key: RecipientKey) throws(CapabilityFailure) -> [UInt8] {
        guard claims.kind == kind else { throw .malformed(claims.kind, "a \(kind.rawValue) was expected") }
        if case .recipient(let id) = claims.audience, id != key.publicKey.id { throw .wrongAudience(kind, id) }
        do throws(CapabilityFailure) {
            return try Envelope.open(sealed, with: key, info: binding)
        } catch {
            throw .forged(kind, "$.sealed does not open with this key for these claims")
        }
    }
}
