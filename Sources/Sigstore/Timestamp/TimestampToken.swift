/// An RFC 3161 timestamp response: the response's status, a CMS SignedData (RFC 5652) with one signer, and the TSTInfo
/// that it signs. It is read and not believed.
struct TimestampToken: Sendable {
    /// Names the signer's certificate (RFC 5652 section 5.3).
    enum SignerID: Sendable {
        /// The issuer's name as it is encoded, and the serial number's contents octets.
        case issuerAndSerial(issuer: [UInt8], serialNumber: [UInt8])
        case subjectKeyIdentifier([UInt8])
    }

    /// Binds the token to its signer's certificate (RFC 2634 section 5.4, RFC 5035 section 3).
    struct CertificateHash: Sendable, Equatable {
        /// Nil for SHA-1, which ESSCertID implies.
        let algorithm: HashAlgorithm?
        let digest: [UInt8]
    }

    let time: Instant
    let imprintAlgorithm: HashAlgorithm
    let imprint: [UInt8]
    let embeddedCertificates: [[UInt8]]
    let signerID: SignerID
    let digestAlgorithm: HashAlgorithm
    /// The hash function of the signature.
    let signatureHash: HashAlgorithm
    let signature: [UInt8]
    /// The TSTInfo as it is signed.
    let content: [UInt8]
    /// The signed attributes with the tag of a SET, over which the signature is made (RFC 5652 section 5.4).
    let signedAttributes: [UInt8]
    let messageDigest: [UInt8]
    let certificateHash: CertificateHash

    private static let maximumCertificates = 16

    /// Reads a TimeStampResp (RFC 3161 section 2.4.2) in BER; throws `SIGSTORE_TIMESTAMP_INVALID` for anything else.
    init(response: [UInt8]) throws(SigstoreError) {
        do {
            try self.init(reading: response)
        } catch {
            throw SigstoreError(.timestampInvalid, "the timestamp cannot be read: \(error.reason)")
        }
    }

    private init(reading response: [UInt8]) throws(BERFailure) {
        var fields = try BERReader.only(response[...], tag: BERTag.sequence).reader()
        var status = try fields.next(BERTag.sequence).reader()
        guard try status.next(BERTag.integer).smallInteger() <= 1 else { throw BERFailure(reason: "not granted") }
        var contentInfo = try fields.next(BERTag.sequence).reader()
        guard fields.isAtEnd, try ObjectID(contentInfo.next()) == .signedData else {
            throw BERFailure(reason: "not signed data")
        }
        let wrapped = try contentInfo.next(BERTag.context(0))
        var data = try BERReader.only(wrapped.content, tag: BERTag.sequence).reader()
        _ = try data.next(BERTag.integer)
        _ = try data.next(BERTag.set)
        var encapsulated = try data.next(BERTag.sequence).reader()
        guard try ObjectID(encapsulated.next()) == .timestampInfo else { throw BERFailure(reason: "not a TSTInfo") }
        var explicit = try encapsulated.next(BERTag.context(0)).reader()
        let octets = try explicit.next()
        guard octets.tag & 0xdf == BERTag.octetString, explicit.isAtEnd else { throw BERFailure(reason: "no content") }
        let content = try octets.octets()

        var certificates: [[UInt8]] = []
        if let set = try data.nextIf(BERTag.context(0)) {
            var reader = try set.reader()
            while let certificate = try reader.nextIfAny() {
                guard certificates.count < Self.maximumCertificates else {
                    throw BERFailure(reason: "more than \(Self.maximumCertificates) certificates")
                }
                certificates.append(Array(certificate.raw))
            }
        }
        _ = try data.nextIf(BERTag.context(1))
        var signers = try data.next(BERTag.set).reader()
        let signer = try signers.next(BERTag.sequence)
        guard signers.isAtEnd, data.isAtEnd else { throw BERFailure(reason: "more than one signer") }
        let information = try SignerInformation(signer)
        let info = try TimestampInformation(content)

        self.time = info.time
        self.imprintAlgorithm = info.imprintAlgorithm
        self.imprint = info.imprint
        self.embeddedCertificates = certificates
        self.signerID = information.signerID
        self.digestAlgorithm = information.digestAlgorithm
        self.signatureHash = information.signatureHash
        self.signature = information.signature
        self.content = content
        self.signedAttributes = information.signedAttributes
        self.messageDigest = information.messageDigest
        self.certificateHash = information.certificateHash
    }
}

