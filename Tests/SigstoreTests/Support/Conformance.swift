import Sigstore

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The shared conformance cases, found by the environment variable `TEST_SHARED_DIR`.
enum Conformance {
    struct Case: Decodable, Sendable, CustomStringConvertible {
        let name: String
        let bundle: String
        let artifact: String?
        let digest: String?
        let trustedRoot: String
        let identity: String?
        let issuer: String?
        let key: String?
        let policy: [String: String]?
        let expected: String

        enum CodingKeys: String, CodingKey {
            case name, bundle, artifact, digest, identity, issuer, key, policy, expected
            case trustedRoot = "trusted_root"
        }

        var description: String { name }
    }

    private struct Manifest: Decodable {
        let cases: [Case]
    }

    /// The directory of the cases; nil where the variable is not set.
    static let directory: String? = ProcessInfo.processInfo.environment["TEST_SHARED_DIR"]
        .map { $0 + "/conformance/sigstore" }

    static var isAvailable: Bool { directory != nil }

    /// Why tests that need the cases are skipped.
    static let absence = "set TEST_SHARED_DIR to the directory that holds conformance/sigstore"

    static let cases: [Case] = {
        guard let data = try? Data(bytes("manifest.json")),
            let manifest = try? JSONDecoder().decode(Manifest.self, from: data)
        else { return [] }
        return manifest.cases
    }()

    static func bytes(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(filePath: (directory ?? "") + "/" + path)))
    }

    static func text(_ path: String) throws -> String {
        String(decoding: try bytes(path), as: UTF8.self)
    }

    static func root(_ path: String) throws -> TrustedRoot {
        try TrustedRoot(json: bytes(path))
    }
}

extension Conformance.Case {
    struct Unreadable: Error {
        let what: String
    }

    /// Verifies the case with the given artifact; a trusted root or key that cannot be read is a failed verdict.
    func verdict(_ artifact: Artifact) throws -> Bool {
        let bundle = try Conformance.bytes(bundle)
        let root: TrustedRoot
        let signer: Policy.Signer
        do {
            root = try Conformance.root(trustedRoot)
            signer = try self.signer()
        } catch is SigstoreError {
            return false
        }
        let policy = Policy(signer: signer, predicateType: self.policy?["predicateType"])
        return SigstoreVerifier(root: root).verify(json: bundle, artifact: artifact, policy: policy).isVerified
    }

    func signer() throws -> Policy.Signer {
        if let key { return .key(try PublicKey(pem: Conformance.bytes(key))) }
        var identity = IdentityPolicy(identity: identity, issuer: issuer)
        for (name, value) in policy ?? [:] {
            switch name {
            case "issuer": identity.issuer = value
            case "signerWorkflow": identity.signerWorkflow = value
            case "predicateType": continue
            default:
                guard let claim = FulcioClaim.allCases.first(where: { "\($0)" == name }) else {
                    throw Unreadable(what: name)
                }
                identity.claims[claim] = value
            }
        }
        return .certificate(identity)
    }

    func fileArtifact() throws -> Artifact? {
        try artifact.map { Artifact(bytes: try Conformance.bytes($0)) }
    }

    /// The digest given, or the one that the bundle's statement or signature uses for the artifact.
    func digestArtifact() throws -> Artifact {
        if let digest {
            let parts = digest.split(separator: ":").map(String.init)
            guard parts.count == 2, let algorithm = HashAlgorithm(rawValue: parts[0]), let bytes = hexBytes(parts[1])
            else { throw Unreadable(what: digest) }
            return Artifact(digest: bytes, algorithm: algorithm)
        }
        guard let artifact else { throw Unreadable(what: "no artifact") }
        let bytes = try Conformance.bytes(artifact)
        let algorithm: HashAlgorithm = try hasOnlySHA512() ? .sha512 : .sha256
        return Artifact(digest: algorithm.digest(of: bytes), algorithm: algorithm)
    }

    private func hasOnlySHA512() throws -> Bool {
        guard let bundle = try? Bundle(json: Conformance.bytes(bundle)), case .envelope(let envelope) = bundle.content,
            let statement = try? Statement(json: envelope.payload)
        else { return false }
        return statement.subjects.allSatisfy { $0.digests["sha256"] == nil }
    }
}

/// The bytes of a hexadecimal text of digits only; nil for anything else.
func hexBytes(_ text: String) -> [UInt8]? {
    let digits = text.compactMap(\.hexDigitValue)
    guard digits.count == text.count, digits.count.isMultiple(of: 2) else { return nil }
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
}
