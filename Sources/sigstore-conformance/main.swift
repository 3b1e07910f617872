import Crypto
import FoundationEssentials
import Sigstore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

// The client side of the public sigstore-conformance protocol: exit 0 means verified, everything else exits 1.

struct UsageError: Error, CustomStringConvertible {
    let description: String
}

func bytes(of path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(filePath: path)))
}

/// Splits `--name value` pairs from the one operand.
func parse(_ arguments: [String]) throws -> (options: [String: String], operand: String) {
    let known: Set<String> = [
        "--bundle", "--certificate-identity", "--certificate-oidc-issuer", "--key", "--trusted-root",
    ]
    var options: [String: String] = [:]
    var operands: [String] = []
    var rest = arguments[...]
    while let word = rest.popFirst() {
        guard word.hasPrefix("--") else {
            operands.append(word)
            continue
        }
        guard known.contains(word) else { throw UsageError(description: "unknown option \(word)") }
        guard let value = rest.popFirst() else { throw UsageError(description: "\(word) has no value") }
        guard options.updateValue(value, forKey: word) == nil else { throw UsageError(description: "\(word) twice") }
    }
    guard let operand = operands.first, operands.count == 1 else {
        throw UsageError(description: "exactly one file or digest is expected")
    }
    return (options, operand)
}

/// A file, or a digest as `ALGORITHM:HEX`; a file of that very name wins.
func artifact(_ operand: String) throws -> Artifact {
    let parts = operand.split(separator: ":", omittingEmptySubsequences: false)
    if parts.count == 2, let algorithm = HashAlgorithm(rawValue: String(parts[0])),
        parts[1].utf8.count == 2 * algorithm.byteCount, !FileManager.default.fileExists(atPath: operand)
    {
        let digits = parts[1].compactMap(\.hexDigitValue)
        guard digits.count == 2 * algorithm.byteCount else { throw UsageError(description: "not a digest") }
        let digest = stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
        return Artifact(digest: digest, algorithm: algorithm)
    }
    return Artifact(bytes: try bytes(of: operand))
}

func policy(_ options: [String: String]) throws -> Policy {
    let identity = options["--certificate-identity"]
    let issuer = options["--certificate-oidc-issuer"]
    if let key = options["--key"] {
        guard identity == nil, issuer == nil else {
            throw UsageError(description: "a key and a certificate identity exclude each other")
        }
        return Policy(signer: .key(try PublicKey(pem: bytes(of: key))))
    }
    // The protocol gives both. What is left out is not demanded, for certificates that name no issuer.
    guard identity != nil || issuer != nil else {
        throw UsageError(description: "either --key, or --certificate-identity and --certificate-oidc-issuer")
    }
    return Policy(signer: .certificate(IdentityPolicy(identity: identity, issuer: issuer)))
}

func verify(_ arguments: [String]) throws -> Verdict {
    guard arguments.first == "verify-bundle" else { throw UsageError(description: "the only command is verify-bundle") }
    let (options, operand) = try parse(Array(arguments.dropFirst()))
    guard let bundle = options["--bundle"] else { throw UsageError(description: "--bundle is missing") }
    // No root is built in: without one nothing but a managed key is trusted.
    let root = try options["--trusted-root"].map { try TrustedRoot(json: bytes(of: $0)) } ?? .empty
    return SigstoreVerifier(root: root)
        .verify(json: try bytes(of: bundle), artifact: try artifact(operand), policy: try policy(options))
}

do {
    let verdict = try verify(Array(CommandLine.arguments.dropFirst()))
    for check in verdict.checks { print("\(check.number) \(check.name): \(check.outcome.rawValue): \(check.detail)") }
    if let failure = verdict.failure { print(failure) }
    exit(verdict.isVerified ? 0 : 1)
} catch {
    print(error)
    exit(1)
}
