/// Whom to trust: certificate authorities, transparency logs, certificate transparency logs and timestamp authorities,
/// each within a window of time.
public struct TrustedRoot: Sendable {
    /// A certificate or timestamp authority.
    struct Authority: Sendable {
        /// As the root lists them: leaf or lowest CA first, root last.
        let certificates: [ParsedCertificate]
        let validity: ValidityWindow

        /// The CA certificates.
        var issuers: [ParsedCertificate] { certificates.filter(\.isAuthority) }
    }

    /// The key of a log.
    struct Log: Sendable {
        let id: [UInt8]
        /// The four bytes that a checkpoint's signature line begins with.
        let checkpointHint: [UInt8]
        let key: PublicKey
        let hash: HashAlgorithm
        let validity: ValidityWindow
    }

    let certificateAuthorities: [Authority]
    let timestampAuthorities: [Authority]
    let transparencyLogs: [Log]
    let certificateLogs: [Log]
    /// True when the root lists transparency logs, also where none of them is of a known kind: such a root still demands
    /// a log entry.
    let listsTransparencyLogs: Bool
    /// The same of certificate transparency logs, which then demand an SCT.
    let listsCertificateLogs: Bool

    /// A root that trusts nobody: enough for bundles with a managed key and no log entry.
    public static let empty = TrustedRoot()

    private init() {
        certificateAuthorities = []
        timestampAuthorities = []
        transparencyLogs = []
        certificateLogs = []
        listsTransparencyLogs = false
        listsCertificateLogs = false
    }

    /// Reads a `trusted_root.json` of version 0.1 or 0.2 (`TrustedRoot` in `sigstore_trustroot.proto`).
    ///
    /// An authority without certificates, or with one that is not X.509, and a log with a kind of key or tree that is not
    /// known are passed over: they vouch for nothing. Everything else that does not fit, a validity window without a
    /// start among it, throws `SIGSTORE_TRUSTED_ROOT_MALFORMED`.
    public init(json: [UInt8]) throws(SigstoreError) {
        let limits = JSONValue.Limits(bytes: 16 << 20)
        let root = try JSONField(text: json, limits: limits, code: .trustedRootMalformed)
        let mediaType = try root.required("mediaType")
        guard Self.mediaTypes.contains(try mediaType.word()) else {
            throw mediaType.failure("not a trusted root of a known version")
        }
        let logs = try root.elements(of: "tlogs", limit: Self.maximumCount)
        let certificateLogs = try root.elements(of: "ctlogs", limit: Self.maximumCount)
        listsTransparencyLogs = !logs.isEmpty
        listsCertificateLogs = !certificateLogs.isEmpty
        transparencyLogs = try Self.logs(logs)
        self.certificateLogs = try Self.logs(certificateLogs)
        certificateAuthorities = try Self.authorities(root, "certificateAuthorities")
        timestampAuthorities = try Self.authorities(root, "timestampAuthorities")
    }

    private static let maximumCount = 256
    private static let mediaTypes = [
        "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
        "application/vnd.dev.sigstore.trustedroot.v0.2+json",
    ]

    private static func validity(_ field: JSONField) throws(SigstoreError) -> ValidityWindow {
        let window = try field.required("validFor")
        let start = try window.required("start").instant()
        let end = try window.optional("end").map { end throws(SigstoreError) in try end.instant() }
        return ValidityWindow(start: start, end: end)
    }

    private static func authorities(_ root: JSONField, _ name: String) throws(SigstoreError) -> [Authority] {
        var authorities: [Authority] = []
        for field in try root.elements(of: name, limit: maximumCount) {
            let validity = try validity(field)
            var certificates: [ParsedCertificate] = []
            var isReadable = true
            let chain = try field.optional("certChain")
            for element in try chain?.elements(of: "certificates", limit: BundleLimits.certificates) ?? [] {
                let der = try element.required("rawBytes").bytes()
                guard let certificate = try? ParsedCertificate(der: der, code: .trustedRootMalformed) else {
                    isReadable = false
                    break
                }
                certificates.append(certificate)
            }
            guard isReadable, !certificates.isEmpty else { continue }
            authorities.append(Authority(certificates: certificates, validity: validity))
        }
        return authorities
    }

    private static func logs(_ fields: [JSONField]) throws(SigstoreError) -> [Log] {
        var logs: [Log] = []
        for field in fields {
            let publicKey = try field.required("publicKey")
            let validity = try validity(publicKey)
            let id = try field.required("logId").required("keyId").bytes()
            let checkpointID = try field.optional("checkpointKeyId")
                .map { id throws(SigstoreError) in try id.required("keyId").bytes() }
            guard try field.optional("hashAlgorithm")?.word() == "SHA2_256",
                let details = try publicKey.optional("keyDetails")?.word(), let hash = hash(forKeyDetails: details)
            else { continue }
            let key = try key(publicKey.required("rawBytes"), details)
            let hint = Array((checkpointID ?? id).prefix(4))
            logs.append(Log(id: id, checkpointHint: hint, key: key, hash: hash, validity: validity))
        }
        return logs
    }

    /// The hash function of a `PublicKeyDetails` name in `sigstore_common.proto`; nil for those that are not verified.
    private static func hash(forKeyDetails name: String) -> HashAlgorithm? {
        switch name {
        case "PKIX_ECDSA_P256_SHA_256", "PKIX_ED25519", "PKCS1_RSA_PKCS1V5", "PKIX_RSA_PKCS1V5",
            "PKIX_RSA_PKCS1V15_2048_SHA256", "PKIX_RSA_PKCS1V15_3072_SHA256", "PKIX_RSA_PKCS1V15_4096_SHA256":
            .sha256
        case "PKIX_ECDSA_P384_SHA_384": .sha384
        case "PKIX_ECDSA_P521_SHA_512": .sha512
        default: nil
        }
    }

    private static func key(_ field: JSONField, _ details: String) throws(SigstoreError) -> PublicKey {
        let bytes = try field.bytes()
        if let key = try? PublicKey(subjectPublicKeyInfo: bytes) { return key }
        if details == "PKCS1_RSA_PKCS1V5", let key = try? PublicKey(pkcs1: bytes) { return key }
        throw field.failure("not a public key")
    }
}
