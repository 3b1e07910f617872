import SwarmCapability
import SwarmContracts
import SwarmHTTP
import SwarmPlatform
import Synchronization
import TestTools
import Testing

@testable import SwarmRemote

@Suite("Credentials of S3 that somebody lends")
struct S3LenderTests {
    /// What a lender of the tests was asked.
    private final class Asked: Sendable {
        let requests = Mutex<[SmallServer.Request]>([])
        var count: Int { requests.withLock { $0.count } }
        func note(_ request: SmallServer.Request) -> Int {
            requests.withLock { requests in
                requests.append(request)
                return requests.count
            }
        }
    }

    private static func loan(_ number: Int, end: String = "2100-01-01T00:00:00Z") -> SmallServer.Answer {
        let text = """
            {"Code": "Success", "Type": "AWS-HMAC", "AccessKeyId": "AK\(number)", "SecretAccessKey": "hush-\(number)",
             "Token": "hush-token-\(number)", "Expiration": "\(end)"}
            """
        return .reply(status: 200, body: Array(text.utf8))
    }

    private func source(_ environment: [String: String], _ files: [String: String] = [:]) throws -> S3CredentialSource {
        try S3Settings(remote: "s3://b", variable: { environment[$0] }, file: { files[$0] }).credentials
    }

    private func text(_ secret: SecretText?) -> String? { secret.map { $0.withText { $0 } } }

    private func lend(_ source: S3CredentialSource, now: Int64 = 1_000) throws -> S3Credentials {
        try source.credentials(for: "s3://b", over: HTTPClient(idleSeconds: 2), now: now)
    }

    @Test("a container gets them for the word that a variable or a file holds", arguments: [true, false])
    func container(byFile: Bool) throws {
        let asked = Asked()
        let server = try SmallServer { request in
            let number = asked.note(request)
            return request.fields["authorization"] == "hush-word" && request.target == "/get?id=1"
                ? S3LenderTests.loan(number) : .reply(status: 403)
        }
        defer { server.stop() }
        var environment = ["AWS_CONTAINER_CREDENTIALS_FULL_URI": server.url + "/get?id=1"]
        environment[byFile ? "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE" : "AWS_CONTAINER_AUTHORIZATION_TOKEN"] =
            byFile ? "/word" : "hush-word"
        let source = try source(environment, ["/word": "hush-word\n"])
        let found = try lend(source)
        #expect(found.accessKey == "AK1" && text(found.secretKey) == "hush-1" && text(found.token) == "hush-token-1")
        #expect(found.end == 4_102_444_800)
        #expect(try lend(source).accessKey == "AK1" && asked.count == 1)
    }

