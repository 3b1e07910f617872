/// The stable code of a failed verification. The raw value never changes its meaning; new codes may be added.
public enum FailureCode: String, Sendable, CaseIterable {
    /// The policy demands nothing of the signer, so every signer would satisfy it.
    case policyEmpty = "SIGSTORE_POLICY_EMPTY"
    /// The trusted root is not a usable `trusted_root.json`.
    case trustedRootMalformed = "SIGSTORE_TRUSTED_ROOT_MALFORMED"
    /// A public key is not a key of a kind this module verifies.
    case keyMalformed = "SIGSTORE_KEY_MALFORMED"
    /// The bundle breaks the JSON or the bundle format, or a limit on sizes and counts.
    case bundleMalformed = "SIGSTORE_BUNDLE_MALFORMED"
    /// The bundle is well formed but of a version or content that this module does not judge.
    case bundleUnsupported = "SIGSTORE_BUNDLE_UNSUPPORTED"
    /// The bundle is signed by a certificate where a key is demanded, or the other way round.
    case signerKindMismatch = "SIGSTORE_SIGNER_KIND_MISMATCH"
    /// A timestamp token of a trusted authority does not verify.
    case timestampInvalid = "SIGSTORE_TIMESTAMP_INVALID"
    /// No trusted source states when the signature existed.
    case noVerifiedTime = "SIGSTORE_NO_VERIFIED_TIME"
    /// The leaf certificate does not chain to a certificate authority of the trusted root at every verified time.
    case certificateChain = "SIGSTORE_CERTIFICATE_CHAIN"
    /// The leaf certificate is not one for signing code, or cannot be read.
    case certificateUnsuitable = "SIGSTORE_CERTIFICATE_UNSUITABLE"
    /// No certificate transparency log of the trusted root vouches for the leaf.
    case sctInvalid = "SIGSTORE_SCT_INVALID"
    /// The subject alternative name is not the expected one.
    case identityMismatch = "SIGSTORE_IDENTITY_MISMATCH"
    /// The OIDC issuer is not the expected one.
    case issuerMismatch = "SIGSTORE_ISSUER_MISMATCH"
    /// Another Fulcio extension of the leaf is not the expected one.
    case claimMismatch = "SIGSTORE_CLAIM_MISMATCH"
    /// The trusted root lists transparency logs and the bundle has no log entry.
    case logEntryMissing = "SIGSTORE_LOG_ENTRY_MISSING"
    /// The log entry's promise, inclusion proof or checkpoint does not verify.
    case logEntryInvalid = "SIGSTORE_LOG_ENTRY_INVALID"
    /// The log entry is genuine but speaks of something other than this bundle.
    case logEntryMismatch = "SIGSTORE_LOG_ENTRY_MISMATCH"
    /// The signature over the artifact or the envelope does not verify.
    case signatureInvalid = "SIGSTORE_SIGNATURE_INVALID"
    /// The payload is not an in-toto statement of a known version.
    case statementMalformed = "SIGSTORE_STATEMENT_MALFORMED"
    /// The artifact is not the one that was signed.
    case subjectMismatch = "SIGSTORE_SUBJECT_MISMATCH"
    /// The statement's predicate type is not the expected one.
    case predicateMismatch = "SIGSTORE_PREDICATE_MISMATCH"
}

/// A failure with its stable code and a sentence for a human; only the code is meant for programs.
public struct SigstoreError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The stable code.
    public let code: FailureCode
    /// What was found and what was expected. Its wording may change.
    public let message: String

    /// Makes a failure; neither part is checked.
    public init(_ code: FailureCode, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The code, a colon and the message.
    public var description: String { "\(code.rawValue): \(message)" }
}

/// The eight checks of a verification, in the order in which they are made. The raw value is the check's number.
public enum Step: Int, Sendable, CaseIterable {
    /// The bundle is well formed and signed in the way that the policy asks for.
    case bundle = 1
    /// Trusted parties state when the signature existed.
    case time = 2
    /// The leaf chains to a trusted authority at each of these times.
    case certificate = 3
    /// A trusted certificate log vouches for the leaf.
    case certificateTransparency = 4
    /// The leaf names the expected identity.
    case identity = 5
    /// A trusted transparency log holds the entry.
    case logInclusion = 6
    /// The entry speaks of this bundle.
    case logBinding = 7
    /// The signature is over the artifact.
    case signature = 8

    /// The name under which the check is reported; stable.
    public var name: String {
        switch self {
        case .bundle: "bundle"
        case .time: "time"
        case .certificate: "certificate"
        case .certificateTransparency: "certificate-transparency"
        case .identity: "identity"
        case .logInclusion: "log-inclusion"
        case .logBinding: "log-binding"
        case .signature: "signature"
        }
    }
}

/// One numbered check with its outcome.
public struct Check: Sendable, Equatable {
    /// What became of a check.
    public enum Outcome: String, Sendable {
        /// The check was made and holds.
        case passed
        /// The check was made and does not hold.
        case failed
        /// The bundle or the trusted root gives nothing to check here, or an earlier check failed.
        case notApplicable = "not-applicable"
    }

    /// Which check this is.
    public let step: Step
    /// What became of it.
    public let outcome: Outcome
    /// What was compared, for a human.
    public let detail: String

    /// The check's number, from 1.
    public var number: Int { step.rawValue }
    /// The check's name.
    public var name: String { step.name }
}

/// A point in time that a trusted party signed.
public struct VerifiedTime: Sendable, Equatable {
    /// Who stated the time.
    public enum Source: String, Sendable {
        /// An RFC 3161 timestamp over the bundle's signature.
        case timestampAuthority = "timestamp-authority"
        /// The integrated time of a log entry whose signed entry timestamp verifies.
        case transparencyLog = "transparency-log"
    }

    /// Who stated the time.
    public let source: Source
    /// The time stated.
    public let instant: Instant
}

/// What a verification established. Only facts that are covered by a verified signature are in here.
public struct Evidence: Sendable {
    /// The times at which the signature is known to have existed; empty only for a managed key.
    public internal(set) var times: [VerifiedTime] = []
    /// The identities in the leaf's subject alternative name; empty for a managed key.
    public internal(set) var identities: [String] = []
    /// The Fulcio extensions of the leaf; empty for a managed key.
    public internal(set) var claims: [FulcioClaim: String] = [:]
    /// The in-toto statement, when the bundle holds an envelope.
    public internal(set) var statement: Statement?
}

/// The outcome of a verification: eight checks, and the first failure where there is one.
public struct Verdict: Sendable {
    /// All eight checks in order; those behind a failed one are not applicable.
    public let checks: [Check]
    /// The first failure; nil when the bundle verifies.
    public let failure: SigstoreError?
    /// What was established; nil unless the bundle verifies.
    public let evidence: Evidence?

    /// True when every check passed or did not apply.
    public var isVerified: Bool { failure == nil }
}
