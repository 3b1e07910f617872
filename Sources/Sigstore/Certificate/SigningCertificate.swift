import SwiftASN1
import X509

/// The leaf certificate of a bundle: one that Fulcio issued for signing code, with the identity it names.
struct SigningCertificate: Sendable {
    let certificate: ParsedCertificate
    let key: PublicKey
    /// The names of the subject alternative name that Fulcio uses: URIs, e-mail addresses and its otherName.
    let identities: [String]
    /// Only the URIs among them.
    let uris: [String]
    /// The issuer by the old extension (.1.1).
    let oldIssuer: String?
    let claims: [FulcioClaim: String]

    /// Reads a leaf; throws `SIGSTORE_CERTIFICATE_UNSUITABLE` for a certificate that is not for signing code.
    init(der: [UInt8]) throws(SigstoreError) {
        let certificate = try ParsedCertificate(der: der, code: .certificateUnsuitable)
        guard !certificate.isAuthority, !certificate.isSelfIssued else {
            throw SigstoreError(.certificateUnsuitable, "a certificate authority in the place of the leaf")
        }
        guard certificate.isForDigitalSignatures, certificate.isFor(.codeSigning) else {
            throw SigstoreError(.certificateUnsuitable, "the leaf is not for signing code")
        }
        self.certificate = certificate
        self.key = try PublicKey(subjectPublicKeyInfo: certificate.subjectPublicKeyInfo)
        do {
            let names = try Self.names(certificate)
            self.identities = names.map(\.text)
            self.uris = names.filter(\.isURI).map(\.text)
            self.oldIssuer = try certificate.extensionValue(Self.extensionID(1)).map { value in
                guard let text = String(validating: value, as: UTF8.self) else {
                    throw BERFailure(reason: "an issuer that is not UTF-8")
                }
                return text
            }
            var claims: [FulcioClaim: String] = [:]
            for claim in FulcioClaim.allCases {
                guard let value = certificate.extensionValue(Self.extensionID(claim.rawValue)) else { continue }
                claims[claim] = try Self.utf8String(value)
            }
            self.claims = claims
        } catch {
            throw SigstoreError(.certificateUnsuitable, "the leaf's identity cannot be read: \(error)")
        }
    }

    private static func extensionID(_ arc: Int) -> ASN1ObjectIdentifier {
        [1, 3, 6, 1, 4, 1, 57264, 1, UInt(arc)]
    }

    private static func utf8String(_ der: ArraySlice<UInt8>) throws -> String {
        let element = try BERReader.only(der, tag: BERTag.utf8String)
        guard let text = String(validating: element.content, as: UTF8.self) else {
            throw BERFailure(reason: "a string that is not UTF-8")
        }
        return text
    }

    private static func names(_ certificate: ParsedCertificate) throws -> [(text: String, isURI: Bool)] {
        guard let names = try certificate.x509.extensions.subjectAlternativeNames else { return [] }
        return try names.compactMap { name in
            switch name {
            case .uniformResourceIdentifier(let uri): return (uri, true)
            case .rfc822Name(let address): return (address, false)
            case .otherName(let other) where other.typeID == extensionID(7):
                guard let value = other.value else { return nil }
                var serializer = DER.Serializer()
                try serializer.serialize(value)
                return (try utf8String(serializer.serializedBytes[...]), false)
            default: return nil
            }
        }
    }

    /// Compares the leaf with what the policy demands and says what was equal.
    func check(_ policy: IdentityPolicy) throws(SigstoreError) -> String {
        var equal: [String] = []
        let found = identities.joined(separator: ", ")
        if let expected = policy.identity {
            guard identities.contains(where: { sameBytes($0, expected) }) else {
                throw SigstoreError(.identityMismatch, "identity is \(found), expected \(expected)")
            }
            equal.append("identity \(expected)")
        }
        if let workflow = policy.signerWorkflow {
            let prefix = "https://\(workflow)@"
            guard uris.contains(where: { $0.utf8.starts(with: prefix.utf8) && $0.utf8.count > prefix.utf8.count })
            else {
                throw SigstoreError(.identityMismatch, "identity is \(found), expected the workflow \(workflow)")
            }
            equal.append("signer workflow \(workflow)")
        }
        let issuers = [claims[.issuer], oldIssuer].compactMap(\.self)
        if policy.issuerIsAbsent {
            guard issuers.isEmpty else {
                let found = issuers.joined(separator: " and ")
                throw SigstoreError(.issuerMismatch, "issuer is \(found), expected none")
            }
            equal.append("no issuer")
        }
        if let expected = policy.issuer {
            guard !issuers.isEmpty, issuers.allSatisfy({ sameBytes($0, expected) }) else {
                let found = issuers.isEmpty ? "absent" : issuers.joined(separator: " and ")
                throw SigstoreError(.issuerMismatch, "issuer is \(found), expected \(expected)")
            }
            equal.append("issuer \(expected)")
        }
        for (claim, expected) in policy.claims.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            guard let found = claims[claim], sameBytes(found, expected) else {
                let code: FailureCode = claim == .issuer ? .issuerMismatch : .claimMismatch
                throw SigstoreError(code, "\(claim) is \(claims[claim] ?? "absent"), expected \(expected)")
            }
            equal.append("\(claim) \(expected)")
        }
        return equal.joined(separator: ", ")
    }
}
