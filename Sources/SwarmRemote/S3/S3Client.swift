internal import SwarmCapability
internal import SwarmContracts
internal import SwarmHTTP
internal import SwarmPlatform

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Signed requests to one bucket, asked again where the service was busy or the connection broke.
struct S3Client: Sendable {
    let transport: any HTTPTransport
    let settings: S3Settings
    let place: S3Place
    let backoff: Backoff
    /// How often a request is sent before it has failed.
    let attempts: Int

    /// How often a service may be silent before a request has failed: each time takes as long as the transport waits.
    private static let silences = 3

    /// An answer with an error document or the like has at most so many bytes.
    private static let smallAnswer = 16 << 20

    /// The remote for messages.
    var name: String {
        "s3://" + ([place.bucket] + (place.prefix.isEmpty ? [] : [place.prefix])).joined(separator: "/")
    }

    private func credentials() throws -> S3Credentials {
        try settings.credentials.credentials(for: name, over: transport)
    }

    private func signer(_ credentials: S3Credentials) -> SignatureV4 {
        SignatureV4(accessKey: credentials.accessKey, secretKey: credentials.secretKey, region: settings.region)
    }

    /// The key of an object: the prefix and its name.
    func key(_ name: String) -> String { place.prefix.isEmpty ? name : place.prefix + "/" + name }

    private func path(_ key: String?) -> String { "/" + place.bucket + (key.map { "/" + $0 } ?? "") }