/// TSTInfo (RFC 3161 section 2.4.2).
private struct TimestampInformation {
    let time: Instant
    let imprintAlgorithm: HashAlgorithm
    let imprint: [UInt8]

    init(_ content: [UInt8]) throws(BERFailure) {
        var fields = try BERReader.only(content[...], tag: BERTag.sequence).reader()
        guard try fields.next(BERTag.integer).smallInteger() == 1 else { throw BERFailure(reason: "not version 1") }
        _ = try fields.next(BERTag.objectIdentifier)
        var imprint = try fields.next(BERTag.sequence).reader()
        imprintAlgorithm = try HashAlgorithm(identifier: imprint.next(BERTag.sequence))
        self.imprint = try imprint.next(BERTag.octetString).octets()
        _ = try fields.next(BERTag.integer)
        guard let time = Instant(generalizedTime: try fields.next(BERTag.generalizedTime).content) else {
            throw BERFailure(reason: "not a time in UTC")
        }
        self.time = time
        // Accuracy, ordering, nonce and the authority's name say nothing that is checked; extensions might.
        _ = try fields.nextIf(BERTag.sequence)
        _ = try fields.nextIf(BERTag.boolean)
        _ = try fields.nextIf(BERTag.integer)
        _ = try fields.nextIf(BERTag.context(0))
        guard fields.isAtEnd else { throw BERFailure(reason: "extensions of TSTInfo are not known") }
    }
}

/// SignerInfo (RFC 5652 section 5.3) with the attributes that RFC 3161 section 2.4.2 demands.
private struct SignerInformation {
    let signerID: TimestampToken.SignerID
    let digestAlgorithm: HashAlgorithm
    let signatureHash: HashAlgorithm
    let signature: [UInt8]
    let signedAttributes: [UInt8]
    let messageDigest: [UInt8]
    let certificateHash: TimestampToken.CertificateHash

    init(_ element: BERElement) throws(BERFailure) {
        var fields = try element.reader()
        _ = try fields.next(BERTag.integer)
        let identifier = try fields.next()
        switch identifier.tag {
        case BERTag.sequence:
            var parts = try identifier.reader()
            signerID = .issuerAndSerial(
                issuer: Array(try parts.next(BERTag.sequence).raw),
                serialNumber: Array(try parts.next(BERTag.integer).content)
            )
        case 0x80: signerID = .subjectKeyIdentifier(Array(identifier.content))
        default: throw BERFailure(reason: "an unknown signer identifier")
        }
        let digest = try HashAlgorithm(identifier: fields.next(BERTag.sequence))
        let attributes = try fields.next(BERTag.context(0))
        guard attributes.isDefinite else { throw BERFailure(reason: "signed attributes that are not DER") }
        signedAttributes = [BERTag.set] + attributes.raw.dropFirst()
        let algorithm = try fields.next(BERTag.sequence)
        signatureHash = try Self.hash(ofSignature: algorithm) ?? digest
        signature = try fields.next(BERTag.octetString).octets()
        _ = try fields.nextIf(BERTag.context(1))
        guard fields.isAtEnd else { throw BERFailure(reason: "more than a signer's fields") }
        digestAlgorithm = digest

        var values: [ObjectID: BERElement] = [:]
        var reader = try attributes.reader()
        while let attribute = try reader.nextIfAny() {
            var parts = try attribute.reader()
            let type = try ObjectID(parts.next())
            var set = try parts.next(BERTag.set).reader()
            let value = try set.next()
            guard values.updateValue(value, forKey: type) == nil else { throw BERFailure(reason: "an attribute twice") }
            guard set.isAtEnd || !Self.isRead(type) else { throw BERFailure(reason: "an attribute of two values") }
        }
        guard let type = values[.contentType], try ObjectID(type) == .timestampInfo,
            let messageDigest = values[.messageDigest]
        else { throw BERFailure(reason: "the signed attributes lack content type or message digest") }
        self.messageDigest = try messageDigest.octets()
        if let certificates = values[.signingCertificateV2] {
            certificateHash = try Self.certificateHash(certificates, isV2: true)
        } else if let certificates = values[.signingCertificate] {
            certificateHash = try Self.certificateHash(certificates, isV2: false)
        } else {
            throw BERFailure(reason: "the signed attributes do not name the signer's certificate")
        }
    }

