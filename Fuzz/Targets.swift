import BundleArchive
import FoundationEssentials
import Glibc
import SwarmCapability
import SwarmContracts
import SwarmPlatform
import SwarmSnapshot
import X509

@testable import Sigstore
@testable import UltraHonk

/// Every parser of bytes that come from outside, under the name that `Fuzz/run` calls it by. A target may refuse its input
/// in any way but by a crash; where it accepts, what must hold then is checked.
enum Target: String, CaseIterable {
    case bundle, root, certificate, timestamp, checkpoint, statement, jws, token, tar, json, documents, directory,
        times, proof

    func run(_ bytes: [UInt8]) {
        switch self {
        case .bundle:
            let verifier = SigstoreVerifier(root: .empty)
            let policy = Policy(signer: .certificate(IdentityPolicy(identity: "x", issuer: "y")))
            let verdict = verifier.verify(json: bytes, artifact: Artifact(bytes: []), policy: policy)
            // Nobody is trusted, so nothing may verify.
            precondition(!verdict.isVerified)
            _ = try? Attestations.bundles(in: bytes)
        case .root: _ = try? TrustedRoot(json: bytes)
        case .certificate: Target.certificate(bytes)
        case .timestamp: _ = try? TimestampToken(response: bytes)
        case .checkpoint: _ = Checkpoint(String(decoding: bytes, as: UTF8.self))
        case .statement: _ = try? Statement(json: bytes)
        case .jws: _ = try? CompactJWS(parsing: String(decoding: bytes, as: UTF8.self), type: "swarm-cap+jwt")
        case .token: _ = try? CapabilityToken(parsing: String(decoding: bytes, as: UTF8.self))
        case .tar: Target.archive(bytes)
        case .json:
            guard let value = try? JSONParser.parse(bytes) else { return }
            let canonical = CanonicalJSON.encode(value)
            precondition((try? JSONParser.parse(canonical)) == value, "canonical JSON reads back as the same value")
        case .documents:
            _ = try? Certificate(reading: bytes)
            _ = try? ResultDocument(reading: bytes)
            _ = try? NodeDocument(reading: bytes)
            _ = try? BundleDescriptor(reading: bytes)
            _ = try? PolicyDocument(reading: bytes)
            _ = try? NextTokens(reading: bytes)
            _ = try? ProofEnvelope(reading: bytes)
            for schema in DocumentSchema.all { _ = (try? JSONParser.parse(bytes)).map { schema.validate($0) } }
        case .directory: _ = try? Directory(decoding: bytes)
        case .proof: Target.proof(bytes)
        case .times: _ = try? ModificationTimes(decoding: bytes)
        }
    }

    /// All that a bundle's leaf and an authority's certificate go through.
    private static func certificate(_ bytes: [UInt8]) {
        _ = try? PublicKey(subjectPublicKeyInfo: bytes)
        guard let certificate = try? ParsedCertificate(der: bytes, code: .bundleMalformed) else { return }
        _ = try? SigningCertificate(der: bytes)
        _ = try? certificate.x509.extensions.subjectKeyIdentifier
        for path in CertificatePath.all(leaf: certificate, pool: [certificate], purpose: .codeSigning) {
            _ = path.holds(at: certificate.validity.start)
        }
    }

    /// A verification key as JSON, or public inputs with a proof behind them.
    private static func proof(_ bytes: [UInt8]) {
        if bytes.first == UInt8(ascii: "{") {
            guard let fields = try? JSONDecoder().decode(VerificationKeyFields.self, from: Data(bytes)) else { return }
            _ = try? VerificationKey(fields)
            return
        }
        let inputs = Array(bytes.prefix(32 * ProofKey.inputCount))
        let proof = Array(bytes.dropFirst(inputs.count))
        _ = try? UltraHonk.verify(proof: proof, publicInputs: inputs, verificationKey: ProofKey.key)
    }

    private static func archive(_ bytes: [UInt8]) {
        var name = Array("/tmp/swarm-fuzz-XXXXXX".utf8CString)
        let number = mkstemp(&name)
        guard number >= 0 else { return }
        unlink(name)
        let file = Descriptor(owning: number, path: "input")
        _ = bytes.withUnsafeBytes { pwrite(file.number, $0.baseAddress, $0.count, 0) }
        guard let reader = try? BundleArchive.Reader(file) else { return }
        for member in reader.members where member.size < 1 << 20 { _ = try? reader.read(member) }
    }
}
