import X509

/// The way from a leaf to the root of one authority. Its signatures, names and constraints hold; whether it holds at a
/// given time is asked for each time.
struct CertificatePath: Sendable {
    let leaf: ParsedCertificate
    /// The leaf's issuer first, the authority's root last; never empty.
    let issuers: [ParsedCertificate]
    /// The issuer of the leaf.
    let leafIssuer: ParsedCertificate

    private init(leaf: ParsedCertificate, leafIssuer: ParsedCertificate, above: [ParsedCertificate]) {
        self.leaf = leaf
        self.leafIssuer = leafIssuer
        issuers = [leafIssuer] + above
    }

    /// Every path from the leaf to the authority's root; none where the authority did not issue the leaf (RFC 5280 section
    /// 6.1 without policies and revocation; a critical extension such as name constraints, which is not processed, makes a
    /// certificate unfit). There are several where a CA was renewed under its name and key: the time decides between them.
    ///
    /// - Parameter pool: the authority's CA certificates, the root last.
    static func all(
        leaf: ParsedCertificate,
        pool: [ParsedCertificate],
        purpose: ExtendedKeyUsage.Usage
    ) -> [CertificatePath] {
        guard let root = pool.last, !leaf.hasUnknownCriticalExtension else { return [] }
        var search = Search(root: root.der, purpose: purpose)
        search.extend([], of: leaf, from: pool)
        return search.found.compactMap { issuers in
            issuers.first.map { CertificatePath(leaf: leaf, leafIssuer: $0, above: Array(issuers.dropFirst())) }
        }
    }

    /// True when every certificate of the path is valid at `instant`.
    func holds(at instant: Instant) -> Bool {
        leaf.validity.contains(instant) && issuers.allSatisfy { $0.validity.contains(instant) }
    }

    /// Goes through the pool depth first.
    private struct Search {
        let root: [UInt8]
        let purpose: ExtendedKeyUsage.Usage
        /// Certificates of one name multiply the ways: a pool that is made for that ends the search, and not the process.
        var signaturesLeft = 256
        var found: [[ParsedCertificate]] = []

        mutating func extend(
            _ issuers: [ParsedCertificate],
            of leaf: ParsedCertificate,
            from pool: [ParsedCertificate]
        ) {
            let current = issuers.last ?? leaf
            guard current.der != root else {
                if !issuers.isEmpty { found.append(issuers) }
                return
            }
            let below = issuers.count { !$0.isSelfIssued }
            for (position, candidate) in pool.enumerated()
            where candidate.subject == current.issuer && candidate.maySignCertificates(authoritiesBelow: below)
                && candidate.allowsBelow(purpose) && !candidate.hasUnknownCriticalExtension
            {
                guard signaturesLeft > 0 else { return }
                signaturesLeft -= 1
                guard current.isSigned(by: candidate) else { continue }
                var rest = pool
                rest.remove(at: position)
                extend(issuers + [candidate], of: leaf, from: rest)
            }
        }
    }
}
