internal import FoundationEssentials
internal import SwarmContracts
package import SwarmHTTP
internal import SwarmPlatform

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Somebody who lends credentials to what runs in a certain place (AWS SDKs and Tools Reference Guide, "Standardized credential
/// providers").
package struct S3Lender: Sendable {
    package enum Kind: Sendable, Equatable {
        /// The Security Token Service at `endpoint`, for the token in a file (`AssumeRoleWithWebIdentity`): a pod of Kubernetes, a job.
        case webIdentity(endpoint: String, role: String, session: String, tokenFile: String)
        /// The address that a container of ECS or EKS is given, with a word for the header, which a file may hold.
        case container(url: String, authorization: Authorization?)
        /// The metadata service of an EC2 instance, version 2.
        case instance(endpoint: String)
    }

    /// Where the word for the header stands. It has no printable form of its own: a variable's name or a file's.
    package enum Authorization: Sendable, Equatable {
        case variable(String)
        case file(String)
    }

    package let kind: Kind
    let variable: @Sendable (String) -> String?
    let file: @Sendable (String) throws -> String?

    private static let attempts = 3
    private static let backoff = Backoff(first: 200, longest: 2_000)
    /// An answer is a few hundred bytes, and a session token some thousand.
    private static let longestAnswer = 256 << 10
    /// Services of the machine itself answer at once or never.
    private static let nearby: Int64 = 2
    /// What credentials are taken to be good for whose end cannot be read, in seconds: the shortest that AWS lends.
    private static let shortest: Int64 = 900

    /// Asks for credentials. Throws `credentialsMissing` where this place has none to give, `denied`, `failed` and
    /// `unreachable`, never with a secret in the message.
    package func lend(for remote: String, over transport: any HTTPTransport, now: Int64) throws -> S3Credentials {
        let loan = Loan(remote: remote, transport: transport, now: now)
        switch kind {
        case .webIdentity(let endpoint, let role, let session, let tokenFile):
            return try exchange(loan, endpoint, role, session, try word(loan, inFile: tokenFile))
        case .container(let url, let authorization):
            var fields: [(name: String, value: String)] = [("accept", "application/json")]
            switch authorization {
            case .file(let path): fields.append(("authorization", try word(loan, inFile: path)))
            case .variable(let name):
                guard let value = variable(name), S3Lender.isWord(value) else {
                    throw loan.missing("\(name) cannot stand in a header field")
                }
                fields.append(("authorization", value))
            case nil: break
            }
            let answer = try ask(loan, "GET", url, fields)
            guard answer.status == 200 else { throw loan.refused(url, answer) }
            return try credentials(loan, url, answer.body)
        case .instance(let endpoint): return try instance(loan, endpoint)
        }
    }

    /// One request for credentials: for whom, and when.
    private struct Loan {
        let remote: String
        let transport: any HTTPTransport
        let now: Int64

        func missing(_ why: String) -> RemoteFailure { .credentialsMissing(remote: remote, why: why) }

        func refused(_ url: String, _ answer: HTTPResponse, _ code: String? = nil) -> RemoteFailure {
            .denied(
                remote: remote,
                why: "\(S3Lender.host(of: url)) lends no credentials: \(code ?? "it answered \(answer.status)")"
            )
        }

        func malformed(_ url: String) -> RemoteFailure {
            .failed(
                remote: remote,
                what: "\(S3Lender.host(of: url)) was asked for credentials and answered something else"
            )
        }
    }

    // MARK: - The Security Token Service

    private func exchange(_ loan: Loan, _ endpoint: String, _ role: String, _ session: String, _ token: String) throws
        -> S3Credentials
    {
        let form = SignatureV4.encoded([
            ("Action", "AssumeRoleWithWebIdentity"), ("Version", "2011-06-15"), ("RoleArn", role),
            ("RoleSessionName", session), ("WebIdentityToken", token),
        ])
        let fields = [(name: "content-type", value: "application/x-www-form-urlencoded")]
        let answer = try ask(loan, "POST", endpoint + "/", fields, .bytes(Array(form.utf8)), patience: 30)
        let root = XMLElement(answer.body)
        guard answer.status == 200 else {
            let code = root?.all("Error").first?["Code"].flatMap { S3Lender.isWord($0) ? String($0.prefix(64)) : nil }
            throw loan.refused(endpoint, answer, code)
        }
        guard let lent = root?.all("AssumeRoleWithWebIdentityResult").first?.all("Credentials").first,
            let credentials = credentials(
                loan,
                lent["AccessKeyId"],
                lent["SecretAccessKey"],
                lent["SessionToken"],
                lent["Expiration"]
            )
        else { throw loan.malformed(endpoint) }
        return credentials
    }

    // MARK: - The machine's own services

    private func instance(_ loan: Loan, _ endpoint: String) throws -> S3Credentials {
        let base = endpoint + "/latest"
        let lifetime = [(name: "x-aws-ec2-metadata-token-ttl-seconds", value: "300")]
        let opened = try ask(loan, "PUT", base + "/api/token", lifetime)
        let token = String(decoding: opened.body, as: UTF8.self)
        guard opened.status == 200, S3Lender.isWord(token) else { throw loan.refused(endpoint, opened) }
        let fields = [(name: "x-aws-ec2-metadata-token", value: token)]
        let place = base + "/meta-data/iam/security-credentials/"
        let roles = try ask(loan, "GET", place, fields)
        guard roles.status != 404 else { throw loan.missing("this machine has no role") }
        guard roles.status == 200 else { throw loan.refused(endpoint, roles) }
        let role = String(decoding: roles.body, as: UTF8.self).prefix { $0 != "\n" && $0 != "\r" }
        guard S3Lender.isWord(String(role)) else { throw loan.missing("this machine has no role") }
        let answer = try ask(loan, "GET", place + SignatureV4.encode(String(role)), fields)
        guard answer.status == 200 else { throw loan.refused(endpoint, answer) }
        return try credentials(loan, endpoint, answer.body)
    }

    private func credentials(_ loan: Loan, _ url: String, _ body: [UInt8]) throws -> S3Credentials {
        guard let answer = try? JSONParser.parse(body) else { throw loan.malformed(url) }
        if let code = answer["Code"]?.text, code != "Success" {
            throw RemoteFailure.denied(
                remote: loan.remote,
                why: "\(S3Lender.host(of: url)) lends no credentials: \(Name.shown(String(code.prefix(64))))"
            )
        }
        let credentials = credentials(
            loan,
            answer["AccessKeyId"]?.text,
            answer["SecretAccessKey"]?.text,
            answer["Token"]?.text,
            answer["Expiration"]?.text
        )
        guard let credentials else { throw loan.malformed(url) }
        return credentials
    }

    private func credentials(
        _ loan: Loan,
        _ accessKey: String?,
        _ secretKey: String?,
        _ token: String?,
        _ expiration: String?
    ) -> S3Credentials? {
        guard let accessKey, let secretKey, let token else { return nil }
        let end = expiration.flatMap { try? Date($0, strategy: .iso8601) }.map { Int64($0.timeIntervalSince1970) }
        return S3Credentials(
            accessKey: accessKey,
            secretKey: secretKey,
            token: token,
            end: end ?? loan.now + S3Lender.shortest
        )
    }

    // MARK: - Asking

    /// A word that a file holds: the token of a pod is exchanged every hour or so, so it is read each time.
    private func word(_ loan: Loan, inFile path: String) throws -> String {
        guard let text = try file(path) else { throw loan.missing("there is no file \(path)") }
        let word = text.filter { $0 != "\n" && $0 != "\r" }
        guard S3Lender.isWord(word) else { throw loan.missing("\(path) holds no token") }
        return word
    }

    private func ask(
        _ loan: Loan,
        _ method: String,
        _ url: String,
        _ fields: [(name: String, value: String)],
        _ body: HTTPBody = .none,
        patience: Int64 = S3Lender.nearby
    ) throws -> HTTPResponse {
        var request = HTTPRequest(method, url, fields: HTTPFields(fields), body: body)
        request.idleSeconds = patience
        var last = loan.malformed(url)
        for attempt in 1...S3Lender.attempts {
            do throws(HTTPFailure) {
                let answer = try loan.transport.send(request, limit: S3Lender.longestAnswer)
                guard answer.status == 429 || answer.status >= 500 else { return answer }
                last = .failed(
                    remote: loan.remote,
                    what:
                        "\(S3Lender.host(of: url)) was asked for credentials and answered \(answer.status), \(attempt) times"
                )
            } catch {
                guard error.retryable else { throw error }
                last = .unreachable(remote: loan.remote, why: "for credentials, \(error.message)")
            }
            let random = Randomness.bytes(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            guard attempt < S3Lender.attempts,
                let wait = S3Lender.backoff.wait(after: attempt, asked: nil, random: random)
            else { break }
            usleep(UInt32(clamping: wait * 1000))
        }
        throw last
    }

    private static func isWord(_ text: String) -> Bool { !text.isEmpty && text.utf8.allSatisfy { $0 > 32 && $0 < 127 } }

    static func host(of url: String) -> String { String(url.drop { $0 != "/" }.dropFirst(2).prefix { $0 != "/" }) }
}
