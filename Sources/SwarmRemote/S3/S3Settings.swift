package import SwarmCapability
internal import SwarmContracts

/// What speaks to an S3 service: address, region and credentials, from the places where AWS's own tools look.
package struct S3Settings: Sendable {
    /// `http://` or `https://`, host and port, no path.
    package let endpoint: String
    package let region: String
    package let accessKey: String
    let secretKey: SecretText
    /// Of temporary credentials.
    let token: SecretText?

    package init(endpoint: String, region: String, accessKey: String, secretKey: SecretText, token: SecretText? = nil) {
        (self.endpoint, self.region, self.accessKey) = (endpoint, region, accessKey)
        (self.secretKey, self.token) = (secretKey, token)
    }

    /// Environment variables before files, and of files the section of AWS_PROFILE (else `default`):
    ///
    /// - AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN; else `~/.aws/credentials` (AWS_SHARED_CREDENTIALS_FILE),
    ///   else `~/.aws/config` (AWS_CONFIG_FILE)
    /// - AWS_REGION, AWS_DEFAULT_REGION; else `region` of `~/.aws/config`; else us-east-1
    /// - AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL; else `endpoint_url` of `~/.aws/config`; else Amazon's of the region
    ///
    /// `variable` gives an environment variable, `file` the text of a file or nil where there is none. Throws exit 2, never
    /// with a secret in the message.
    package init(
        remote: String,
        variable: (String) -> String?,
        file: (String) throws -> String?
    ) throws {
        func value(_ name: String) -> String? { variable(name).flatMap { $0.isEmpty ? nil : $0 } }
        let home = value("HOME") ?? ""
        let profile = value("AWS_PROFILE") ?? "default"
        let credentialsFile = value("AWS_SHARED_CREDENTIALS_FILE") ?? home + "/.aws/credentials"
        let configFile = value("AWS_CONFIG_FILE") ?? home + "/.aws/config"
        let credentials = try SectionedFile(try file(credentialsFile) ?? "", file: credentialsFile)
        let config = try SectionedFile(try file(configFile) ?? "", file: configFile)
        let own = credentials.sections[profile]
        let general = config.sections[profile == "default" ? "default" : "profile " + profile]

        if let accessKey = value("AWS_ACCESS_KEY_ID"), let secret = value("AWS_SECRET_ACCESS_KEY") {
            self.accessKey = accessKey
            secretKey = SecretText(secret)
            token = value("AWS_SESSION_TOKEN").map { SecretText($0) }
        } else {
            if value("AWS_PROFILE") != nil, own == nil, general == nil {
                throw RemoteFailure.credentialsMissing(
                    remote: remote,
                    why: "no section [\(Name.shown(profile))] in \(credentialsFile)"
                )
            }
            let source = [own, general].compactMap { $0 }.first { $0["aws_access_key_id"] != nil }
            guard let source, let accessKey = source["aws_access_key_id"], let secret = source["aws_secret_access_key"]
            else {
                throw RemoteFailure.credentialsMissing(
                    remote: remote,
                    why:
                        "neither AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are set nor does \(credentialsFile) have both"
                )
            }
            self.accessKey = accessKey
            secretKey = SecretText(secret)
            token = source["aws_session_token"].map { SecretText($0) }
        }
        guard !accessKey.isEmpty, accessKey.utf8.allSatisfy({ $0 > 32 && $0 < 127 && $0 != UInt8(ascii: "/") }) else {
            throw RemoteFailure.credentialsMissing(remote: remote, why: "the access key id is no word of ASCII")
        }
        let region = value("AWS_REGION") ?? value("AWS_DEFAULT_REGION") ?? general?["region"] ?? "us-east-1"
        guard !region.isEmpty, region.utf8.allSatisfy({ S3Settings.isRegion($0) }) else {
            throw RemoteFailure.configuration(file: "AWS_REGION", why: "'\(Name.shown(region))' is no region")
        }
        self.region = region
        let address =
            value("AWS_ENDPOINT_URL_S3") ?? value("AWS_ENDPOINT_URL") ?? general?["endpoint_url"]
            ?? "https://s3.\(region).amazonaws.com"
        guard let endpoint = S3Settings.endpoint(address) else {
            throw RemoteFailure.configuration(
                file: "AWS_ENDPOINT_URL",
                why: "http:// or https:// with a host, and no path, was expected"
            )
        }
        self.endpoint = endpoint
    }

    private static func isRegion(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || byte == UInt8(ascii: "-")
    }

    private static func endpoint(_ text: String) -> String? {
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

/// A file of `[section]` and `name = value` lines, as AWS's tools write them.
struct SectionedFile {
    /// Names and values by section.
    private(set) var sections: [String: [String: String]] = [:]

    /// Throws exit 2 naming the file and the line, never what stands on it.
    init(_ text: String, file: String) throws {
        var section: String?
        for (number, raw) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let line = raw.hasSuffix("\r") ? raw.dropLast() : raw
            // What is indented belongs to a nested setting (`s3 =`), which is none of ours.
            if line.first == " " || line.first == "\t" { continue }
            let content = SectionedFile.trimmed(line)
            if content.isEmpty || content.hasPrefix("#") || content.hasPrefix(";") { continue }
            func malformed(_ what: String) -> RemoteFailure {
                .configuration(file: file, why: "line \(number + 1): \(what)")
            }
            if content.hasPrefix("[") {
                guard content.hasSuffix("]") else { throw malformed("a ']' was expected") }
                let name = SectionedFile.trimmed(content.dropFirst().dropLast())
                section = name.split(separator: " ").joined(separator: " ")
                sections[section ?? "", default: [:]] = sections[section ?? ""] ?? [:]
                continue
            }
            guard let equals = content.firstIndex(of: "=") else { throw malformed("'name = value' was expected") }
            guard let section else { throw malformed("a [section] was expected first") }
            let name = SectionedFile.trimmed(content[..<equals])
            sections[section, default: [:]][name] = SectionedFile.trimmed(content[content.index(after: equals)...])
        }
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        var text = Substring(text)
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return String(text)
    }
}
