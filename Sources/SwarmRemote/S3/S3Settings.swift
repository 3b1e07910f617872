internal import SwarmContracts

/// What speaks to an S3 service: address, region and credentials, from the places where AWS's own tools look.
package struct S3Settings: Sendable {
    /// `http://` or `https://`, host and port, no path.
    package let endpoint: String
    package let region: String
    package let credentials: S3CredentialSource

    package init(endpoint: String, region: String, credentials: S3Credentials) {
        (self.endpoint, self.region, self.credentials) = (endpoint, region, S3CredentialSource(credentials))
    }

    /// Environment variables before files, and of files the section of AWS_PROFILE (else `default`):
    ///
    /// - AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN; else AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE; else
    ///   `~/.aws/credentials` (AWS_SHARED_CREDENTIALS_FILE), else `~/.aws/config` (AWS_CONFIG_FILE), where `role_arn` and
    ///   `web_identity_token_file` may stand instead; else AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI; else the role of
    ///   an EC2 instance
    /// - AWS_REGION, AWS_DEFAULT_REGION; else `region` of `~/.aws/config`; else us-east-1
    /// - AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL; else `endpoint_url` of `~/.aws/config`; else Amazon's of the region
    ///
    /// `variable` gives an environment variable, `file` the text of a file or nil where there is none; nothing is sent yet. Throws
    /// exit 2, never with a secret in the message.
    package init(
        remote: String,
        variable: @escaping @Sendable (String) -> String?,
        file: @escaping @Sendable (String) throws -> String?
    ) throws {
        let places = try CredentialPlaces(remote: remote, variable: variable, file: file)
        let general = places.general
        let value = places.value
        let region = value("AWS_REGION") ?? value("AWS_DEFAULT_REGION") ?? general?["region"] ?? "us-east-1"
        guard !region.isEmpty, region.utf8.allSatisfy({ S3Settings.isRegion($0) }) else {
            throw RemoteFailure.configuration(file: "AWS_REGION", why: "'\(Name.shown(region))' is no region")
        }
        func endpoint(_ service: String) throws -> String {
            let own = "AWS_ENDPOINT_URL_" + service.uppercased()
            let address =
                value(own) ?? value("AWS_ENDPOINT_URL") ?? general?["endpoint_url"]
                ?? "https://\(service).\(region).amazonaws.com" + (region.hasPrefix("cn-") ? ".cn" : "")
            guard let endpoint = S3Settings.endpoint(address) else {
                throw RemoteFailure.configuration(
                    file: value(own) == nil ? "AWS_ENDPOINT_URL" : own,
                    why: "http:// or https:// with a host, and no path, was expected"
                )
            }
            return endpoint
        }
        self.region = region
        self.endpoint = try endpoint("s3")
        credentials = try places.source { try endpoint("sts") }
    }

    private static func isRegion(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || byte == UInt8(ascii: "-")
    }

    /// `http://` or `https://`, host and port, without the `/` behind it; nil for anything else.
    static func endpoint(_ text: String) -> String? {
        let address = text.hasSuffix("/") ? String(text.dropLast()) : text
        for scheme in ["https://", "http://"] where address.hasPrefix(scheme) {
            let host = address.dropFirst(scheme.count)
            let isHost = host.utf8.allSatisfy { byte in
                byte > 32 && byte < 127 && !"/?#@\"<>\\^`{|}".utf8.contains(byte)
            }
            return host.isEmpty || !isHost ? nil : address
        }
        return nil
    }

    /// Host and port, as the `Host` field has them.
    var host: String { String(endpoint.drop { $0 != "/" }.dropFirst(2)) }
}