    /// Sends a request for an object, or for the bucket where `key` is nil. Any answer but a transient one is handed back.
    func send(
        _ method: String,
        _ key: String?,
        query: [(name: String, value: String)] = [],
        fields: [(name: String, value: String)] = [],
        body: HTTPBody = .none,
        limit: Int = 0
    ) throws -> HTTPResponse {
        let payload = try S3Client.digest(of: body)
        var last = RemoteFailure.failed(remote: name, what: "no attempt was made")
        var silences = 0
        for attempt in 1...max(attempts, 1) {
            var asked: Int64?
            // Each time: what is lent may have come to its end while this waited.
            let request = request(method, key, query, fields, body, payload, try credentials())
            do throws(HTTPFailure) {
                let answer = try transport.send(request, limit: max(limit, S3Client.smallAnswer))
                guard S3Client.isTransient(answer, to: method) else { return answer }
                last = .failed(remote: name, what: S3Client.describe(answer) + ", \(attempt) times")
                asked = answer.fields["Retry-After"].flatMap { Int64($0) }.map { $0.clamped(to: 0...86_400) * 1000 }
            } catch {
                guard error.retryable else { throw error }
                last = .unreachable(remote: name, why: error.message)
                if case .silent = error { silences += 1 }
            }
            let random = Randomness.bytes(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            guard attempt < attempts, silences < S3Client.silences,
                let wait = backoff.wait(after: attempt, asked: asked, random: random)
            else { break }
            usleep(UInt32(clamping: wait * 1000))
        }
        throw last
    }

    private func request(
        _ method: String,
        _ key: String?,
        _ query: [(name: String, value: String)],
        _ fields: [(name: String, value: String)],
        _ body: HTTPBody,
        _ payload: String,
        _ credentials: S3Credentials
    ) -> HTTPRequest {
        let time = SignatureTime(seconds: Clock.nowSeconds())
        var fields = fields
        fields += [("host", settings.host), ("x-amz-content-sha256", payload), ("x-amz-date", time.text)]
        if let token = credentials.token { fields.append(("x-amz-security-token", token.withText { $0 })) }
        let authorization = signer(credentials).authorization(
            method,
            path: path(key),
            query: query,
            fields: fields,
            payload: payload,
            time: time
        )
        fields.append(("authorization", authorization))
        let suffix = query.isEmpty ? "" : "?" + SignatureV4.encoded(query)
        let url = settings.endpoint + SignatureV4.encode(path(key), keepsSlash: true) + suffix
        return HTTPRequest(method, url, fields: HTTPFields(fields), body: body)
    }

    /// A URL that lets its bearer read an object for a while.
    func presigned(_ key: String, seconds: Int64) throws -> String {
        let credentials = try credentials()
        let query = signer(credentials).presignedQuery(
            "GET",
            host: settings.host,
            path: path(key),
            seconds: seconds.clamped(to: 1...604_800),
            token: credentials.token?.withText { $0 },
            time: SignatureTime(seconds: Clock.nowSeconds())
        )
        return settings.endpoint + SignatureV4.encode(path(key), keepsSlash: true) + "?" + query
    }

    private static func digest(of body: HTTPBody) throws -> String {
        switch body {
        case .none: return Digest256.sha256(of: []).hex
        case .bytes(let bytes): return Digest256.sha256(of: bytes).hex
        case .file(let path, let offset, let count):
            let file = try Descriptor.open(path, O_RDONLY)
            var hasher = Digest256.Hasher()
            var piece = [UInt8](repeating: 0, count: 1 << 20)
            var done: Int64 = 0
            while done < count {
                let wanted = Int(min(Int64(piece.count), count - done))
                let read = try piece.withUnsafeMutableBytes { buffer in
                    try file.read(
                        into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]),
                        at: UInt64(offset + done)
                    )
                }
                guard read > 0 else { break }
                piece.withUnsafeBytes { hasher.update(UnsafeRawBufferPointer(rebasing: $0[..<read])) }
                done += Int64(read)
            }
            return hasher.finish().hex
        }
    }

    private static func isTransient(_ answer: HTTPResponse, to method: String) -> Bool {
        switch (answer.status, code(of: answer) ?? "") {
        case (429, _), (500, _), (502, _), (503, _), (504, _): true
        case (400, "RequestTimeout"), (400, "SlowDown"), (400, "InternalError"), (400, "OperationAborted"): true
        case (409, "RequestTimeout"), (409, "SlowDown"), (409, "InternalError"), (409, "OperationAborted"): true
        // Another write of this key is under way: it decides. An upload in parts begins anew instead.
        case (409, "ConditionalRequestConflict"): method == "PUT"
        default: false
        }
    }

    /// The service's own word for what went wrong.
    static func code(of answer: HTTPResponse) -> String? {
        guard let root = XMLElement(answer.body), root.name == "Error", let code = root["Code"] else { return nil }
        return code.utf8.count <= 64 && code.utf8.allSatisfy { $0 > 32 && $0 < 127 } ? code : nil
    }

    private static func describe(_ answer: HTTPResponse) -> String {
        "it answered \(answer.status)" + (code(of: answer).map { " \($0)" } ?? "")
    }

    /// What an answer means that nobody wanted.
    func failure(_ answer: HTTPResponse) -> RemoteFailure {
        let code = S3Client.code(of: answer)
        switch (answer.status, code) {
        case (_, "NoSuchBucket"): return .missing(remote: name, what: "there is no bucket '\(place.bucket)'")
        case (_, "InvalidAccessKeyId"): return .denied(remote: name, why: "it does not know this access key id")
        case (_, "SignatureDoesNotMatch"): return .denied(remote: name, why: "the secret access key is wrong")
        case (_, "ExpiredToken"), (_, "InvalidToken"):
            return .denied(remote: name, why: "the session token is wrong or has expired")
        case (_, "RequestTimeTooSkewed"): return .denied(remote: name, why: "this machine's clock is wrong")
        case (401, _), (403, _): return .denied(remote: name, why: code ?? "the credentials do not allow this (403)")
        case (301, _), (307, _), (_, "AuthorizationHeaderMalformed"):
            let region = answer.fields["x-amz-bucket-region"] ?? XMLElement(answer.body)?["Region"]
            let place = region.map { "in the region \(Name.shown($0))" } ?? "in another region"
            return .denied(remote: name, why: "the bucket is \(place); set AWS_REGION")
        default: return .failed(remote: name, what: S3Client.describe(answer))
        }
    }
}

extension Int64 {
    fileprivate func clamped(to range: ClosedRange<Int64>) -> Int64 {
        Swift.min(Swift.max(self, range.lowerBound), range.upperBound)
    }
}
