/// A DSSE envelope with exactly one signature (DSSE protocol, envelope.md).
public struct Envelope: Sendable {
    /// The payload's type.
    public let payloadType: String
    /// The payload's bytes.
    public let payload: [UInt8]
    /// The signature over the pre-authentication encoding.
    public let signature: [UInt8]

    /// The payload type of an in-toto statement (in-toto attestation specification, envelope.md).
    public static let inTotoPayloadType = "application/vnd.in-toto+json"

    /// The pre-authentication encoding over which the signature is made.
    public var preAuthenticationEncoding: [UInt8] {
        Self.preAuthenticationEncoding(payloadType: payloadType, payload: payload)
    }

    /// `"DSSEv1" SP LEN(type) SP type SP LEN(payload) SP payload` with decimal lengths in bytes
    /// (DSSE protocol, protocol.md, "Signature Definition").
    public static func preAuthenticationEncoding(payloadType: String, payload: [UInt8]) -> [UInt8] {
        Array("DSSEv1 \(payloadType.utf8.count) \(payloadType) \(payload.count) ".utf8) + payload
    }
}

extension Envelope {
    init(_ field: JSONField) throws(SigstoreError) {
        payloadType = try field.required("payloadType").string()
        payload = try field.required("payload").bytes()
        let signatures = try field.required("signatures").elements(limit: 16)
        // Further signatures would be of keys that nothing here names: the bundle format allows one.
        guard let only = signatures.first, signatures.count == 1 else {
            throw field.failure("\(signatures.count) signatures instead of one")
        }
        signature = try only.required("sig").signature()
    }
}
