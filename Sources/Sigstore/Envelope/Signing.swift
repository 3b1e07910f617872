public import Crypto

/// Makes bundles that are signed with a managed key.
public enum BundleSigner {
    /// A v0.3 bundle of an in-toto statement, signed with an Ed25519 key.
    ///
    /// The bundle has no log entry and no timestamp: it verifies under `Policy.Signer.key` with
    /// `Policy.LogRequirement.never`. The same statement, key and hint give the same bytes wherever the library's Ed25519
    /// is deterministic as in RFC 8032, which it is on Linux.
    ///
    /// - Parameters:
    ///   - statement: the statement's JSON; it is signed as it stands.
    ///   - key: the signing key (RFC 8032).
    ///   - hint: names the key for whoever looks for it; it is not signed.
    /// - Returns: the bundle's JSON in one line, without a line feed at the end, its members in the order of the format.
    /// - Throws: `SIGSTORE_STATEMENT_MALFORMED` where the statement could not be verified again.
    public static func bundle(
        statement: [UInt8],
        key: Curve25519.Signing.PrivateKey,
        hint: String
    ) throws(SigstoreError) -> [UInt8] {
        do {
            return try bundle(statement: statement, hint: hint) { Array(try key.signature(for: $0)) }
        } catch let error as SigstoreError {
            throw error
        } catch {
            throw SigstoreError(.keyMalformed, "the key does not sign")
        }
    }

    /// The same where the key is kept elsewhere: `sign` gets the bytes to be signed (the pre-authentication encoding of
    /// DSSE) and gives the signature. Throws what `sign` throws, and `SIGSTORE_STATEMENT_MALFORMED`.
    public static func bundle(
        statement: [UInt8],
        hint: String,
        sign: ([UInt8]) throws -> [UInt8]
    ) throws -> [UInt8] {
        _ = try Statement(json: statement)
        let type = Envelope.inTotoPayloadType
        let signature = try sign(Envelope.preAuthenticationEncoding(payloadType: type, payload: statement))
        return bundle(payloadType: type, payload: statement, signature: signature, hint: hint)
    }

    static func bundle(payloadType: String, payload: [UInt8], signature: [UInt8], hint: String) -> [UInt8] {
        let material = "{\"publicKey\":{\"hint\":\(JSONText.string(hint))}}"
        let signatures = "[{\"sig\":\"\(TextEncoding.base64Encode(signature))\"}]"
        let envelope =
            "{\"payload\":\"\(TextEncoding.base64Encode(payload))\","
            + "\"payloadType\":\(JSONText.string(payloadType)),\"signatures\":\(signatures)}"
        let bundle =
            "{\"mediaType\":\(JSONText.string(Bundle.mediaType)),"
            + "\"verificationMaterial\":\(material),\"dsseEnvelope\":\(envelope)}"
        return Array(bundle.utf8)
    }
}
