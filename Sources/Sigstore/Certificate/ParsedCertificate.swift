import SwiftASN1
import X509

/// An X.509 certificate (RFC 5280) with the parts that verification reads, decoded once.
struct ParsedCertificate: Sendable {
    let der: [UInt8]
    let x509: Certificate
    /// The signed part, as it is encoded.
    var tbs: ArraySlice<UInt8> { x509.tbsCertificateBytes }
    /// Issuer, subject and serial number as they are encoded: names are compared byte for byte.
    let issuer: [UInt8]
    let subject: [UInt8]
    let serialNumber: [UInt8]
    /// The SubjectPublicKeyInfo as it is encoded.
    let subjectPublicKeyInfo: [UInt8]
    let validity: ValidityWindow
    /// Nil where the certificate has no BasicConstraints; then it is no CA.
    private let basicConstraints: BasicConstraints?
    private let keyUsage: KeyUsage?
    private let extendedKeyUsage: ExtendedKeyUsage?

    /// Reads a certificate in DER; throws `code` where it is none or one of its usage extensions is broken.
    init(der: [UInt8], code: FailureCode) throws(SigstoreError) {
        do {
            let x509 = try Certificate(derEncoded: der)
            let extensions = x509.extensions
            self.der = der
            self.x509 = x509
            self.basicConstraints = try extensions.basicConstraints
            self.keyUsage = try extensions.keyUsage
            self.extendedKeyUsage = try extensions.extendedKeyUsage
            var fields = try BERReader.only(x509.tbsCertificateBytes, tag: BERTag.sequence).reader()
            _ = try fields.nextIf(BERTag.context(0))
            serialNumber = Array(try fields.next(BERTag.integer).content)
            _ = try fields.next(BERTag.sequence)
            issuer = Array(try fields.next(BERTag.sequence).raw)
            validity = try Self.validity(fields.next(BERTag.sequence))
            subject = Array(try fields.next(BERTag.sequence).raw)
            subjectPublicKeyInfo = Array(try fields.next(BERTag.sequence).raw)
        } catch {
            throw SigstoreError(code, "not a certificate: \(error)")
        }
    }

    /// Reads the validity (RFC 5280 section 4.1.2.5) here and not by way of the library's dates: it lets 61 seconds into a
    /// time, and traps in a debug build where such a time is asked for.
    private static func validity(_ element: BERElement) throws(BERFailure) -> ValidityWindow {
        var times = try element.reader()
        let window = ValidityWindow(start: try instant(times.next()), end: try instant(times.next()))
        guard times.isAtEnd else { throw BERFailure(reason: "a validity of more than two times") }
        return window
    }

    private static func instant(_ element: BERElement) throws(BERFailure) -> Instant {
        var digits = element.content
        switch element.tag {
        case BERTag.utcTime:
            let century = if let decade = digits.first, decade < UInt8(ascii: "5") { "20" } else { "19" }
            digits = century.utf8 + digits
        case BERTag.generalizedTime: break
        default: throw BERFailure(reason: "a validity that is not of times")
        }
        guard let instant = Instant(generalizedTime: digits), instant.nanoseconds == 0 else {
            throw BERFailure(reason: "a validity that is not a time in UTC with whole seconds")
        }
        return instant
    }

    /// Issuer and subject are the same name.
    var isSelfIssued: Bool { issuer == subject }

    /// BasicConstraints says so.
    var isAuthority: Bool {
        if case .isCertificateAuthority = basicConstraints { true } else { false }
    }

    /// May sign certificates when `authoritiesBelow` further CA certificates stand between it and the leaf.
    func maySignCertificates(authoritiesBelow: Int) -> Bool {
        guard case .isCertificateAuthority(let maximum) = basicConstraints else { return false }
        if let maximum, authoritiesBelow > maximum { return false }
        return keyUsage.map(\.keyCertSign) ?? true
    }

    /// May sign what is neither a certificate nor a revocation list.
    var maySignData: Bool { keyUsage.map { $0.digitalSignature || $0.nonRepudiation } ?? true }

    /// Has a KeyUsage that allows digital signatures.
    var isForDigitalSignatures: Bool { keyUsage?.digitalSignature ?? false }

    /// Names `purpose` in its extended key usage.
    func isFor(_ purpose: ExtendedKeyUsage.Usage) -> Bool { extendedKeyUsage?.contains(purpose) ?? false }

    /// Is for `purpose` and nothing else, and says so in a critical extension (RFC 3161 section 2.3).
    func isOnlyFor(_ purpose: ExtendedKeyUsage.Usage) -> Bool {
        guard let usage = extendedKeyUsage, usage.count == 1, usage.contains(purpose) else { return false }
        return x509.extensions[oid: .X509ExtensionID.extendedKeyUsage]?.critical ?? false
    }

    /// As an issuer, leaves room for `purpose`: it has no extended key usage, or one that names it or any.
    func allowsBelow(_ purpose: ExtendedKeyUsage.Usage) -> Bool {
        extendedKeyUsage.map { $0.contains(purpose) || $0.contains(.any) } ?? true
    }

    /// The critical extensions that this module does not process; RFC 5280 section 4.2 demands to reject them.
    var hasUnknownCriticalExtension: Bool {
        x509.extensions.contains { $0.critical && !Self.processed.contains($0.oid) }
    }

    private static let processed: Set<ASN1ObjectIdentifier> = [
        .X509ExtensionID.basicConstraints, .X509ExtensionID.keyUsage, .X509ExtensionID.extendedKeyUsage,
        .X509ExtensionID.subjectAlternativeName,
    ]

    /// True when the certificate's signature is by the key of `issuer`.
    func isSigned(by issuer: ParsedCertificate) -> Bool {
        issuer.x509.publicKey.isValidSignature(x509.signature, for: x509)
    }

    /// The value of an extension, or nil where the certificate has none.
    func extensionValue(_ identifier: ASN1ObjectIdentifier) -> ArraySlice<UInt8>? {
        x509.extensions[oid: identifier]?.value
    }
}