    private static func isRead(_ type: ObjectID) -> Bool {
        [.contentType, .messageDigest, .signingCertificate, .signingCertificateV2].contains(type)
    }

    /// The first ESSCertID or ESSCertIDv2, which is the signer's.
    private static func certificateHash(
        _ element: BERElement,
        isV2: Bool
    ) throws(BERFailure) -> TimestampToken.CertificateHash {
        var fields = try element.reader()
        var identifiers = try fields.next(BERTag.sequence).reader()
        var first = try identifiers.next(BERTag.sequence).reader()
        guard isV2 else {
            return TimestampToken.CertificateHash(
                algorithm: nil,
                digest: try first.next(BERTag.octetString).octets()
            )
        }
        let algorithm = try first.nextIf(BERTag.sequence)
            .map { identifier throws(BERFailure) in try HashAlgorithm(identifier: identifier) }
        return TimestampToken.CertificateHash(
            algorithm: algorithm ?? .sha256,
            digest: try first.next(BERTag.octetString).octets()
        )
    }

    /// The hash function that a signature algorithm names; nil where it leaves that to the digest algorithm.
    private static func hash(ofSignature element: BERElement) throws(BERFailure) -> HashAlgorithm? {
        var fields = try element.reader()
        switch try ObjectID(fields.next()) {
        case .ecdsaWithSHA256, .sha256WithRSA: return .sha256
        case .ecdsaWithSHA384, .sha384WithRSA: return .sha384
        case .ecdsaWithSHA512, .sha512WithRSA: return .sha512
        case .rsaEncryption, .ecPublicKey, .ed25519: return nil
        default: throw BERFailure(reason: "an unknown signature algorithm")
        }
    }
}

extension HashAlgorithm {
    /// The function that an AlgorithmIdentifier names.
    fileprivate init(identifier element: BERElement) throws(BERFailure) {
        var fields = try element.reader()
        switch try ObjectID(fields.next()) {
        case .sha256: self = .sha256
        case .sha384: self = .sha384
        case .sha512: self = .sha512
        default: throw BERFailure(reason: "an unknown hash function")
        }
    }
}

extension ObjectID {
    fileprivate static let signedData = ObjectID(arcs: 1, 2, 840, 113_549, 1, 7, 2)
    fileprivate static let timestampInfo = ObjectID(arcs: 1, 2, 840, 113_549, 1, 9, 16, 1, 4)
    fileprivate static let contentType = ObjectID(arcs: 1, 2, 840, 113_549, 1, 9, 3)
    fileprivate static let messageDigest = ObjectID(arcs: 1, 2, 840, 113_549, 1, 9, 4)
    fileprivate static let signingCertificate = ObjectID(arcs: 1, 2, 840, 113_549, 1, 9, 16, 2, 12)
    fileprivate static let signingCertificateV2 = ObjectID(arcs: 1, 2, 840, 113_549, 1, 9, 16, 2, 47)
    fileprivate static let sha256 = ObjectID(arcs: 2, 16, 840, 1, 101, 3, 4, 2, 1)
    fileprivate static let sha384 = ObjectID(arcs: 2, 16, 840, 1, 101, 3, 4, 2, 2)
    fileprivate static let sha512 = ObjectID(arcs: 2, 16, 840, 1, 101, 3, 4, 2, 3)
    fileprivate static let ecdsaWithSHA256 = ObjectID(arcs: 1, 2, 840, 10045, 4, 3, 2)
    fileprivate static let ecdsaWithSHA384 = ObjectID(arcs: 1, 2, 840, 10045, 4, 3, 3)
    fileprivate static let ecdsaWithSHA512 = ObjectID(arcs: 1, 2, 840, 10045, 4, 3, 4)
    fileprivate static let sha256WithRSA = ObjectID(arcs: 1, 2, 840, 113_549, 1, 1, 11)
    fileprivate static let sha384WithRSA = ObjectID(arcs: 1, 2, 840, 113_549, 1, 1, 12)
    fileprivate static let sha512WithRSA = ObjectID(arcs: 1, 2, 840, 113_549, 1, 1, 13)
}
