import Crypto
import CryptoExtras
import Testing

@testable import Sigstore

@Suite("Bundles with a managed key")
struct ManagedKeyTests {
    private let key = Curve25519.Signing.PrivateKey()

    private func policy(_ key: Curve25519.Signing.PrivateKey) throws -> Policy {
        let signer = try PublicKey(ed25519: Array(key.publicKey.rawRepresentation))
        return Policy(signer: .key(signer), logEntry: .never)
    }

    private func code(_ bundle: [UInt8], _ policy: Policy, artifact: Artifact = TestInstance.artifact) -> FailureCode? {
        SigstoreVerifier(root: .empty).verify(json: bundle, artifact: artifact, policy: policy).failure?.code
    }

    @Test("A bundle that we sign verifies with only the public key, raw and in PEM")
    func roundTrip() throws {
        let bundle = try BundleSigner.bundle(statement: TestInstance.statement, key: key, hint: "operator \"1\"")
        #expect(code(bundle, try policy(key)) == nil)
        let pem = key.publicKey.rawRepresentation
        let der = try PublicKey(ed25519: Array(pem)).subjectPublicKeyInfo
        let text = "-----BEGIN PUBLIC KEY-----\n\(TextEncoding.base64Encode(der))\n-----END PUBLIC KEY-----\n"
        #expect(code(bundle, Policy(signer: .key(try PublicKey(pem: Array(text.utf8))), logEntry: .never)) == nil)
    }

