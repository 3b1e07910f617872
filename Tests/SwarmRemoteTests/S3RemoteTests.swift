import SwarmCapability
import SwarmContracts
import SwarmHTTP
import SwarmPlatform
import Synchronization
import TestTools
import Testing

@testable import SwarmRemote

/// Settings for a server of the tests.
private func settings(_ url: String, key: String = "AK", secret: String = "SK") throws -> S3Settings {
    let credentials = try #require(S3Credentials(accessKey: key, secretKey: secret))
    return S3Settings(endpoint: url, region: "us-east-1", credentials: credentials)
}

/// A remote at a bucket of the tests.
func bucketRemote(
    _ url: String,
    bucket: String = "bucket",
    prefix: [String] = ["project"],
    transport: any HTTPTransport = HTTPClient(),
    backoff: Backoff = Backoff(first: 1, longest: 2),
    attempts: Int = 4,
    abandonedAfter: Int64 = 86_400
) throws -> S3Remote {
    S3Remote(
        try #require(S3Place(bucket: bucket, prefix: prefix)),
        settings: try settings(url),
        transport: transport,
        backoff: backoff,
        attempts: attempts,
        abandonedAfter: abandonedAfter
    )
}

/// The same at a real server, which is given time to come to itself.
private func serverRemote(
    _ server: ObjectServer,
    bucket: String = "bucket",
    prefix: [String] = ["project"],
    transport: any HTTPTransport = HTTPClient(),
    attempts: Int = 8,
    abandonedAfter: Int64 = 86_400
) throws -> S3Remote {
    try bucketRemote(
        server.url,
        bucket: bucket,
        prefix: prefix,
        transport: transport,
        backoff: Backoff(first: 100, longest: 2000),
        attempts: attempts,
        abandonedAfter: abandonedAfter
    )
}

@Suite("S3 as a remote, on SeaweedFS", .enabled(if: ObjectServer.isThere))
struct S3RemoteTests {
    @Test("it keeps what every remote promises, with a prefix and without")
    func promises() throws {
        let server = try ObjectServer()
        defer { server.stop() }
        let folder = try TemporaryFolder()
        for prefix in [["a", "b"], []] {
            try RemoteSuite(remote: serverRemote(server, prefix: prefix), folder: folder).run()
        }
    }

    /// A file of five parts.
    private func large(_ folder: TemporaryFolder) -> Digest256 {
        var chance = Chance(3)
        var bytes = [UInt8](repeating: 0, count: (33 << 20) + 5)
        for place in stride(from: 0, to: bytes.count, by: 4096) {
            bytes[place] = UInt8(truncatingIfNeeded: chance.next())
        }
        folder.write(bytes, to: "large")
        return Digest256.sha256(of: bytes)
    }

    private func uploads(_ remote: S3Remote) throws -> [String] {
        let answer = try remote.client.send("GET", nil, query: [("uploads", "")])
        return XMLElement(answer.body)?.all("Upload").compactMap { $0["Key"] }.sorted() ?? []
    }

