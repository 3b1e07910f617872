import Crypto
import SwiftASN1
import X509

@testable import Sigstore

/// A whole Sigstore instance in memory: certificate authority, certificate log, timestamp authority and a Rekor v2 log.
struct TestInstance: Sendable {
    let authority: TestAuthority
    let timestamps: TestTimestampAuthority
    let certificateLog = P256.Signing.PrivateKey()
    let log = Curve25519.Signing.PrivateKey()
    let signer = P256.Signing.PrivateKey()
    let leaf: [UInt8]

    static let identity = "https://example.test/workflow@refs/heads/main"
    static let issuer = "https://issuer.test"
    static let logName = "log.test"
    /// When the leaf becomes valid: 2023-11-14T22:13:20Z.
    static let start: Int64 = 1_700_000_000
    static let artifact = Artifact(bytes: Array("artifact".utf8))
    static let statement = Array(
        ("{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[{\"name\":\"a\",\"digest\":{\"sha256\":\""
            + "\(TextEncoding.hexEncode(HashAlgorithm.sha256.digest(of: Array("artifact".utf8))))\"}}],"
            + "\"predicateType\":\"https://example.test/predicate\",\"predicate\":{}}").utf8
    )

    static var policy: Policy {
        Policy(signer: .certificate(IdentityPolicy(identity: identity, issuer: issuer)))
    }

    init(authority: TestAuthority? = nil) throws {
        self.authority = try authority ?? TestAuthority(name: "fulcio")
        timestamps = try TestTimestampAuthority()
        leaf = try Self.leaf(self.authority, signer: signer, certificateLog: certificateLog)
    }

    /// A leaf with one SCT that has extensions.
    private static func leaf(
        _ authority: TestAuthority,
        signer: P256.Signing.PrivateKey,
        certificateLog: P256.Signing.PrivateKey
    ) throws -> [UInt8] {
        let issuerClaim = DERWriter.element(BERTag.utf8String, Array(issuer.utf8))
        let usage = try ExtendedKeyUsage([.codeSigning])
        let extensions = try Certificate.Extensions {
            Critical(KeyUsage(digitalSignature: true))
            usage
            Critical(SubjectAlternativeNames([.uniformResourceIdentifier(identity)]))
            Certificate.Extension(
                oid: [1, 3, 6, 1, 4, 1, 57264, 1, 1],
                critical: false,
                value: Array(issuer.utf8)[...]
            )
            Certificate.Extension(oid: [1, 3, 6, 1, 4, 1, 57264, 1, 8], critical: false, value: issuerClaim[...])
        }
        let serialNumber = Certificate.SerialNumber()
        let precertificate = try authority.issue(
            .init(signer.publicKey),
            serialNumber: serialNumber,
            start: start,
            extensions: extensions
        )
        let issuerKey = try ParsedCertificate(der: authority.der, code: .certificateUnsuitable).subjectPublicKeyInfo
        let head: [UInt8] =
            [0] + HashAlgorithm.sha256.digest(of: Array(certificateLog.publicKey.derRepresentation))
            + bigEndian(UInt64(start) * 1000 + 5, 8) + [0, 2, 0xab, 0xcd, 4, 3]
        let unsigned = SignedCertificateTimestamp.list(extensionValue: wrap(head + [0, 0])[...])?.first
        let data = unsigned?.signedData(
            issuerKeyInfo: issuerKey,
            precertificate: Array(precertificate.tbsCertificateBytes)
        )
        let signature = try certificateLog.signature(for: data ?? []).derRepresentation
        let value = wrap(head + bigEndian(UInt64(signature.count), 2) + signature)
        var complete = extensions
        try complete.append(
            Certificate.Extension(
                oid: SignedCertificateTimestamp.extensionID,
                critical: false,
                value: value[...]
            )
        )
        return try TestAuthority.encode(
            authority.issue(.init(signer.publicKey), serialNumber: serialNumber, start: start, extensions: complete)
        )
    }

    private static func wrap(_ timestamp: [UInt8]) -> [UInt8] {
        let item = bigEndian(UInt64(timestamp.count), 2) + timestamp
        return DERWriter.element(BERTag.octetString, bigEndian(UInt64(item.count), 2) + item)
    }

