import SwiftASN1

/// A promise of a certificate transparency log to publish a certificate (RFC 6962 section 3.2).
struct SignedCertificateTimestamp: Sendable, Equatable {
    let logID: [UInt8]
    /// Milliseconds since the epoch.
    let timestamp: UInt64
    let extensions: [UInt8]
    let signature: [UInt8]

    /// The X.509 extension that holds the list (RFC 6962 section 3.3).
    static let extensionID: ASN1ObjectIdentifier = [1, 3, 6, 1, 4, 1, 11129, 2, 4, 2]
    private static let extensionObjectID = ObjectID(arcs: 1, 3, 6, 1, 4, 1, 11129, 2, 4, 2)

    /// Reads the extension's value: an OCTET STRING around a TLS-encoded list. Versions other than v1 are passed over, as
    /// RFC 6962 section 3.3 demands. Nil where the list is malformed.
    static func list(extensionValue: ArraySlice<UInt8>) -> [SignedCertificateTimestamp]? {
        guard let string = try? BERReader.only(extensionValue, tag: BERTag.octetString) else { return nil }
        var outer = TLSReader(string.content)
        guard let all = outer.vector(lengthBytes: 2), outer.isAtEnd else { return nil }
        var list = TLSReader(all)
        var timestamps: [SignedCertificateTimestamp] = []
        while !list.isAtEnd {
            guard let item = list.vector(lengthBytes: 2), let version = item.first else { return nil }
            guard version == 0 else { continue }
            guard let timestamp = SignedCertificateTimestamp(item) else { return nil }
            timestamps.append(timestamp)
        }
        return timestamps
    }

    private init?(_ bytes: ArraySlice<UInt8>) {
        var reader = TLSReader(bytes)
        guard reader.integer(bytes: 1) == 0, let logID = reader.take(32), let timestamp = reader.integer(bytes: 8),
            let extensions = reader.vector(lengthBytes: 2),
            // Hash and signature algorithm are not signed: the log's key in the trusted root decides on both.
            reader.take(2) != nil,
            let signature = reader.vector(lengthBytes: 2), reader.isAtEnd
        else { return nil }
        self.logID = Array(logID)
        self.timestamp = timestamp
        self.extensions = Array(extensions)
        self.signature = Array(signature)
    }

    /// The bytes that the log signed for a precertificate (RFC 6962 section 3.2).
    ///
    /// - Parameters:
    ///   - issuerKeyInfo: the SubjectPublicKeyInfo of the certificate that signed the leaf.
    ///   - precertificate: the leaf's TBSCertificate without the SCT list.
    func signedData(issuerKeyInfo: [UInt8], precertificate: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = [0, 0]
        bytes += Self.bigEndian(timestamp, 8)
        bytes += [0, 1]
        bytes += HashAlgorithm.sha256.digest(of: issuerKeyInfo)
        bytes += Self.bigEndian(UInt64(precertificate.count), 3) + precertificate
        bytes += Self.bigEndian(UInt64(extensions.count), 2) + extensions
        return bytes
    }

    private static func bigEndian(_ value: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * (count - 1 - $0))) }
    }

    /// The TBSCertificate that the log saw: `tbs` without the SCT list, every other byte as it stands.
    static func precertificate(tbs: ArraySlice<UInt8>) -> [UInt8]? {
        do {
            var content: [UInt8] = []
            var fields = try BERReader.only(tbs, tag: BERTag.sequence).reader()
            while let field = try fields.nextIfAny() {
                // [3] EXPLICIT Extensions (RFC 5280 section 4.1).
                guard field.tag == BERTag.context(3) else {
                    content += field.raw
                    continue
                }
                var kept: [UInt8] = []
                var extensions = try BERReader.only(field.content, tag: BERTag.sequence).reader()
                while let entry = try extensions.nextIfAny() {
                    var parts = try entry.reader()
                    if try ObjectID(parts.next()) != extensionObjectID { kept += entry.raw }
                }
                content += DERWriter.element(field.tag, DERWriter.element(BERTag.sequence, kept))
            }
            return DERWriter.element(BERTag.sequence, content)
        } catch {
            return nil
        }
    }

    /// Verifies that a known log, in its window, vouches for the leaf; returns what was established.
    static func check(_ path: CertificatePath, logs: [TrustedRoot.Log]) throws(SigstoreError) -> String {
        guard let value = path.leaf.extensionValue(extensionID) else {
            throw SigstoreError(.sctInvalid, "the leaf has no signed certificate timestamp")
        }
        guard let timestamps = list(extensionValue: value), !timestamps.isEmpty, timestamps.count <= 16,
            let precertificate = precertificate(tbs: path.leaf.tbs)
        else { throw SigstoreError(.sctInvalid, "the signed certificate timestamps cannot be read") }
        var reason = "no signed certificate timestamp is of a trusted log"
        for timestamp in timestamps {
            let instant = Instant(milliseconds: timestamp.timestamp)
            let data = timestamp.signedData(
                issuerKeyInfo: path.leafIssuer.subjectPublicKeyInfo,
                precertificate: precertificate
            )
            for log in logs where log.id == timestamp.logID {
                guard log.validity.contains(instant) else {
                    reason = "\(instant) is outside the log's window \(log.validity)"
                    continue
                }
                guard log.key.verifies(timestamp.signature, over: data, hash: log.hash) else {
                    reason = "the log's signature does not verify"
                    continue
                }
                return "log \(TextEncoding.hexEncode(log.id.prefix(4))) at \(instant)"
            }
        }
        throw SigstoreError(.sctInvalid, reason)
    }
}

/// Reads the TLS presentation language (RFC 8446 section 3).
private struct TLSReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard count <= rest.count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    mutating func integer(bytes count: Int) -> UInt64? {
        take(count)?.reduce(0) { $0 << 8 | UInt64($1) }
    }

    mutating func vector(lengthBytes count: Int) -> ArraySlice<UInt8>? {
        integer(bytes: count).flatMap { take(Int($0)) }
    }
}