    @Test("an upload in parts that was cut off goes on with the parts that are there")
    func resume() throws {
        let server = try ObjectServer()
        defer { server.stop() }
        let folder = try TemporaryFolder()
        let digest = large(folder)
        let object = RemoteObject.pack(digest)
        let dying = Meddler { request in request.url.contains("partNumber=3&") ? .before : nil }
        #expect(throws: RemoteFailure.self) {
            try serverRemote(server, transport: dying, attempts: 1).put(.file(folder.path + "/large"), at: object)
        }
        let watched = Meddler { _ in nil }
        let second = try serverRemote(server, transport: watched)
        #expect(try second.size(of: object) == nil)
        #expect(try uploads(second) == ["project/\(object)"])
        #expect(try second.put(.file(folder.path + "/large"), at: object))
        let sent = (1...5).filter { number in watched.requests.contains { $0.contains("partNumber=\(number)&") } }
        #expect(sent == [3, 4, 5])
        #expect(try uploads(second) == [])
        let bytes = try #require(try second.read(object, 0..<(64 << 20)))
        #expect(Digest256.sha256(of: bytes) == digest)
        // The same name with other bytes: the parts that are there are another's.
        folder.write([1], to: "small")
        #expect(try !second.put(.file(folder.path + "/small"), at: object))
    }

    @Test("parts that nobody goes on with are dropped by a later push, those of others and young ones are not")
    func abandoned() throws {
        let server = try ObjectServer()
        defer { server.stop() }
        let folder = try TemporaryFolder()
        let object = RemoteObject.pack(large(folder))
        let dying = Meddler { request in request.url.contains("partNumber=2&") ? .before : nil }
        #expect(throws: RemoteFailure.self) {
            try serverRemote(server, transport: dying, attempts: 1).put(.file(folder.path + "/large"), at: object)
        }
        let young = try serverRemote(server)
        for key in ["project/other", "packs/not-of-the-prefix"] {
            #expect(try young.client.send("POST", key, query: [("uploads", "")]).status == 200)
        }
        try young.prepare()
        #expect(try uploads(young).count == 3)
        try serverRemote(server, abandonedAfter: -600).prepare()
        #expect(try uploads(young) == ["packs/not-of-the-prefix", "project/other"])
    }

    @Test("wrong credentials, a missing bucket and a changed URL are refused, and the refusal says what is wrong")
    func refused() throws {
        let server = try ObjectServer()
        defer { server.stop() }
        let place = try #require(S3Place(bucket: "bucket", prefix: []))
        for (key, secret, word) in [("AK", "hush", "secret access key"), ("NOBODY", "SK", "access key id")] {
            let wrong = S3Remote(
                place,
                settings: try settings(server.url, key: key, secret: secret),
                transport: HTTPClient()
            )
            let failure = #expect(throws: RemoteFailure.self) { try wrong.prepare() }
            #expect(failure?.code == "REMOTE_DENIED" && failure?.category == .backend, "\(String(describing: failure))")
            #expect(failure?.message.contains(word) == true && failure?.message.contains("hush") == false)
        }
        let missing = #expect(throws: RemoteFailure.self) {
            try serverRemote(server, bucket: "no-such-bucket").ref(.branch(try Label("main")))
        }
        #expect(missing?.code == "REMOTE_MISSING")

        let remote = try serverRemote(server)
        let object = RemoteObject.published(Digest256.sha256(of: [4]))
        #expect(try remote.put(.bytes([4, 2]), at: object))
        guard case .url(let url) = try remote.location(of: object, seconds: 60) else {
            Issue.record("a bucket gives a URL")
            return
        }
        #expect(try HTTPClient().send(HTTPRequest("GET", url), limit: 10).body == [4, 2])
        for (part, other) in [("X-Amz-Expires=60", "X-Amz-Expires=9000"), ("published/", "packs/")] {
            let changed = url.split(separator: part).joined(separator: other)
            #expect(try HTTPClient().send(HTTPRequest("GET", changed), limit: 1 << 20).status == 403)
        }
    }

    @Test("an answer that was lost on its way does not undo what was done")
    func lostAnswers() throws {
        let server = try ObjectServer()
        defer { server.stop() }
        let folder = try TemporaryFolder()
        let digest = large(folder)
        let lossy = Meddler(once: true) { request in request.method == "GET" ? nil : .after }
        let remote = try serverRemote(server, transport: lossy)
        let ref = RemoteObject.branch(try Label("main"))
        #expect(try remote.swap(ref, expected: nil, to: [1]))
        let first = try #require(try remote.ref(ref))
        lossy.again()
        #expect(try remote.swap(ref, expected: first, to: [2]))
        lossy.again()
        // Its own first attempt may have put it there, or somebody else: the bytes of one name are the same.
        _ = try remote.put(.bytes([5]), at: .pack(digest))
        #expect(try remote.read(.pack(digest), 0..<9) == [5])
        try remote.delete(.pack(digest))
        let completing = Meddler(once: true) { request in
            request.method == "POST" && request.url.contains("uploadId=") ? .after : nil
        }
        _ = try serverRemote(server, transport: completing).put(.file(folder.path + "/large"), at: .pack(digest))
        #expect(try remote.size(of: .pack(digest)) == (33 << 20) + 5)
        #expect(completing.meddled == 1)
    }
}

@Suite("S3 that misbehaves")
struct S3FaultTests {
    private let main: RemoteObject

    init() throws { main = .branch(try Label("main")) }

    @Test(
        "a service that stays busy is asked as often as set, and then the error says what it answered",
        arguments: [(503, "SlowDown"), (500, "InternalError"), (429, "TooManyRequests"), (400, "RequestTimeout")]
    )
    func busy(status: Int, code: String) throws {
        let bucket = BucketDouble("bucket") { _, _ in BucketDouble.error(status, code, [("Retry-After", "0")]) }
        let server = try bucket.serve()
        defer { server.stop() }
        let failure = #expect(throws: RemoteFailure.self) { try bucketRemote(server.url).ref(main) }
        #expect(failure?.code == "REMOTE_FAILED" && failure?.retryable == true)
        #expect(failure?.message.contains("\(status) \(code), 4 times") == true, "\(String(describing: failure))")
        #expect(bucket.requests.count == 4)
    }

