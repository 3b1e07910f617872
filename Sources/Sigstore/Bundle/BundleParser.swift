/// What a bundle may hold at most. The counts follow the public clients, with room.
enum BundleLimits {
    static let bytes = 64 << 20
    static let certificates = 10
    static let certificateBytes = 64 << 10
    static let logEntries = 32
    static let timestamps = 32
    static let timestampBytes = 64 << 10
    static let signatureBytes = 8 << 10
    static let proofHashes = 64
    static let checkpointBytes = 64 << 10
}

extension Bundle {
    /// Reads a bundle of version 0.1, 0.2 or 0.3 in the protobuf JSON mapping (`sigstore_bundle.proto`).
    ///
    /// Members that the format does not know are ignored; nothing that is ignored is ever reported as verified.
    /// Throws `SIGSTORE_BUNDLE_MALFORMED` or, for an unknown media type, `SIGSTORE_BUNDLE_UNSUPPORTED`.
    public init(json: [UInt8]) throws(SigstoreError) {
        let limits = JSONValue.Limits(bytes: BundleLimits.bytes)
        try self.init(JSONField(text: json, limits: limits, code: .bundleMalformed))
    }

    init(_ root: JSONField) throws(SigstoreError) {
        version = try Self.version(root.required("mediaType"))
        let material = try root.required("verificationMaterial")
        signer = try Self.signer(material, version)
        content = try Self.content(root)
        logEntries = try material.elements(of: "tlogEntries", limit: BundleLimits.logEntries)
            .map { entry throws(SigstoreError) in try LogEntry(entry) }
        if version == .version01, logEntries.contains(where: { $0.promise == nil }) {
            throw material.failure("version 0.1 demands an inclusion promise of every log entry")
        }
        timestamps = try Self.timestamps(material)
    }

    private static func version(_ field: JSONField) throws(SigstoreError) -> Version {
        switch try field.word() {
        case "application/vnd.dev.sigstore.bundle+json;version=0.1": return .version01
        case "application/vnd.dev.sigstore.bundle+json;version=0.2": return .version02
        case "application/vnd.dev.sigstore.bundle+json;version=0.3", mediaType: return .version03
        default: throw SigstoreError(.bundleUnsupported, "the media type is not of a known bundle version")
        }
    }

    /// The media type of the current version.
    static let mediaType = "application/vnd.dev.sigstore.bundle.v0.3+json"

    private static func signer(_ material: JSONField, _ version: Version) throws(SigstoreError) -> Signer {
        let certificate = try material.optional("certificate")
        let chain = try material.optional("x509CertificateChain")
        let key = try material.optional("publicKey")
        switch (certificate, chain, key) {
        case (let certificate?, nil, nil):
            return .certificate(try Self.certificate(certificate))
        case (nil, let chain?, nil):
            guard version != .version03 else { throw chain.failure("version 0.3 knows no certificate chain") }
            let elements = try chain.required("certificates").elements(limit: BundleLimits.certificates)
            let certificates = try elements.map { element throws(SigstoreError) in try Self.certificate(element) }
            // What follows the leaf is the signer's word and is not used: issuers come from the trusted root.
            guard let leaf = certificates.first else { throw chain.failure("no certificate") }
            return .certificate(leaf)
        case (nil, nil, let key?):
            return .publicKey(hint: try key.optional("hint")?.string() ?? "")
        case (nil, nil, nil):
            throw material.failure("neither a certificate nor a public key")
        default:
            throw material.failure("more than one of certificate, certificate chain and public key")
        }
    }

    private static func certificate(_ field: JSONField) throws(SigstoreError) -> [UInt8] {
        let bytes = try field.required("rawBytes").bytes()
        guard bytes.count <= BundleLimits.certificateBytes else { throw field.failure("the certificate is too large") }
        return bytes
    }

    private static func content(_ root: JSONField) throws(SigstoreError) -> Content {
        switch (try root.optional("messageSignature"), try root.optional("dsseEnvelope")) {
        case (let message?, nil): return .message(try MessageSignature(message))
        case (nil, let envelope?): return .envelope(try Envelope(envelope))
        case (nil, nil): throw root.failure("neither a message signature nor an envelope")
        default: throw root.failure("both a message signature and an envelope")
        }
    }

    private static func timestamps(_ material: JSONField) throws(SigstoreError) -> [[UInt8]] {
        guard let data = try material.optional("timestampVerificationData") else { return [] }
        var timestamps: [[UInt8]] = []
        for field in try data.elements(of: "rfc3161Timestamps", limit: BundleLimits.timestamps) {
            let token = try field.required("signedTimestamp").bytes()
            guard token.count <= BundleLimits.timestampBytes else { throw field.failure("the timestamp is too large") }
            guard !timestamps.contains(token) else { throw field.failure("the same timestamp twice") }
            timestamps.append(token)
        }
        return timestamps
    }
}

extension MessageSignature {
    init(_ field: JSONField) throws(SigstoreError) {
        signature = try field.required("signature").signature()
        guard let named = try field.optional("messageDigest") else {
            digest = nil
            return
        }
        let algorithm = try named.required("algorithm")
        guard let hash = HashAlgorithm(sigstoreName: try algorithm.word()) else {
            throw algorithm.failure("an unknown hash function")
        }
        let bytes = try named.required("digest").bytes()
        guard bytes.count == hash.byteCount else { throw named.failure("a digest of a wrong length") }
        digest = (hash, bytes)
    }
}

extension LogEntry {
    init(_ field: JSONField) throws(SigstoreError) {
        index = try field.unsigned(of: "logIndex")
        logID = try field.required("logId").required("keyId").bytes()
        let kindVersion = try field.required("kindVersion")
        kind = try kindVersion.required("kind").word()
        version = try kindVersion.required("version").word()
        integratedTime = try field.unsigned(of: "integratedTime")
        body = try field.required("canonicalizedBody").bytes()
        proof = try field.optional("inclusionProof").map { proof throws(SigstoreError) in try InclusionProof(proof) }
        guard let promise = try field.optional("inclusionPromise") else {
            self.promise = nil
            return
        }
        self.promise = try promise.required("signedEntryTimestamp").signature()
    }
}

extension InclusionProof {
    init(_ field: JSONField) throws(SigstoreError) {
        index = try field.unsigned(of: "logIndex")
        treeSize = try field.unsigned(of: "treeSize")
        guard treeSize > 0, index < treeSize else { throw field.failure("the index is not below the tree's size") }
        rootHash = try field.required("rootHash").bytes()
        path = try field.elements(of: "hashes", limit: BundleLimits.proofHashes)
            .map { hash throws(SigstoreError) in try hash.bytes() }
        guard rootHash.count == 32, path.allSatisfy({ $0.count == 32 }) else {
            throw field.failure("a hash is not 32 bytes")
        }
        // The format lets version 0.1 leave out the checkpoint, and then nothing signs the root.
        let envelope = try field.required("checkpoint").required("envelope")
        checkpoint = try envelope.string()
        guard checkpoint.utf8.count <= BundleLimits.checkpointBytes else {
            throw envelope.failure("the checkpoint is too large")
        }
    }
}

extension JSONField {
    /// A signature in base64.
    func signature() throws(SigstoreError) -> [UInt8] {
        let bytes = try bytes()
        guard bytes.count <= BundleLimits.signatureBytes else { throw failure("the signature is too large") }
        return bytes
    }
}
