import Crypto
import X509

extension TimestampToken {
    /// Verifies the token over `signature` under the trusted root's timestamp authorities and returns the time stated.
    ///
    /// Throws `SIGSTORE_TIMESTAMP_INVALID` where no authority of the root is the signer, and where the token does not
    /// hold: over another signature, changed, or made outside the validity of the authority or its certificates.
    func verifiedTime(over signature: [UInt8], root: TrustedRoot) throws(SigstoreError) -> Instant {
        var failure = SigstoreError(.timestampInvalid, "the timestamp is not of a trusted authority")
        for authority in root.timestampAuthorities {
            let paths = paths(under: authority)
            guard let path = paths.first(where: { $0.holds(at: time) }) ?? paths.first else { continue }
            do throws(SigstoreError) {
                try verify(path, over: signature)
                // The window must be that of the authority which signed: another's does not help.
                guard authority.validity.contains(time) else {
                    throw SigstoreError(
                        .timestampInvalid,
                        "\(time) is outside the timestamp authority's window \(authority.validity)"
                    )
                }
                return time
            } catch {
                failure = error
            }
        }
        throw failure
    }

    /// The signer's certificate with its paths to the authority's root. The signer is the authority's own leaf or, where
    /// the root lists only CA certificates, one that the token brings along.
    private func paths(under authority: TrustedRoot.Authority) -> [CertificatePath] {
        var candidates = authority.certificates.filter { !$0.isAuthority }
        if candidates.isEmpty {
            candidates = embeddedCertificates.compactMap { try? ParsedCertificate(der: $0, code: .timestampInvalid) }
        }
        guard let signer = candidates.first(where: isSigner) else { return [] }
        return CertificatePath.all(leaf: signer, pool: authority.issuers, purpose: .timeStamping)
    }

    private func isSigner(_ certificate: ParsedCertificate) -> Bool {
        switch signerID {
        case .issuerAndSerial(let issuer, let serialNumber):
            return certificate.issuer == issuer && certificate.serialNumber == serialNumber
        case .subjectKeyIdentifier(let identifier):
            guard let own = try? certificate.x509.extensions.subjectKeyIdentifier else { return false }
            return own.keyIdentifier.elementsEqual(identifier)
        }
    }

    private func verify(_ path: CertificatePath, over signature: [UInt8]) throws(SigstoreError) {
        func demand(_ condition: Bool, _ reason: String) throws(SigstoreError) {
            guard condition else { throw SigstoreError(.timestampInvalid, reason) }
        }
        let signer = path.leaf
        try demand(
            signer.isOnlyFor(.timeStamping) && signer.maySignData && !signer.isAuthority,
            "the timestamp's signer is not a timestamp authority's certificate"
        )
        try demand(path.holds(at: time), "the timestamp authority's certificates were not valid at \(time)")
        try demand(
            imprintAlgorithm.digest(of: signature) == imprint,
            "the timestamp is over something else than the signature"
        )
        try demand(
            digestAlgorithm.digest(of: content) == messageDigest,
            "the timestamp's content is not what was signed"
        )
        let digest = certificateHash.algorithm?.digest(of: signer.der) ?? Array(Insecure.SHA1.hash(data: signer.der))
        try demand(digest == certificateHash.digest, "the timestamp names another certificate than its signer's")
        let key = try PublicKey(subjectPublicKeyInfo: signer.subjectPublicKeyInfo)
        try demand(
            key.verifies(self.signature, over: signedAttributes, hash: signatureHash),
            "the timestamp's signature does not verify"
        )
    }
}
