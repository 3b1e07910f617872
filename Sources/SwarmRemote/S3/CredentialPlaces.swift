internal import SwarmContracts

/// Where credentials may be, and in which order they are looked for (AWS SDKs and Tools Reference Guide, "Understand the credential
/// provider chain").
struct CredentialPlaces {
    private let remote: String
    private let variable: @Sendable (String) -> String?
    private let file: @Sendable (String) throws -> String?
    private let profile: String
    private let credentialsFile: String
    /// The profile's section of the credentials file.
    private let own: [String: String]?
    /// The profile's section of the configuration file.
    let general: [String: String]?

    init(
        remote: String,
        variable: @escaping @Sendable (String) -> String?,
        file: @escaping @Sendable (String) throws -> String?
    ) throws {
        (self.remote, self.variable, self.file) = (remote, variable, file)
        func value(_ name: String) -> String? { CredentialPlaces.value(name, variable) }
        let home = value("HOME") ?? ""
        profile = value("AWS_PROFILE") ?? "default"
        credentialsFile = value("AWS_SHARED_CREDENTIALS_FILE") ?? home + "/.aws/credentials"
        let configFile = value("AWS_CONFIG_FILE") ?? home + "/.aws/config"
        own = try SectionedFile(try file(credentialsFile) ?? "", file: credentialsFile).sections[profile]
        general = try SectionedFile(try file(configFile) ?? "", file: configFile)
            .sections[profile == "default" ? "default" : "profile " + profile]
    }

    private static func value(_ name: String, _ variable: (String) -> String?) -> String? {
        variable(name).flatMap { $0.isEmpty ? nil : $0 }
    }

    /// An environment variable; an empty one is none.
    func value(_ name: String) -> String? { CredentialPlaces.value(name, variable) }

    private func missing(_ why: String) -> RemoteFailure { .credentialsMissing(remote: remote, why: why) }

    /// The first place that has credentials or may lend some. `tokenService` is the address of the Security Token Service.
    func source(tokenService: () throws -> String) throws -> S3CredentialSource {
        if let accessKey = value("AWS_ACCESS_KEY_ID"), let secret = value("AWS_SECRET_ACCESS_KEY") {
            return try source(accessKey, secret, value("AWS_SESSION_TOKEN"))
        }
        let session = value("AWS_ROLE_SESSION_NAME")
        if let role = value("AWS_ROLE_ARN"), let token = value("AWS_WEB_IDENTITY_TOKEN_FILE") {
            return source(try webIdentity(tokenService(), role, session, token))
        }
        if value("AWS_PROFILE") != nil, own == nil, general == nil {
            throw missing("no section [\(Name.shown(profile))] in \(credentialsFile)")
        }
        let section = [own, general].compactMap { $0 }.first { $0["aws_access_key_id"] != nil }
        if let accessKey = section?["aws_access_key_id"], let secret = section?["aws_secret_access_key"] {
            return try source(accessKey, secret, section?["aws_session_token"])
        }
        if let role = general?["role_arn"], let token = general?["web_identity_token_file"] {
            return source(try webIdentity(tokenService(), role, general?["role_session_name"] ?? session, token))
        }
        let signs = CredentialPlaces.unsupported.filter { own?[$0] != nil || general?[$0] != nil }
        if let sign = signs.first {
            throw missing(
                "the section of \(Name.shown(profile)) signs in through '\(sign)'; "
                    + "`aws configure export-credentials --format env` turns that into variables"
            )
        }
        if let container = try container() { return source(container) }
        if let instance = try instance() { return source(instance) }
        throw missing(
            "neither AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are set nor does \(credentialsFile) have both"
        )
    }

    /// Ways to sign in that a section of the configuration may name and swarm does not go.
    private static let unsupported = [
        "sso_session", "sso_start_url", "credential_process", "source_profile", "credential_source",
    ]

    private func source(_ kind: S3Lender.Kind) -> S3CredentialSource {
        S3CredentialSource(S3Lender(kind: kind, variable: variable, file: file))
    }

    private func source(_ accessKey: String, _ secret: String, _ token: String?) throws -> S3CredentialSource {
        guard let credentials = S3Credentials(accessKey: accessKey, secretKey: secret, token: token) else {
            throw missing("the access key id is no word of ASCII, or the session token is none")
        }
        return S3CredentialSource(credentials)
    }

    private func webIdentity(_ endpoint: String, _ role: String, _ session: String?, _ token: String) throws
        -> S3Lender.Kind
    {
        .webIdentity(endpoint: endpoint, role: role, session: session ?? "swarm", tokenFile: token)
    }

    /// Hosts to which a word for the header may go in the clear: they are on the machine itself.
    private static let near = [
        "localhost", "127.0.0.1", "[::1]", "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]",
    ]

    private func container() throws -> S3Lender.Kind? {
        let authorization: S3Lender.Authorization? =
            value("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE").map { .file($0) }
            ?? value("AWS_CONTAINER_AUTHORIZATION_TOKEN").map { _ in .variable("AWS_CONTAINER_AUTHORIZATION_TOKEN") }
        if let path = value("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
            guard path.hasPrefix("/"), path.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else {
                throw RemoteFailure.configuration(
                    file: "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                    why: "a path that begins with / was expected"
                )
            }
            return .container(url: "http://169.254.170.2" + path, authorization: authorization)
        }
        guard let url = value("AWS_CONTAINER_CREDENTIALS_FULL_URI") else { return nil }
        let host = S3Lender.host(of: url)
        let name = host.hasPrefix("[") ? host.prefix { $0 != "]" } + "]" : host.prefix { $0 != ":" }
        let isNear = url.hasPrefix("http://") && CredentialPlaces.near.contains(String(name))
        guard url.utf8.allSatisfy({ $0 > 32 && $0 < 127 }), !host.isEmpty, !host.contains("@"),
            isNear || url.hasPrefix("https://")
        else {
            throw RemoteFailure.configuration(
                file: "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                why: "https://, or http:// to this machine or the container service, was expected"
            )
        }
        return .container(url: url, authorization: authorization)
    }

    /// Only where the firmware says that this is such a machine: elsewhere whoever has no credentials would wait for nobody.
    private func instance() throws -> S3Lender.Kind? {
        if value("AWS_EC2_METADATA_DISABLED")?.lowercased() == "true" { return nil }
        if let endpoint = value("AWS_EC2_METADATA_SERVICE_ENDPOINT") {
            guard let address = S3Settings.endpoint(endpoint) else {
                throw RemoteFailure.configuration(
                    file: "AWS_EC2_METADATA_SERVICE_ENDPOINT",
                    why: "http:// or https:// with a host, and no path, was expected"
                )
            }
            return .instance(endpoint: address)
        }
        let vendor = try? file("/sys/devices/virtual/dmi/id/sys_vendor")
        return vendor?.hasPrefix("Amazon EC2") == true ? .instance(endpoint: "http://169.254.169.254") : nil
    }
}