    @Test(
        "a write in whose way others stay is given up after the attempts that are set, and one that they leave is made"
    )
    func conflict() throws {
        let conflicts = Mutex(Int.max)
        let bucket = BucketDouble("bucket") { request, _ in
            guard request.method == "PUT", conflicts.withLock({ $0 > 0 }) else { return nil }
            conflicts.withLock { $0 -= 1 }
            return BucketDouble.error(409, "ConditionalRequestConflict")
        }
        let server = try bucket.serve()
        defer { server.stop() }
        let remote = try bucketRemote(server.url)
        let object = RemoteObject.pack(Digest256.sha256(of: []))
        for write in [{ try remote.put(.bytes([1]), at: object) }, { try remote.swap(main, expected: nil, to: [1]) }] {
            let before = bucket.requests.count
            let failure = #expect(throws: RemoteFailure.self) { _ = try write() }
            #expect(failure?.code == "REMOTE_FAILED" && failure?.retryable == true)
            #expect(bucket.requests.count == before + 4)
            conflicts.withLock { $0 = 2 }
            #expect(try write())
            conflicts.withLock { $0 = .max }
        }
    }

    @Test("a fault that passes is not seen", arguments: [0, 1, 2, 3, 4])
    func passing(kind: Int) throws {
        let faults: [SmallServer.Answer] = [
            BucketDouble.error(503, "SlowDown"), BucketDouble.error(500, "InternalError"), .reset,
            .cut(status: 200, promised: 900, body: [1]), .stall(status: 200, promised: 900, body: [1]),
        ]
        let bucket = BucketDouble("bucket") { _, number in number == 1 ? faults[kind] : nil }
        let server = try bucket.serve()
        defer { server.stop() }
        let isStall = if case .stall = faults[kind] { true } else { false }
        let remote = try bucketRemote(server.url, transport: isStall ? HTTPClient(idleSeconds: 5) : HTTPClient())
        #expect(try remote.swap(main, expected: nil, to: [1, 2]))
        #expect(try remote.ref(main)?.bytes == [1, 2])
        #expect(bucket.requests.count == 3)
    }

    @Test("a service that is silent is given up after the third time, whatever is set for other faults")
    func silent() throws {
        let bucket = BucketDouble("bucket") { _, _ in .silence }
        let server = try bucket.serve()
        defer { server.stop() }
        let remote = try bucketRemote(server.url, transport: HTTPClient(idleSeconds: 5), attempts: 100)
        let failure = #expect(throws: RemoteFailure.self) { try remote.ref(main) }
        #expect(failure?.code == "REMOTE_UNREACHABLE" && failure?.message.contains("silent for 5 s") == true)
        #expect(bucket.requests.count == 3)
    }

    @Test("where nobody listens the remote is unreachable after the attempts that are set")
    func refused() throws {
        let port = try DeafPort()
        let failure = #expect(throws: RemoteFailure.self) { try bucketRemote(port.url).prepare() }
        #expect(failure?.code == "REMOTE_UNREACHABLE" && failure?.category == .backend && failure?.retryable == true)
    }

    @Test("a service that ignores conditions on writes is refused")
    func unsafe() throws {
        let bucket = BucketDouble("bucket") { request, _ in
            request.method == "PUT" ? .reply(status: 200, fields: [("ETag", "\"1\"")]) : nil
        }
        let server = try bucket.serve()
        defer { server.stop() }
        #expect(throws: RemoteFailure.unsafe(remote: "s3://bucket/project")) { try bucketRemote(server.url).prepare() }
    }

    @Test("a service that gives the whole where a part was asked for gives the part all the same")
    func wholeForPart() throws {
        let bucket = BucketDouble("bucket") { request, _ in
            request.method == "GET" ? .reply(status: 200, body: [0, 1, 2, 3, 4, 5]) : nil
        }
        let server = try bucket.serve()
        defer { server.stop() }
        let remote = try bucketRemote(server.url)
        let object = RemoteObject.pack(Digest256.sha256(of: []))
        #expect(try remote.read(object, 2..<4) == [2, 3])
        #expect(try remote.read(object, 4..<90) == [4, 5])
        #expect(try remote.read(object, 6..<8) == [])
    }
}