    @Test("The bundle's members stand in the order of the format, and the same input gives the same bytes")
    func order() throws {
        let bundle = try BundleSigner.bundle(statement: TestInstance.statement, key: key, hint: "h")
        let text = String(decoding: bundle, as: UTF8.self)
        #expect(
            text.hasPrefix(
                "{\"mediaType\":\"application/vnd.dev.sigstore.bundle.v0.3+json\",\"verificationMaterial\":"
                    + "{\"publicKey\":{\"hint\":\"h\"}},\"dsseEnvelope\":{\"payload\":\""
            )
        )
        #expect(try BundleSigner.bundle(statement: TestInstance.statement, key: key, hint: "h") == bundle)
    }

    @Test("Another key, another artifact and a changed payload fail")
    func failures() throws {
        let bundle = try BundleSigner.bundle(statement: TestInstance.statement, key: key, hint: "h")
        #expect(code(bundle, try policy(Curve25519.Signing.PrivateKey())) == .signatureInvalid)
        #expect(code(bundle, try policy(key), artifact: Artifact(bytes: [])) == .subjectMismatch)
        let other = BundleSigner.bundle(
            payloadType: "application/json",
            payload: TestInstance.statement,
            signature: try envelopeSignature(type: "application/json"),
            hint: "h"
        )
        #expect(code(other, try policy(key)) == .statementMalformed)
    }

    private func envelopeSignature(type: String) throws -> [UInt8] {
        let message = Envelope.preAuthenticationEncoding(payloadType: type, payload: TestInstance.statement)
        return Array(try key.signature(for: message))
    }

    @Test("A statement of no or an unknown type fails, signed or not")
    func statementType() throws {
        let text = String(decoding: TestInstance.statement, as: UTF8.self)
        let unknown = Array(text.replacing("Statement/v1", with: "Statement/v2").utf8)
        let missing = Array(text.replacing("\"_type\"", with: "\"type\"").utf8)
        for statement in [unknown, missing] {
            let error = #expect(throws: SigstoreError.self) {
                try BundleSigner.bundle(statement: statement, key: key, hint: "")
            }
            #expect(error?.code == .statementMalformed)
            let type = Envelope.inTotoPayloadType
            let message = Envelope.preAuthenticationEncoding(payloadType: type, payload: statement)
            let bundle = BundleSigner.bundle(
                payloadType: type,
                payload: statement,
                signature: Array(try key.signature(for: message)),
                hint: ""
            )
            #expect(code(bundle, try policy(key)) == .statementMalformed)
        }
    }

    @Test("A root that lists logs demands an entry of a managed key too, unless the policy asks for none")
    func logRequirement() throws {
        let instance = try TestInstance()
        let bundle = try BundleSigner.bundle(statement: TestInstance.statement, key: key, hint: "h")
        var policy = try policy(key)
        #expect(try instance.verdict(bundle, policy: policy).isVerified)
        policy.logEntry = .whereTrustedRootListsLogs
        #expect(try instance.verdict(bundle, policy: policy).failure?.code == .logEntryMissing)
    }

    @Test("A key does not stand in for a certificate, nor a certificate for a key")
    func signerKind() throws {
        let instance = try TestInstance()
        let local = try BundleSigner.bundle(statement: TestInstance.statement, key: key, hint: "h")
        #expect(try instance.verdict(local).failure?.code == .signerKindMismatch)
        #expect(try instance.verdict(instance.bundle(), policy: policy(key)).failure?.code == .signerKindMismatch)
    }

    /// A message signature in a v0.3 bundle.
    private func message(_ signature: some Collection<UInt8>, digest: String = "") -> [UInt8] {
        Array(
            ("{\"mediaType\":\"\(Bundle.mediaType)\",\"verificationMaterial\":{\"publicKey\":{}},"
                + "\"messageSignature\":{\(digest)\"signature\":\"\(TextEncoding.base64Encode(signature))\"}}").utf8
        )
    }

    @Test("Message signatures of P-256, P-384 with SHA-384 and with SHA-256, and P-521 verify by digest")
    func messageSignatures() throws {
        let bytes = Array("artifact".utf8)
        let p256 = P256.Signing.PrivateKey()
        let p384 = P384.Signing.PrivateKey()
        let p521 = P521.Signing.PrivateKey()
        let sha256 = SHA256.hash(data: bytes)
        let cases: [(signature: [UInt8], key: [UInt8], hash: HashAlgorithm)] = [
            (Array(try p256.signature(for: bytes).derRepresentation), Array(p256.publicKey.derRepresentation), .sha256),
            (Array(try p384.signature(for: bytes).derRepresentation), Array(p384.publicKey.derRepresentation), .sha384),
            (
                Array(try p384.signature(for: sha256).derRepresentation), Array(p384.publicKey.derRepresentation),
                .sha256
            ),
            (Array(try p521.signature(for: bytes).derRepresentation), Array(p521.publicKey.derRepresentation), .sha512),
        ]
        for item in cases {
            let policy = Policy(signer: .key(try PublicKey(subjectPublicKeyInfo: item.key)))
            let digest = Artifact(digest: item.hash.digest(of: bytes), algorithm: item.hash)
            #expect(code(message(item.signature), policy, artifact: digest) == nil)
            #expect(code(message(item.signature), policy, artifact: TestInstance.artifact) == nil)
            #expect(code(message(item.signature), policy, artifact: Artifact(bytes: [0])) == .signatureInvalid)
        }
    }

    @Test(
        "RSA signatures of PKCS#1 v1.5 verify by digest under all three hash functions, and keys under 2048 bits are refused"
    )
    func rsa() throws {
        let bytes = Array("artifact".utf8)
        let key = try _RSA.Signing.PrivateKey(keySize: .bits2048)
        let policy = Policy(signer: .key(try PublicKey(subjectPublicKeyInfo: Array(key.publicKey.derRepresentation))))
        let signatures = [
            try key.signature(for: SHA256.hash(data: bytes), padding: .insecurePKCS1v1_5),
            try key.signature(for: SHA384.hash(data: bytes), padding: .insecurePKCS1v1_5),
            try key.signature(for: SHA512.hash(data: bytes), padding: .insecurePKCS1v1_5),
        ]
        for (signature, hash) in zip(signatures, HashAlgorithm.allCases) {
            let digest = Artifact(digest: hash.digest(of: bytes), algorithm: hash)
            #expect(code(message(signature.rawRepresentation), policy, artifact: digest) == nil)
            #expect(
                code(message(signature.rawRepresentation), policy, artifact: Artifact(bytes: [])) == .signatureInvalid
            )
        }
        let pkcs1 = try PublicKey(pkcs1: Array(key.publicKey.pkcs1DERRepresentation))
        #expect(pkcs1.subjectPublicKeyInfo == Array(key.publicKey.derRepresentation))
        let small = try _RSA.Signing.PrivateKey(unsafeKeySize: .init(bitCount: 1024))
        #expect(throws: SigstoreError.self) {
            try PublicKey(subjectPublicKeyInfo: Array(small.publicKey.derRepresentation))
        }
    }

    @Test("An Ed25519 message signature needs the artifact's bytes")
    func ed25519Message() throws {
        let bytes = Array("artifact".utf8)
        let bundle = message(try key.signature(for: bytes))
        #expect(code(bundle, try policy(key)) == nil)
        let digest = Artifact(digest: HashAlgorithm.sha256.digest(of: bytes), algorithm: .sha256)
        #expect(code(bundle, try policy(key), artifact: digest) == .signatureInvalid)
    }

    @Test("A message digest that is not the artifact's fails, and so does an unknown hash function")
    func messageDigest() throws {
        let bytes = Array("artifact".utf8)
        let signature = try key.signature(for: bytes)
        let right = TextEncoding.base64Encode(HashAlgorithm.sha256.digest(of: bytes))
        let wrong = TextEncoding.base64Encode(HashAlgorithm.sha256.digest(of: []))
        func digest(_ algorithm: String, _ value: String) -> String {
            "\"messageDigest\":{\"algorithm\":\"\(algorithm)\",\"digest\":\"\(value)\"},"
        }
        #expect(code(message(signature, digest: digest("SHA2_256", right)), try policy(key)) == nil)
        #expect(code(message(signature, digest: digest("SHA2_256", wrong)), try policy(key)) == .subjectMismatch)
        #expect(code(message(signature, digest: digest("MD5", right)), try policy(key)) == .bundleMalformed)
        #expect(code(message(signature, digest: digest("SHA2_512", right)), try policy(key)) == .bundleMalformed)
        var typed = try policy(key)
        typed.predicateType = "x"
        #expect(code(message(signature), typed) == .predicateMismatch)
    }
}