    private static func bigEndian(_ value: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * (count - 1 - $0))) }
    }

    var logID: [UInt8] {
        HashAlgorithm.sha256.digest(
            of: Array(Self.logName.utf8) + [0x0a, 0x01] + Array(log.publicKey.rawRepresentation)
        )
    }

    /// A note as the log signs it.
    func checkpoint(size: Int, root: [UInt8], origin: String = logName, name: String = logName) throws -> String {
        let text = "\(origin)\n\(size)\n\(base64(root))\n"
        let signature = try log.signature(for: Array(text.utf8))
        return text + "\n\u{2014} \(name) \(base64(logID.prefix(4) + signature))\n"
    }

    /// What a bundle is made of; each part can be made wrong.
    struct Parts {
        var mediaType = Bundle.mediaType
        var payload = TestInstance.statement
        var signature: [UInt8]
        var leaf: [UInt8]
        var body: String
        var checkpoint: String?
        var tokens: [[UInt8]]
        var withLogEntry = true
    }

    /// A bundle of a DSSE envelope, logged as `dsse` 0.0.2 beside one other entry.
    func bundle(edit: (inout Parts) throws -> Void = { _ in }) throws -> [UInt8] {
        let type = Envelope.inTotoPayloadType
        let message = Envelope.preAuthenticationEncoding(payloadType: type, payload: Self.statement)
        let signature = Array(try signer.signature(for: message).derRepresentation)
        let body =
            "{\"apiVersion\":\"0.0.2\",\"kind\":\"dsse\",\"spec\":{\"dsseV002\":{\"payloadHash\":{"
            + "\"algorithm\":\"SHA2_256\",\"digest\":\"\(base64(HashAlgorithm.sha256.digest(of: Self.statement)))\"},"
            + "\"signatures\":[{\"content\":\"\(base64(signature))\",\"verifier\":{"
            + "\"keyDetails\":\"PKIX_ECDSA_P256_SHA_256\",\"x509Certificate\":{\"rawBytes\":\"\(base64(leaf))\"}}}]}}}"
        var parts = Parts(
            signature: signature,
            leaf: leaf,
            body: body,
            tokens: [try timestamps.token(over: signature)]
        )
        try edit(&parts)
        let sibling = MerkleTree.leafHash([1])
        let root = MerkleTree.nodeHash(sibling, MerkleTree.leafHash(Array(parts.body.utf8)))
        let checkpoint = try parts.checkpoint ?? checkpoint(size: 2, root: root)
        let entry =
            "{\"logIndex\":\"1\",\"logId\":{\"keyId\":\"\(base64(logID))\"},"
            + "\"kindVersion\":{\"kind\":\"dsse\",\"version\":\"0.0.2\"},\"inclusionProof\":{\"logIndex\":\"1\","
            + "\"rootHash\":\"\(base64(root))\",\"treeSize\":\"2\",\"hashes\":[\"\(base64(sibling))\"],"
            + "\"checkpoint\":{\"envelope\":\(JSONText.string(checkpoint))}},"
            + "\"canonicalizedBody\":\"\(base64(Array(parts.body.utf8)))\"}"
        let tokens = parts.tokens.map { "{\"signedTimestamp\":\"\(base64($0))\"}" }.joined(separator: ",")
        let material =
            "{\"certificate\":{\"rawBytes\":\"\(base64(parts.leaf))\"},"
            + "\"tlogEntries\":[\(parts.withLogEntry ? entry : "")],"
            + "\"timestampVerificationData\":{\"rfc3161Timestamps\":[\(tokens)]}}"
        let envelope =
            "{\"payload\":\"\(base64(parts.payload))\",\"payloadType\":\"\(type)\","
            + "\"signatures\":[{\"sig\":\"\(base64(parts.signature))\",\"keyid\":\"\"}]}"
        return Array(
            ("{\"mediaType\":\"\(parts.mediaType)\",\"verificationMaterial\":\(material),"
                + "\"dsseEnvelope\":\(envelope)}").utf8
        )
    }

    /// The windows of a trusted root, as JSON objects.
    struct Windows {
        static let open = "{\"start\":\"2020-01-01T00:00:00Z\"}"
        var authority = open
        var certificateLog = open
        var log = open
        var timestamps = open
    }

    /// The trusted root of this instance.
    func trustedRootJSON(_ windows: Windows = Windows(), authoritiesBefore: [TestAuthority] = []) -> [UInt8] {
        func key(_ bytes: [UInt8], _ details: String, _ id: [UInt8], _ window: String) -> String {
            "{\"baseUrl\":\"https://x.test\",\"hashAlgorithm\":\"SHA2_256\","
                + "\"publicKey\":{\"rawBytes\":\"\(base64(bytes))\","
                + "\"keyDetails\":\"\(details)\",\"validFor\":\(window)},\"logId\":{\"keyId\":\"\(base64(id))\"}}"
        }
        func chain(_ certificates: [[UInt8]], _ window: String) -> String {
            let list = certificates.map { "{\"rawBytes\":\"\(base64($0))\"}" }.joined(separator: ",")
            return "{\"certChain\":{\"certificates\":[\(list)]},\"validFor\":\(window)}"
        }
        let certificateLogKey = Array(certificateLog.publicKey.derRepresentation)
        let certificateLogID = HashAlgorithm.sha256.digest(of: certificateLogKey)
        let certificateLogEntry = key(
            certificateLogKey,
            "PKIX_ECDSA_P256_SHA_256",
            certificateLogID,
            windows.certificateLog
        )
        let logKey = (try? PublicKey(ed25519: Array(log.publicKey.rawRepresentation)))?.subjectPublicKeyInfo ?? []
        let authorities = (authoritiesBefore + [authority]).map { chain([$0.der], windows.authority) }
        return Array(
            ("{\"mediaType\":\"application/vnd.dev.sigstore.trustedroot+json;version=0.1\","
                + "\"tlogs\":[\(key(logKey, "PKIX_ED25519", logID, windows.log))],"
                + "\"certificateAuthorities\":[\(authorities.joined(separator: ","))],"
                + "\"ctlogs\":[\(certificateLogEntry)],"
                + "\"timestampAuthorities\":[\(chain([timestamps.der, timestamps.root.der], windows.timestamps))]}")
                .utf8
        )
    }

    func verdict(
        _ bundle: [UInt8],
        root: [UInt8]? = nil,
        policy: Policy = policy,
        artifact: Artifact = artifact
    ) throws -> Verdict {
        SigstoreVerifier(root: try TrustedRoot(json: root ?? trustedRootJSON()))
            .verify(json: bundle, artifact: artifact, policy: policy)
    }

    func base64(_ bytes: some Collection<UInt8>) -> String { TextEncoding.base64Encode(bytes) }
}
