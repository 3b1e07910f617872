internal import Synchronization

/// A bucket of an S3 service in memory: objects with ETags, ranges, conditions and lists, and none of the rest. It checks no
/// signature. What it is for is to misbehave, which a real service does not do on demand.
package final class BucketDouble: Sendable {
    private struct State {
        var objects: [String: (bytes: [UInt8], tag: Int)] = [:]
        var next = 1
        var count = 0
        var requests: [String] = []
    }

    private let bucket: String
    private let state = Mutex(State())
    private let misbehave: @Sendable (SmallServer.Request, Int) -> SmallServer.Answer?

    /// `misbehave` sees each request and its number (from 0), and may answer in the bucket's place: then nothing happens in
    /// the bucket.
    package init(
        _ bucket: String,
        misbehave: @escaping @Sendable (SmallServer.Request, Int) -> SmallServer.Answer? = { _, _ in nil }
    ) {
        (self.bucket, self.misbehave) = (bucket, misbehave)
    }

    /// Starts a server in front of it.
    package func serve() throws -> SmallServer { try SmallServer { self.answer($0) } }

    /// Method and path of every request so far.
    package var requests: [String] { state.withLock { $0.requests } }

    /// Keys of the objects, sorted.
    package var keys: [String] { state.withLock { $0.objects.keys.sorted() } }

    /// Changes the bytes of every object whose key has the prefix.
    package func change(_ prefix: String, _ body: ([UInt8]) -> [UInt8]) {
        state.withLock { state in
            for (key, object) in state.objects where key.hasPrefix(prefix) {
                state.objects[key] = (body(object.bytes), object.tag)
            }
        }
    }

    /// An error document of S3.
    package static func error(_ status: Int, _ code: String, _ fields: [(name: String, value: String)] = [])
        -> SmallServer.Answer
    {
        .reply(status: status, fields: fields, body: Array("<Error><Code>\(code)</Code></Error>".utf8))
    }

    /// What the bucket does with a request, for a server that does other things too.
    package func answer(_ request: SmallServer.Request) -> SmallServer.Answer {
        let number = state.withLock { state in
            defer { state.count += 1 }
            state.requests.append(request.method + " " + request.path)
            return state.count
        }
        if let fault = misbehave(request, number) { return fault }
        let prefix = "/\(bucket)"
        guard request.path == prefix || request.path.hasPrefix(prefix + "/") else {
            return BucketDouble.error(404, "NoSuchBucket")
        }
        let key = String(request.path.dropFirst(prefix.utf8.count + 1))
        return state.withLock { state in
            switch request.method {
            case "GET" where key.isEmpty: list(request.query, state)
            case "GET", "HEAD": read(key, request, state)
            case "PUT": write(key, request, &state)
            case "DELETE":
                remove(key, &state)
            default: BucketDouble.error(501, "NotImplemented")
            }
        }
    }

    private func remove(_ key: String, _ state: inout State) -> SmallServer.Answer {
        state.objects[key] = nil
        return .reply(status: 204)
    }

    private func read(_ key: String, _ request: SmallServer.Request, _ state: State) -> SmallServer.Answer {
        guard let object = state.objects[key] else { return BucketDouble.error(404, "NoSuchKey") }
        let fields = [(name: "ETag", value: "\"\(object.tag)\"")]
        if request.method == "HEAD" {
            return .reply(status: 200, fields: fields + [("Content-Length", "\(object.bytes.count)")])
        }
        guard let range = request.fields["range"] else {
            return .reply(status: 200, fields: fields, body: object.bytes)
        }
        let ends = range.dropFirst("bytes=".count).split(separator: "-").compactMap { Int($0) }
        guard ends.count == 2, ends[0] < object.bytes.count else { return BucketDouble.error(416, "InvalidRange") }
        return .reply(
            status: 206,
            fields: fields,
            body: Array(object.bytes[ends[0]...min(ends[1], object.bytes.count - 1)])
        )
    }

    private func write(_ key: String, _ request: SmallServer.Request, _ state: inout State) -> SmallServer.Answer {
        let current = state.objects[key].map { "\"\($0.tag)\"" }
        if request.fields["if-none-match"] == "*", current != nil {
            return BucketDouble.error(412, "PreconditionFailed")
        }
        if let wanted = request.fields["if-match"] {
            guard let current else { return BucketDouble.error(404, "NoSuchKey") }
            guard wanted == current else { return BucketDouble.error(412, "PreconditionFailed") }
        }
        state.objects[key] = (request.body, state.next)
        state.next += 1
        return .reply(status: 200, fields: [("ETag", "\"\(state.next - 1)\"")])
    }

    private func list(_ query: [String: String], _ state: State) -> SmallServer.Answer {
        let keys = state.objects.keys.filter { key in
            key.hasPrefix(query["prefix"] ?? "")
                && (query["start-after"].map { $0.utf8.lexicographicallyPrecedes(key.utf8) } ?? true)
        }
        let page = keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.prefix(
            Int(query["max-keys"] ?? "") ?? 1000
        )
        let items = page.map {
            "<Contents><Key>\($0)</Key><Size>\(state.objects[$0]?.bytes.count ?? 0)</Size></Contents>"
        }
        return .reply(status: 200, body: Array("<ListBucketResult>\(items.joined())</ListBucketResult>".utf8))
    }
}
