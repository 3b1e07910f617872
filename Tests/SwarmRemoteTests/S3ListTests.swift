import SwarmHTTP
import TestTools
import Testing

@testable import SwarmRemote

@Suite("What a bucket lists")
struct S3ListTests {
    @Test("pages of keys that are not swarm's are no end of a list")
    func foreignKeys() throws {
        let bucket = BucketDouble("bucket")
        let server = try bucket.serve()
        defer { server.stop() }
        let remote = try bucketRemote(server.url)
        for key in ["", "aa/of/others", "ab/of/others", "node-1", "node-2", "zz/of/others"] {
            #expect(try remote.client.send("PUT", remote.client.key("nodes/" + key), body: .bytes([1])).status == 200)
        }
        #expect(try remote.page(.nodes, after: nil, limit: 1).map(\.name) == ["node-1"])
        #expect(try remote.page(.nodes, after: "node-1", limit: 1).map(\.name) == ["node-2"])
        #expect(try remote.page(.nodes, after: "node-2", limit: 1) == [])
        #expect(try remote.list(.nodes, after: nil).map(\.name) == ["node-1", "node-2"])
    }

    @Test("a bucket that lists the same foreign key for ever is asked no more")
    func sameAgain() throws {
        let page = "<ListBucketResult><Contents><Key>other</Key><Size>1</Size></Contents></ListBucketResult>"
        let bucket = BucketDouble("bucket") { request, _ in
            request.method == "GET" ? .reply(status: 200, body: Array(page.utf8)) : nil
        }
        let server = try bucket.serve()
        defer { server.stop() }
        let remote = try bucketRemote(server.url)
        #expect(try remote.list(.nodes, after: nil) == [])
        #expect(bucket.requests.count == 2)
    }
}
