/// A fact about a build that Fulcio writes into a certificate. The raw value is the last arc of the extension's object
/// identifier under 1.3.6.1.4.1.57264.1 (Fulcio's `oid-info.md`).
public enum FulcioClaim: Int, Sendable, CaseIterable, Hashable {
    /// The OIDC issuer of the token.
    case issuer = 8
    /// The workflow that signed, with its ref.
    case buildSignerURI = 9
    /// The commit of the workflow that signed.
    case buildSignerDigest = 10
    /// Where the build ran, as `github-hosted`.
    case runnerEnvironment = 11
    /// The repository that was built.
    case sourceRepositoryURI = 12
    /// The commit that was built.
    case sourceRepositoryDigest = 13
    /// The ref that was built.
    case sourceRepositoryRef = 14
    /// The repository's lasting identifier.
    case sourceRepositoryIdentifier = 15
    /// The repository's owner.
    case sourceRepositoryOwnerURI = 16
    /// The owner's lasting identifier.
    case sourceRepositoryOwnerIdentifier = 17
    /// The workflow that started the build, with its ref.
    case buildConfigURI = 18
    /// The commit of the workflow that started the build.
    case buildConfigDigest = 19
    /// The event that started the build.
    case buildTrigger = 20
    /// The run, with its attempt.
    case runInvocationURI = 21
    /// Whether the repository was public when it was built.
    case sourceRepositoryVisibility = 22
}

/// What is demanded of a signing certificate. Every part that is given must match byte for byte; an absent extension
/// matches nothing.
public struct IdentityPolicy: Sendable {
    /// The subject alternative name: a URI, an e-mail address or Fulcio's otherName.
    public var identity: String?
    /// The OIDC issuer, compared with both the old (.1.1) and the new (.1.8) extension where both are present.
    public var issuer: String?
    /// Demands that the leaf names no OIDC issuer: the certificate authority itself vouches for the identity, as GitHub's
    /// does for its releases. Goes with no `issuer`.
    public var issuerIsAbsent: Bool
    /// Further extensions of the leaf.
    public var claims: [FulcioClaim: String]
    /// The signing workflow as `host/owner/repository/path`; the subject alternative name must be a URI of the form
    /// `https://WORKFLOW@REF` with any non-empty ref.
    public var signerWorkflow: String?

    /// A policy of the given demands. One without any demand is refused by the verifier.
    public init(
        identity: String? = nil,
        issuer: String? = nil,
        issuerIsAbsent: Bool = false,
        claims: [FulcioClaim: String] = [:],
        signerWorkflow: String? = nil
    ) {
        self.identity = identity
        self.issuer = issuer
        self.issuerIsAbsent = issuerIsAbsent
        self.claims = claims
        self.signerWorkflow = signerWorkflow
    }

    var isEmpty: Bool { identity == nil && issuer == nil && claims.isEmpty && signerWorkflow == nil }
}

/// What a caller demands of a bundle.
public struct Policy: Sendable {
    /// By whom the bundle has to be signed.
    public enum Signer: Sendable {
        /// By the holder of a Fulcio certificate with this identity.
        case certificate(IdentityPolicy)
        /// By this key; the key hint in the bundle is not consulted.
        case key(PublicKey)
    }

    /// When a transparency log entry is demanded. An entry that is there is always verified.
    public enum LogRequirement: Sendable {
        /// Where the trusted root lists transparency logs.
        case whereTrustedRootListsLogs
        /// Never: for attestations that are not published, and for timestamps alone.
        case never
    }

    /// By whom the bundle has to be signed.
    public var signer: Signer
    /// The predicate type of the in-toto statement; nil demands none. A message signature matches no predicate type.
    public var predicateType: String?
    /// Whether a log entry is demanded.
    public var logEntry: LogRequirement
    /// The caller's present: a verified time behind it is refused. Nil makes no such check.
    public var present: Instant?

    /// A policy of the given demands.
    public init(
        signer: Signer,
        predicateType: String? = nil,
        logEntry: LogRequirement = .whereTrustedRootListsLogs,
        present: Instant? = nil
    ) {
        self.signer = signer
        self.predicateType = predicateType
        self.logEntry = logEntry
        self.present = present
    }
}
