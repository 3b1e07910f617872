import Crypto
import SwiftASN1
import X509

@testable import Sigstore

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A certificate authority with one key, made for a test.
struct TestAuthority: Sendable {
    let key: P256.Signing.PrivateKey
    let name: DistinguishedName
    let der: [UInt8]

    /// A self-signed root, valid from 2020 to 2040.
    init(name: String) throws {
        try self.init(name: DistinguishedName { CommonName(name) }, key: P256.Signing.PrivateKey())
    }

    /// The same authority with a certificate of its name and key for another time.
    func renewed(from start: Int64, to end: Int64) throws -> TestAuthority {
        try TestAuthority(name: name, key: key, from: start, to: end)
    }

    private init(
        name: DistinguishedName,
        key: P256.Signing.PrivateKey,
        from start: Int64 = 1_577_836_800,
        to end: Int64 = 2_208_988_800
    ) throws {
        self.key = key
        self.name = name
        let certificate = try Certificate(
            version: .v3,
            serialNumber: .init(),
            publicKey: .init(key.publicKey),
            notValidBefore: Date(timeIntervalSince1970: Double(start)),
            notValidAfter: Date(timeIntervalSince1970: Double(end)),
            issuer: name,
            subject: name,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 1))
                Critical(KeyUsage(keyCertSign: true))
            },
            issuerPrivateKey: .init(key)
        )
        der = try Self.encode(certificate)
    }

    /// Issues a certificate over `publicKey` for ten minutes from `start`.
    func issue(
        _ publicKey: Certificate.PublicKey,
        serialNumber: Certificate.SerialNumber = .init(),
        start: Int64,
        seconds: Int64 = 600,
        extensions: Certificate.Extensions
    ) throws -> Certificate {
        try Certificate(
            version: .v3,
            serialNumber: serialNumber,
            publicKey: publicKey,
            notValidBefore: Date(timeIntervalSince1970: Double(start)),
            notValidAfter: Date(timeIntervalSince1970: Double(start + seconds)),
            issuer: name,
            subject: DistinguishedName { CommonName("leaf") },
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: extensions,
            issuerPrivateKey: .init(key)
        )
    }

    static func encode(_ certificate: Certificate) throws -> [UInt8] {
        var serializer = DER.Serializer()
        try serializer.serialize(certificate)
        return serializer.serializedBytes
    }
}

/// A timestamp authority: a root and a signing certificate, valid from 2020 to 2040.
struct TestTimestampAuthority: Sendable {
    let root: TestAuthority
    let key = P256.Signing.PrivateKey()
    let der: [UInt8]

    /// - Parameter isCritical: whether the extended key usage is critical, as RFC 3161 demands.
    init(isCritical: Bool = true) throws {
        root = try TestAuthority(name: "timestamp root")
        let usage = try ExtendedKeyUsage([.timeStamping])
        let certificate = try root.issue(
            .init(key.publicKey),
            start: 1_577_836_800,
            seconds: 631_152_000,
            extensions: Certificate.Extensions {
                Critical(KeyUsage(digitalSignature: true))
                if isCritical { Critical(usage) } else { usage }
            }
        )
        der = try TestAuthority.encode(certificate)
    }

    /// What a token is made of; each part can be made wrong.
    struct Parts {
        var time: String
        var imprint: [UInt8]
        var certificateHash: [UInt8]
        var messageDigest: [UInt8]?
        var status: UInt8 = 0
        var embedsCertificate = false
        var isIndefinite = false
    }

    /// A timestamp response over `signature`.
    func token(
        over signature: [UInt8],
        at time: String = "20231114221325Z",
        edit: (inout Parts) -> Void = { _ in }
    ) throws -> [UInt8] {
        let sha256 = HashAlgorithm.sha256
        var parts = Parts(
            time: time,
            imprint: sha256.digest(of: signature),
            certificateHash: sha256.digest(of: der)
        )
        edit(&parts)
        let hash = sequence(oid(2, 16, 840, 1, 101, 3, 4, 2, 1))
        let info = sequence(
            integer(1),
            oid(1, 3, 6, 1, 4, 1, 57264, 2),
            sequence(hash, octets(parts.imprint)),
            integer(7),
            DERWriter.element(BERTag.generalizedTime, Array(parts.time.utf8))
        )
        let infoType = oid(1, 2, 840, 113_549, 1, 9, 16, 1, 4)
        let attributes =
            sequence(oid(1, 2, 840, 113_549, 1, 9, 3), set(infoType))
            + sequence(
                oid(1, 2, 840, 113_549, 1, 9, 4),
                set(octets(parts.messageDigest ?? sha256.digest(of: info)))
            )
            + sequence(
                oid(1, 2, 840, 113_549, 1, 9, 16, 2, 47),
                set(sequence(sequence(sequence(octets(parts.certificateHash)))))
            )
        let own = try ParsedCertificate(der: der, code: .timestampInvalid)
        let signed = try key.signature(for: DERWriter.element(BERTag.set, attributes))
        let signer = sequence(
            integer(1),
            sequence(own.issuer, DERWriter.element(BERTag.integer, own.serialNumber)),
            hash,
            DERWriter.element(BERTag.context(0), attributes),
            sequence(oid(1, 2, 840, 10045, 4, 3, 2)),
            octets(Array(signed.derRepresentation))
        )
        let certificates = parts.embedsCertificate ? DERWriter.element(BERTag.context(0), der) : []
        let content = sequence(infoType, explicit(octets(info)))
        let data = sequence(integer(3), set(hash), content, certificates, set(signer))
        let wrapped = parts.isIndefinite ? [0xa0, 0x80] + data + [0, 0] : explicit(data)
        return sequence(sequence(integer(parts.status)), sequence(oid(1, 2, 840, 113_549, 1, 7, 2), wrapped))
    }

    private func oid(_ first: UInt, _ second: UInt, _ more: UInt...) -> [UInt8] {
        var bytes: [UInt8] = []
        for arc in [first * 40 + second] + more {
            var groups = [UInt8(arc & 0x7f)]
            var rest = arc >> 7
            while rest > 0 {
                groups.append(UInt8(rest & 0x7f) | 0x80)
                rest >>= 7
            }
            bytes += groups.reversed()
        }
        return DERWriter.element(BERTag.objectIdentifier, bytes)
    }

    private func sequence(_ parts: [UInt8]...) -> [UInt8] {
        DERWriter.element(BERTag.sequence, parts.flatMap(\.self))
    }
    private func set(_ content: [UInt8]) -> [UInt8] { DERWriter.element(BERTag.set, content) }
    private func octets(_ content: [UInt8]) -> [UInt8] { DERWriter.element(BERTag.octetString, content) }
    private func explicit(_ content: [UInt8]) -> [UInt8] { DERWriter.element(BERTag.context(0), content) }
    private func integer(_ value: UInt8) -> [UInt8] { DERWriter.element(BERTag.integer, [value]) }
}