    @Test("a machine in Amazon's cloud gets those of its role, by a session of the metadata service")
    func instance() throws {
        let asked = Asked()
        let server = try SmallServer { request in
            let number = asked.note(request)
            if request.method == "PUT", request.target == "/latest/api/token" {
                return .reply(status: 200, body: Array("session".utf8))
            }
            guard request.fields["x-aws-ec2-metadata-token"] == "session" else { return .reply(status: 401) }
            switch request.target {
            case "/latest/meta-data/iam/security-credentials/":
                return .reply(status: 200, body: Array("my+role\n".utf8))
            case "/latest/meta-data/iam/security-credentials/my%2Brole": return S3LenderTests.loan(number)
            default: return .reply(status: 404)
            }
        }
        defer { server.stop() }
        let environment = ["AWS_EC2_METADATA_SERVICE_ENDPOINT": server.url]
        #expect(try lend(source(environment)).accessKey == "AK3")
        // A person who does not want it says so; other machines are not asked at all.
        #expect(throws: RemoteFailure.self) {
            try source(environment.merging(["AWS_EC2_METADATA_DISABLED": "true"]) { $1 })
        }
        #expect(throws: RemoteFailure.self) { try source([:], ["/sys/devices/virtual/dmi/id/sys_vendor": "QEMU\n"]) }
        let cloud = try source([:], ["/sys/devices/virtual/dmi/id/sys_vendor": "Amazon EC2\n"])
        #expect(cloud.lender?.kind == .instance(endpoint: "http://169.254.169.254"))
    }

    @Test("a token of another identity is exchanged for a role", arguments: [true, false])
    func webIdentity(byProfile: Bool) throws {
        let asked = Asked()
        let server = try SmallServer { request in
            _ = asked.note(request)
            let answer = """
                <AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
                  <AssumeRoleWithWebIdentityResult><Credentials><SessionToken>hush-token</SessionToken>
                  <SecretAccessKey>hush/key+</SecretAccessKey><Expiration>2100-01-01T00:00:00Z</Expiration>
                  <AccessKeyId>ASIA</AccessKeyId></Credentials></AssumeRoleWithWebIdentityResult>
                </AssumeRoleWithWebIdentityResponse>
                """
            return .reply(status: 200, body: Array(answer.utf8))
        }
        defer { server.stop() }
        let role = "arn:aws:iam::1:role/r"
        var environment = ["HOME": "/h", "AWS_ENDPOINT_URL_STS": server.url]
        var files = ["/token": "hush.jwt\n"]
        if byProfile {
            files["/h/.aws/config"] = """
                [default]
                role_arn = \(role)
                web_identity_token_file = /token
                role_session_name = me
                """
        } else {
            environment["AWS_ROLE_ARN"] = role
            environment["AWS_WEB_IDENTITY_TOKEN_FILE"] = "/token"
        }
        let found = try lend(source(environment, files))
        #expect(found.accessKey == "ASIA" && text(found.secretKey) == "hush/key+" && text(found.token) == "hush-token")
        let request = try #require(asked.requests.withLock { $0.first })
        #expect(request.method == "POST" && request.target == "/")
        #expect(
            String(decoding: request.body, as: UTF8.self)
                == "Action=AssumeRoleWithWebIdentity&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr"
                + "&RoleSessionName=\(byProfile ? "me" : "swarm")&Version=2011-06-15&WebIdentityToken=hush.jwt"
        )
        let region = try source(["AWS_ROLE_ARN": role, "AWS_WEB_IDENTITY_TOKEN_FILE": "/t", "AWS_REGION": "cn-north-1"])
        guard case .webIdentity(let endpoint, _, _, _) = region.lender?.kind else {
            Issue.record("the token service was expected")
            return
        }
        #expect(endpoint == "https://sts.cn-north-1.amazonaws.com.cn")
    }

    @Test("they are exchanged before they end, and a lender that fails is borne with until then")
    func refresh() throws {
        let asked = Asked()
        let server = try SmallServer { request in
            let number = asked.note(request)
            // 1970-01-01T01:00:00Z is second 3600.
            return number == 1 || number > 4
                ? S3LenderTests.loan(number, end: "1970-01-01T01:00:00Z") : .reply(status: 500)
        }
        defer { server.stop() }
        let source = try source(["AWS_CONTAINER_CREDENTIALS_FULL_URI": server.url])
        #expect(try lend(source, now: 0).accessKey == "AK1")
        #expect(try lend(source, now: 3_299).accessKey == "AK1" && asked.count == 1)
        #expect(try lend(source, now: 3_400).accessKey == "AK1" && asked.count == 4)
        #expect(try lend(source, now: 3_459).accessKey == "AK1" && asked.count == 4)
        #expect(try lend(source, now: 3_460).accessKey == "AK5")
    }

    @Test("what a lender refuses or garbles is told without a secret, and as what it is")
    func refused() throws {
        func failure(_ answer: SmallServer.Answer, _ files: [String: String] = ["/t": "hush"]) throws -> RemoteFailure?
        {
            let server = try SmallServer { _ in answer }
            defer { server.stop() }
            let source = try source(
                ["AWS_ROLE_ARN": "r", "AWS_WEB_IDENTITY_TOKEN_FILE": "/t", "AWS_ENDPOINT_URL_STS": server.url],
                files
            )
            return #expect(throws: RemoteFailure.self) { try lend(source) }
        }
        let error = "<ErrorResponse><Error><Code>ExpiredTokenException</Code></Error></ErrorResponse>"
        let denied = try failure(.reply(status: 400, body: Array(error.utf8)))
        #expect(denied?.code == "REMOTE_DENIED" && denied?.message.contains("ExpiredTokenException") == true)
        #expect(try failure(.reply(status: 200, body: Array("hush".utf8)))?.code == "REMOTE_FAILED")
        #expect(try failure(.reply(status: 503))?.code == "REMOTE_FAILED")
        #expect(try failure(.reset)?.code == "REMOTE_UNREACHABLE")
        for files in [[:], ["/t": ""], ["/t": "two words"]] {
            let missing = try failure(.reply(status: 200), files)
            #expect(missing?.code == "REMOTE_CREDENTIALS_MISSING" && missing?.message.contains("/t") == true)
        }
        for answer in [denied, try failure(.reply(status: 200, body: Array("hush".utf8)))] {
            #expect(answer?.message.contains("hush") == false)
        }
    }

    @Test(
        "a word goes in the clear to this machine alone",
        arguments: [
            "http://example.com/x", "http://127.0.0.1.example.com/", "http://a@127.0.0.1/", "ftp://127.0.0.1/",
            "http://",
            "http://169.254.169.254/", "https://a b/",
        ]
    )
    func far(url: String) {
        let failure = #expect(throws: RemoteFailure.self) { try source(["AWS_CONTAINER_CREDENTIALS_FULL_URI": url]) }
        #expect(failure?.code == "REMOTE_CONFIG_INVALID" && failure?.category == .invalidInput)
    }

    @Test("a near address may be any of those that the services use")
    func near() throws {
        for url in ["http://[fd00:ec2::23]/v1", "http://[::1]:80/", "http://localhost:9/", "https://example.com/x"] {
            let kind = try source(["AWS_CONTAINER_CREDENTIALS_FULL_URI": url]).lender?.kind
            #expect(kind == .container(url: url, authorization: nil))
        }
        let kind = try source(["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/id"]).lender?.kind
        #expect(kind == .container(url: "http://169.254.170.2/v2/id", authorization: nil))
    }

    @Test("one's own keys come before what is lent, and a way to sign in that swarm does not go is named")
    func order() throws {
        let lent = [
            "HOME": "/h", "AWS_ROLE_ARN": "r", "AWS_WEB_IDENTITY_TOKEN_FILE": "/t",
            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/id",
        ]
        let keys = ["AWS_ACCESS_KEY_ID": "AK", "AWS_SECRET_ACCESS_KEY": "SK"]
        #expect(try source(lent.merging(keys) { $1 }).lender == nil)
        let file = ["/h/.aws/credentials": "[default]\naws_access_key_id=AK\naws_secret_access_key=SK\n"]
        guard case .webIdentity = try source(lent, file).lender?.kind else {
            Issue.record("a role in the environment comes before files")
            return
        }
        #expect(try source(["HOME": "/h", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/id"], file).lender == nil)
        let sso = ["/h/.aws/config": "[profile work]\nsso_session = mine\n"]
        let failure = #expect(throws: RemoteFailure.self) { try source(["HOME": "/h", "AWS_PROFILE": "work"], sso) }
        #expect(failure?.message.contains("sso_session") == true, "\(String(describing: failure))")
    }

    @Test("a remote signs with what is lent, its token too")
    func remote() throws {
        let bucket = BucketDouble("bucket")
        let asked = Asked()
        let server = try SmallServer { request in
            if request.path == "/lend" { return S3LenderTests.loan(7) }
            _ = asked.note(request)
            return bucket.answer(request)
        }
        defer { server.stop() }
        let environment = [
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": server.url + "/lend", "AWS_ENDPOINT_URL_S3": server.url,
        ]
        let settings = try S3Settings(remote: "s3://bucket", variable: { environment[$0] }, file: { _ in nil })
        let place = try #require(S3Place(bucket: "bucket", prefix: []))
        let remote = S3Remote(place, settings: settings, transport: HTTPClient())
        let object = RemoteObject.published(Digest256.sha256(of: [4]))
        #expect(try remote.put(.bytes([4]), at: object))
        let request = try #require(asked.requests.withLock { $0.last { $0.method == "PUT" } })
        #expect(request.fields["x-amz-security-token"] == "hush-token-7")
        #expect(request.fields["authorization"]?.contains("Credential=AK7/") == true)
        #expect(request.fields["authorization"]?.contains("x-amz-security-token") == true)
        guard case .url(let url) = try remote.location(of: object, seconds: 60) else { return }
        #expect(url.contains("X-Amz-Security-Token=hush-token-7"))
    }
}
