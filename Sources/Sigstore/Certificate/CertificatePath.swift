import X509

/// The way from a leaf to the root of one authority. Its signatures, names and constraints hold; whether it holds at a
/// given time is asked for each time.
struct CertificatePath: Sendable {
    let leaf: ParsedCertificate
    /// The leaf's issuer first, the authority's root last; never empty.
    let issuers: [ParsedCertificate]
    /// The issuer of the leaf.
    let leafIssuer: ParsedCertificate

    /// Finds the path, or returns nil where the authority did not issue the leaf (RFC 5280 section 6.1 without policies
    /// and revocation; a critical extension such as name constraints, which is not processed, makes a certificate unfit).
    ///
    /// - Parameter pool: the authority's CA certificates, the root last.
    init?(leaf: ParsedCertificate, pool: [ParsedCertificate], purpose: ExtendedKeyUsage.Usage) {
        guard let root = pool.last, !leaf.hasUnknownCriticalExtension else { return nil }
        var remaining = pool
        var issuers: [ParsedCertificate] = []
        var current = leaf
        while current.der != root.der {
            // Several CAs may bear one name: the signature tells which of them is meant.
            let position = remaining.firstIndex { candidate in
                candidate.subject == current.issuer
                    && candidate.maySignCertificates(authoritiesBelow: issuers.count { !$0.isSelfIssued })
                    && candidate.allowsBelow(purpose) && !candidate.hasUnknownCriticalExtension
                    && current.isSigned(by: candidate)
            }
            guard let position else { return nil }
            current = remaining.remove(at: position)
            issuers.append(current)
        }
        guard let leafIssuer = issuers.first else { return nil }
        self.leaf = leaf
        self.issuers = issuers
        self.leafIssuer = leafIssuer
    }

    /// True when every certificate of the path is valid at `instant`.
    func holds(at instant: Instant) -> Bool {
        leaf.validity.contains(instant) && issuers.allSatisfy { $0.validity.contains(instant) }
    }
}
