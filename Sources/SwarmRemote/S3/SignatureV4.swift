internal import Crypto
package import SwarmCapability
internal import SwarmContracts

/// AWS Signature Version 4 (Amazon S3 API Reference, "Authenticating Requests"): pure, the time is handed in.
package struct SignatureV4: Sendable {
    /// Public.
    package let accessKey: String
    private let secretKey: SecretText
    private let region: String
    private let service: String

    package init(accessKey: String, secretKey: SecretText, region: String, service: String = "s3") {
        (self.accessKey, self.secretKey, self.region, self.service) = (accessKey, secretKey, region, service)
    }

    /// The hash that stands for a payload that is not signed.
    package static let unsignedPayload = "UNSIGNED-PAYLOAD"

    /// The value of `Authorization` for a request that carries just these header fields (`host` and `x-amz-date` among them)
    /// and query items. `path` and the query are plain, not yet encoded; `payload` is the lower-case hex of the body's SHA-256.
    package func authorization(
        _ method: String,
        path: String,
        query: [(name: String, value: String)],
        fields: [(name: String, value: String)],
        payload: String,
        time: SignatureTime
    ) -> String {
        let signed = SignatureV4.signedNames(fields)
        let canonical = SignatureV4.canonical(method, path, query, fields, payload)
        return "AWS4-HMAC-SHA256 Credential=\(accessKey)/\(scope(time)), SignedHeaders=\(signed), "
            + "Signature=\(signature(of: canonical, time))"
    }

    /// The query of a URL that lets whoever has it send this request for `seconds` (at most 604,800), with no header but
    /// `host`. `token` is that of temporary credentials.
    package func presignedQuery(
        _ method: String,
        host: String,
        path: String,
        seconds: Int64,
        token: String?,
        time: SignatureTime
    ) -> String {
        var query: [(name: String, value: String)] = [
            ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"), ("X-Amz-Credential", "\(accessKey)/\(scope(time))"),
            ("X-Amz-Date", time.text), ("X-Amz-Expires", "\(seconds)"), ("X-Amz-SignedHeaders", "host"),
        ]
        if let token { query.append(("X-Amz-Security-Token", token)) }
        let canonical = SignatureV4.canonical(method, path, query, [("host", host)], SignatureV4.unsignedPayload)
        return SignatureV4.encoded(query) + "&X-Amz-Signature=" + signature(of: canonical, time)
    }

    private func scope(_ time: SignatureTime) -> String { "\(time.day)/\(region)/\(service)/aws4_request" }

    private static func signedNames(_ fields: [(name: String, value: String)]) -> String {
        fields.map { $0.name.lowercased() }.sorted().joined(separator: ";")
    }

    static func canonical(
        _ method: String,
        _ path: String,
        _ query: [(name: String, value: String)],
        _ fields: [(name: String, value: String)],
        _ payload: String
    ) -> String {
        let sorted = fields.map { (name: $0.name.lowercased(), value: trimmed($0.value)) }.sorted { $0.name < $1.name }
        let lines = sorted.map { "\($0.name):\($0.value)\n" }.joined()
        return
            "\(method)\n\(encode(path, keepsSlash: true))\n\(encoded(query))\n\(lines)\n\(signedNames(fields))\n\(payload)"
    }

    /// Without spaces at the ends, runs of them inside as one.
    private static func trimmed(_ value: String) -> String { value.split(separator: " ").joined(separator: " ") }

    private func signature(of canonical: String, _ time: SignatureTime) -> String {
        let hash = Digest256.sha256(of: Array(canonical.utf8)).hex
        let text = "AWS4-HMAC-SHA256\n\(time.text)\n\(scope(time))\n\(hash)"
        return Hex.encode(Array(SignatureV4.mac(signingKey(time), text)))
    }

    private func signingKey(_ time: SignatureTime) -> SymmetricKey {
        var key = secretKey.withBytes { SymmetricKey(data: Array("AWS4".utf8) + Array($0)) }
        for part in [time.day, region, service, "aws4_request"] {
            key = SymmetricKey(data: Array(SignatureV4.mac(key, part)))
        }
        return key
    }

    private static func mac(_ key: SymmetricKey, _ text: String) -> HMAC<SHA256>.MAC {
        HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: key)
    }

    /// A query in canonical form, which is also the form to send: encoded, sorted by encoded name, then value.
    package static func encoded(_ query: [(name: String, value: String)]) -> String {
        query.map { (name: encode($0.name), value: encode($0.value)) }
            .sorted { ($0.name, $0.value) < ($1.name, $1.value) }
            .map { "\($0.name)=\($0.value)" }
            .joined(separator: "&")
    }

    /// Percent-encodes all but the unreserved characters of RFC 3986.
    package static func encode(_ text: String, keepsSlash: Bool = false) -> String {
        var encoded = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            case UInt8(ascii: "/") where keepsSlash: encoded += "/"
            default:
                encoded += "%" + Hex.encode([byte]).uppercased()
            }
        }
        return encoded
    }
}

/// A moment in the form that signatures take.
package struct SignatureTime: Sendable {
    /// `YYYYMMDD`.
    package let day: String
    /// `YYYYMMDDThhmmssZ`.
    package let text: String

    /// Seconds since 1970-01-01T00:00:00Z, not before it.
    package init(seconds: Int64) {
        // Days to a date of the Gregorian calendar: H. Hinnant, "chrono-compatible low-level date algorithms".
        let days = seconds / 86_400 + 719_468
        let era = days / 146_097
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        day = "\(year)\(two(month))\(two(dayOfYear - (153 * shifted + 2) / 5 + 1))"
        let rest = seconds % 86_400
        text = "\(day)T\(two(rest / 3600))\(two(rest / 60 % 60))\(two(rest % 60))Z"
    }
}
