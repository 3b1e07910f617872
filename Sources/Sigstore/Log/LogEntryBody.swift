/// What a log entry says was signed: the entry's canonical JSON (Rekor's `pkg/types` schemas for v1, and
/// `rekor/v2/entry.proto` for v2).
struct LogEntryBody: Sendable {
    /// With what the entry says it was signed.
    enum Verifier: Sendable, Equatable {
        case certificate([UInt8])
        case publicKey([UInt8])
    }

    /// What was hashed.
    enum Subject: Sendable {
        /// The artifact, or the pre-authentication encoding of an envelope (hashedrekord).
        case message(HashAlgorithm, [UInt8])
        /// The payload of an envelope (dsse, intoto).
        case payload(HashAlgorithm, [UInt8])
    }

    let subject: Subject
    let signature: [UInt8]
    let verifier: Verifier
    /// The envelope's payload type, where the entry holds it.
    let payloadType: String?
    /// The envelope's payload, where the entry holds it.
    let payload: [UInt8]?

    /// Reads the body of an entry whose kind and version are as claimed; throws `SIGSTORE_LOG_ENTRY_INVALID`.
    init(_ entry: LogEntry) throws(SigstoreError) {
        let limits = JSONValue.Limits(bytes: BundleLimits.bytes)
        let root = try JSONField(text: entry.body, limits: limits, code: .logEntryInvalid)
        let kind = try root.required("kind").word()
        let version = try root.required("apiVersion").word()
        guard kind == entry.kind, version == entry.version else {
            throw root.failure("is \(kind) \(version), the bundle says \(entry.kind) \(entry.version)")
        }
        let spec = try root.required("spec")
        switch (kind, version) {
        case ("hashedrekord", "0.0.1"): self = try Self.hashedRekord1(spec)
        case ("dsse", "0.0.1"): self = try Self.dsse1(spec)
        case ("intoto", "0.0.2"): self = try Self.intoto2(spec)
        case ("hashedrekord", "0.0.2"): self = try Self.hashedRekord2(spec.required("hashedRekordV002"))
        case ("dsse", "0.0.2"): self = try Self.dsse2(spec.required("dsseV002"))
        default: throw root.failure("\(kind) \(version) is not a known kind of entry")
        }
    }

    private init(
        _ subject: Subject,
        signature: [UInt8],
        verifier: Verifier,
        payloadType: String? = nil,
        payload: [UInt8]? = nil
    ) {
        self.subject = subject
        self.signature = signature
        self.verifier = verifier
        self.payloadType = payloadType
        self.payload = payload
    }

    private static func hashedRekord1(_ spec: JSONField) throws(SigstoreError) -> LogEntryBody {
        let (hash, digest) = try spec.required("data").required("hash").namedHash()
        let signature = try spec.required("signature")
        let key = try signature.required("publicKey").required("content")
        return LogEntryBody(
            .message(hash, digest),
            signature: try signature.required("content").signature(),
            verifier: try key.pemVerifier()
        )
    }

    private static func dsse1(_ spec: JSONField) throws(SigstoreError) -> LogEntryBody {
        let (hash, digest) = try spec.required("payloadHash").namedHash()
        let signature = try spec.required("signatures").onlyElement()
        return LogEntryBody(
            .payload(hash, digest),
            signature: try signature.required("signature").signature(),
            verifier: try signature.required("verifier").pemVerifier()
        )
    }

    private static func intoto2(_ spec: JSONField) throws(SigstoreError) -> LogEntryBody {
        let content = try spec.required("content")
        let (hash, digest) = try content.required("payloadHash").namedHash()
        let envelope = try content.required("envelope")
        let signature = try envelope.required("signatures").onlyElement()
        // Rekor stores the base64 text of signature and payload as bytes, and these again in base64.
        let encoded = try signature.required("sig")
        guard let bytes = TextEncoding.base64Decode(try encoded.signature()) else {
            throw encoded.failure("not base64")
        }
        var payload: [UInt8]?
        if let field = try envelope.optional("payload") {
            payload = TextEncoding.base64Decode(try field.bytes())
            guard payload != nil else { throw field.failure("not base64") }
        }
        return LogEntryBody(
            .payload(hash, digest),
            signature: bytes,
            verifier: try signature.required("publicKey").pemVerifier(),
            payloadType: try envelope.required("payloadType").string(),
            payload: payload
        )
    }

    private static func hashedRekord2(_ spec: JSONField) throws(SigstoreError) -> LogEntryBody {
        let (hash, digest) = try spec.required("data").protobufHash()
        let signature = try spec.required("signature")
        return LogEntryBody(
            .message(hash, digest),
            signature: try signature.required("content").signature(),
            verifier: try signature.required("verifier").protobufVerifier()
        )
    }

    private static func dsse2(_ spec: JSONField) throws(SigstoreError) -> LogEntryBody {
        let (hash, digest) = try spec.required("payloadHash").protobufHash()
        let signature = try spec.required("signatures").onlyElement()
        return LogEntryBody(
            .payload(hash, digest),
            signature: try signature.required("content").signature(),
            verifier: try signature.required("verifier").protobufVerifier()
        )
    }
}

extension JSONField {
    /// `{"algorithm":"sha256","value":HEX}`.
    fileprivate func namedHash() throws(SigstoreError) -> (HashAlgorithm, [UInt8]) {
        let name = try required("algorithm")
        guard let hash = HashAlgorithm(rawValue: try name.word()) else {
            throw name.failure("an unknown hash function")
        }
        let digest = try required("value").hexBytes()
        guard digest.count == hash.byteCount else { throw failure("a digest of a wrong length") }
        return (hash, digest)
    }

    /// `{"algorithm":"SHA2_256","digest":BASE64}`.
    fileprivate func protobufHash() throws(SigstoreError) -> (HashAlgorithm, [UInt8]) {
        let name = try required("algorithm")
        guard let hash = HashAlgorithm(sigstoreName: try name.word()) else {
            throw name.failure("an unknown hash function")
        }
        let digest = try required("digest").bytes()
        guard digest.count == hash.byteCount else { throw failure("a digest of a wrong length") }
        return (hash, digest)
    }

    /// A PEM block of a certificate or a public key, in base64.
    fileprivate func pemVerifier() throws(SigstoreError) -> LogEntryBody.Verifier {
        let block = PEMBlock(try bytes())
        switch block?.label {
        case "CERTIFICATE": return .certificate(block?.bytes ?? [])
        case "PUBLIC KEY": return .publicKey(block?.bytes ?? [])
        default: throw failure("neither one certificate nor one public key in PEM")
        }
    }

    /// `{"x509Certificate":{"rawBytes":...}}` or `{"publicKey":{"rawBytes":...}}`.
    fileprivate func protobufVerifier() throws(SigstoreError) -> LogEntryBody.Verifier {
        switch (try optional("x509Certificate"), try optional("publicKey")) {
        case (let certificate?, nil): return .certificate(try certificate.required("rawBytes").bytes())
        case (nil, let key?): return .publicKey(try key.required("rawBytes").bytes())
        default: throw failure("neither one certificate nor one public key")
        }
    }

    fileprivate func onlyElement() throws(SigstoreError) -> JSONField {
        let elements = try elements(limit: 16)
        guard let only = elements.first, elements.count == 1 else {
            throw failure("\(elements.count) signatures instead of one")
        }
        return only
    }
}
