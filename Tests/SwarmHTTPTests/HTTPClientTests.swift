import SwarmContracts
import SwarmHTTP
import SwarmPlatform
import Synchronization
import TestTools
import Testing

@Suite("The door that blocks")
struct HTTPClientTests {
    private func serve(_ answer: @escaping @Sendable (SmallServer.Request) -> SmallServer.Answer) throws -> SmallServer
    {
        try SmallServer(answer)
    }

    @Test("more blocked calls than processors, all of them on the cooperative pool, are all answered")
    func pool() async throws {
        let server = try serve { .reply(status: 200, body: Array($0.target.utf8)) }
        defer { server.stop() }
        let (client, url) = (HTTPClient(), server.url)
        let bodies = try await withThrowingTaskGroup(of: [UInt8].self) { group in
            for number in 0..<(8 * WorkerThread.processorCount + 8) {
                group.addTask { try client.send(HTTPRequest("GET", "\(url)/\(number)"), limit: 100).body }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let wanted = (0..<(8 * WorkerThread.processorCount + 8)).map { "/\($0)" }
        #expect(bodies.map { String(decoding: $0, as: UTF8.self) }.sorted() == wanted.sorted())
    }

    @Test("a file goes up from its offset on, byte for byte, also one of many pieces")
    func upload() throws {
        let folder = try TemporaryFolder()
        let bytes = (0..<3_000_001).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 9) }
        folder.write(bytes, to: "f")
        let server = try serve { .reply(status: 200, body: Array(Digest256.sha256(of: $0.body).hex.utf8)) }
        defer { server.stop() }
        let client = HTTPClient()
        for (offset, count) in [(0, 3_000_001), (5, 2_999_996), (1, 262_144), (100, 1), (7, 0)] {
            let body = HTTPBody.file(path: folder.path + "/f", offset: Int64(offset), count: Int64(count))
            let answer = try client.send(HTTPRequest("PUT", server.url + "/f", body: body), limit: 1000)
            let wanted = Digest256.sha256(of: Array(bytes[offset..<(offset + count)])).hex
            #expect(String(decoding: answer.body, as: UTF8.self) == wanted, "\(offset) \(count)")
        }
        let tooLong = HTTPBody.file(path: folder.path + "/f", offset: 0, count: 3_000_002)
        let failure = #expect(throws: HTTPFailure.self) {
            try client.send(HTTPRequest("PUT", server.url, body: tooLong), limit: 1000)
        }
        #expect(failure?.code == "SYSTEM_ERROR")
    }

    @Test("a download is written and hashed as it comes, and a refusal is not written")
    func download() throws {
        let folder = try TemporaryFolder()
        let bytes = (0..<1_500_000).map { UInt8(truncatingIfNeeded: $0 &* 3 &+ $0 >> 8) }
        let server = try serve { request in
            request.path == "/there" ? .reply(status: 200, body: bytes) : .reply(status: 404, body: [7, 7])
        }
        defer { server.stop() }
        let client = HTTPClient()
        folder.write([1, 2, 3], to: "old")
        let there = try client.download(
            HTTPRequest("GET", server.url + "/there"),
            to: folder.path + "/old",
            limit: 1_500_000
        )
        #expect(there.status == 200 && there.count == 1_500_000)
        #expect(there.sha256 == Digest256.sha256(of: bytes) && folder.read("old") == bytes)
        let nowhere = try client.download(HTTPRequest("GET", server.url), to: folder.path + "/new", limit: 10)
        #expect(nowhere.status == 404 && nowhere.refusal == [7, 7] && nowhere.count == 0)
        #expect(folder.read("new") == nil)
        #expect(throws: HTTPFailure.tooLarge(host: "127.0.0.1:\(server.port)", limit: 1_499_999)) {
            try client.download(HTTPRequest("GET", server.url + "/there"), to: folder.path + "/x", limit: 1_499_999)
        }
        #expect(throws: HTTPFailure.tooLarge(host: "127.0.0.1:\(server.port)", limit: 1)) {
            try client.send(HTTPRequest("GET", server.url), limit: 1)
        }
    }

    @Test("an answer of any status is an answer, and a redirect is handed back")
    func statuses() throws {
        let server = try serve { request in
            let status = Int(request.path.dropFirst()) ?? 0
            return .reply(status: status, fields: [("Location", "http://elsewhere.invalid/"), ("X-Name", "v")])
        }
        defer { server.stop() }
        let client = HTTPClient()
        for status in [200, 204, 301, 302, 307, 404, 412, 500, 503] {
            let answer = try client.send(HTTPRequest("GET", "\(server.url)/\(status)"), limit: 100)
            #expect(answer.status == status && answer.fields["x-name"] == "v")
        }
    }

    @Test("where nobody listens the host is unreachable, which may be tried again")
    func refused() throws {
        let port = try DeafPort()
        let failure = #expect(throws: HTTPFailure.self) {
            try HTTPClient().send(HTTPRequest("GET", port.url), limit: 100)
        }
        #expect(failure?.code == "HOST_UNREACHABLE", "\(String(describing: failure))")
        #expect(failure?.category == .backend && failure?.retryable == true)
        #expect(failure?.message.contains("127.0.0.1:\(port.number)") == true)
    }

    @Test("a host without a name in DNS is unreachable")
    func unknownHost() {
        let failure = #expect(throws: HTTPFailure.self) {
            try HTTPClient().send(HTTPRequest("GET", "http://nobody.invalid/"), limit: 100)
        }
        #expect(failure?.code == "HOST_UNREACHABLE")
    }

    @Test(
        "silence before or within an answer ends after the time set",
        arguments: [SmallServer.Answer.silence, .stall(status: 200, promised: 100, body: [1])]
    )
    func silent(answer: SmallServer.Answer) throws {
        let server = try serve { _ in answer }
        defer { server.stop() }
        #expect(throws: HTTPFailure.silent(host: "127.0.0.1:\(server.port)", seconds: 5)) {
            try HTTPClient(idleSeconds: 5).send(HTTPRequest("GET", server.url), limit: 100)
        }
    }

    @Test(
        "a connection that ends before the answer does is broken",
        arguments: [SmallServer.Answer.reset, .cut(status: 200, promised: 100, body: [1, 2])]
    )
    func broken(answer: SmallServer.Answer) throws {
        let server = try serve { _ in answer }
        defer { server.stop() }
        let failure = #expect(throws: HTTPFailure.self) {
            try HTTPClient().send(HTTPRequest("GET", server.url), limit: 100)
        }
        #expect(failure?.code == "CONNECTION_BROKEN" && failure?.retryable == true)
    }

    @Test("cancel ends what waits, and what comes after")
    func cancel() throws {
        let client = HTTPClient()
        let server = try serve { _ in
            client.cancel()
            return .silence
        }
        defer { server.stop() }
        for _ in 0..<2 {
            #expect(throws: HTTPFailure.cancelled) { try client.send(HTTPRequest("GET", server.url), limit: 100) }
        }
    }

    @Test(
        "what is no URL of http is refused, and no secret in it is shown",
        arguments: [
            "", "ftp://x/y", "x.example.com/?hush", "http://", "https:///?X-Amz-Signature=hush", "http://a b/hush",
        ]
    )
    func badURL(url: String) {
        let failure = #expect(throws: HTTPFailure.self) { try HTTPClient().send(HTTPRequest("GET", url), limit: 1) }
        #expect(failure?.code == "URL_INVALID" && failure?.message.contains("hush") == false)
    }
}
