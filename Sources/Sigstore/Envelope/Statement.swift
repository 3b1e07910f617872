/// An in-toto statement (in-toto attestation specification, v1 statement.md, and the older v0.1).
public struct Statement: Sendable {
    /// One of the things that the statement is about.
    public struct Subject: Sendable, Equatable {
        /// The subject's name; empty where it has none.
        public let name: String
        /// Digests in hexadecimal by the name of their algorithm, as the statement spells them.
        public let digests: [String: String]
    }

    /// What the statement is about, in its order.
    public let subjects: [Subject]
    /// The type of the predicate; empty where the statement names none.
    public let predicateType: String
    /// The whole statement as it was signed, for reading the predicate.
    public let json: [UInt8]

    private static let types = ["https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1"]
    private static let limits = JSONValue.Limits(bytes: BundleLimits.bytes)
    private static let maximumSubjects = 65_536
    private static let maximumDigests = 64

    /// Reads a statement of a known version; throws `SIGSTORE_STATEMENT_MALFORMED` for anything else.
    public init(json: [UInt8]) throws(SigstoreError) {
        let root = try JSONField(text: json, limits: Self.limits, code: .statementMalformed)
        let type = try root.required("_type")
        guard Self.types.contains(try type.word()) else {
            throw type.failure("not a known statement version")
        }
        var subjects: [Subject] = []
        for subject in try root.required("subject").elements(limit: Self.maximumSubjects) {
            let digests = try subject.required("digest").members()
            guard digests.count <= Self.maximumDigests else { throw subject.failure("too many digests") }
            var values: [String: String] = [:]
            for digest in digests { values[digest.name] = try digest.field.word() }
            subjects.append(Subject(name: try subject.optional("name")?.string() ?? "", digests: values))
        }
        self.subjects = subjects
        self.predicateType = try root.optional("predicateType")?.string() ?? ""
        self.json = json
    }

    /// The first subject that has one of the artifact's digests. Hashes weaker than SHA-256 are not consulted.
    func subject(of artifact: Artifact) -> Subject? {
        let digests = HashAlgorithm.allCases.compactMap { algorithm -> (String, [UInt8])? in
            guard subjects.contains(where: { $0.digests[algorithm.rawValue] != nil }) else { return nil }
            return artifact.digest(algorithm).map { (algorithm.rawValue, $0) }
        }
        return subjects.first { subject in
            digests.contains { name, digest in subject.digests[name].flatMap(TextEncoding.hexDecode) == digest }
        }
    }
}
