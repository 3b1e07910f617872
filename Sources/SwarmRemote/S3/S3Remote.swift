internal import SwarmContracts
package import SwarmHTTP
internal import SwarmPlatform

/// A remote that is a bucket of an S3 service, addressed by path, with conditional writes.
///
/// ```text
/// <prefix>/swarm-remote.json                         there once something was pushed
/// <prefix>/packs/ nodes/ refs/ published/            the shelves
/// ```
package struct S3Remote: RemoteStore {
    let client: S3Client
    private let abandonedAfter: Int64

    /// Nothing is sent yet. An upload in parts that was begun more than `abandonedAfter` seconds ago is nobody's any more.
    package init(
        _ place: S3Place,
        settings: S3Settings,
        transport: any HTTPTransport,
        backoff: Backoff = Backoff(first: 250, longest: 8_000, longestAsked: 120_000),
        attempts: Int = 8,
        abandonedAfter: Int64 = 7 * 86_400
    ) {
        self.abandonedAfter = abandonedAfter
        client = S3Client(
            transport: transport,
            settings: settings,
            place: place,
            backoff: backoff,
            attempts: attempts
        )
    }

    package var name: String { client.name }

    func key(_ object: RemoteObject) -> String { client.key(object.description) }

    package func prepare() throws {
        let bytes = CanonicalJSON.encode(["schema_version": "swarm-remote-v1"] as JSONValue)
        let mark = client.key("swarm-remote.json")
        // Two writes on the condition that there is nothing: the second must be refused, or no promise here holds.
        guard try !create(.bytes(bytes), mark) || !create(.bytes(bytes), mark) else {
            throw RemoteFailure.unsafe(remote: name)
        }
        let cutoff = SignatureTime(seconds: Clock.nowSeconds() - abandonedAfter)
        try AbandonedUploads(client: client, begunBefore: cutoff).drop()
    }

    /// Puts one object in one request if there is none.
    private func create(_ body: HTTPBody, _ key: String) throws -> Bool {
        let answer = try client.send("PUT", key, fields: [("if-none-match", "*")], body: body)
        switch answer.status {
        case 200, 201, 204: return true
        case 412: return false
        default: throw client.failure(answer)
        }
    }

    package func size(of object: RemoteObject) throws -> UInt64? {
        let answer = try client.send("HEAD", key(object))
        switch answer.status {
        case 200:
            guard let size = answer.fields["Content-Length"].flatMap({ UInt64($0) }) else {
                throw client.failure(answer)
            }
            return size
        case 404:
            // A HEAD has no body that tells a missing bucket from a missing object.
            _ = try page(.refs, after: nil, limit: 1)
            return nil
        default: throw client.failure(answer)
        }
    }

    package func put(_ source: RemoteSource, at object: RemoteObject) throws -> Bool {
        switch source {
        case .bytes(let bytes): return try create(.bytes(bytes), key(object))
        case .file(let path):
            let upload = try MultipartUpload(client: client, key: key(object), path: path)
            if upload.isSmall { return try create(.file(path: path, offset: 0, count: upload.size), key(object)) }
            if try size(of: object) != nil { return false }
            return try upload.run { try size(of: object) != nil }
        }
    }

    package func read(_ object: RemoteObject, _ range: Range<UInt64>) throws -> [UInt8]? {
        guard !range.isEmpty else { return try size(of: object).map { _ in [] } }
        let answer = try client.send(
            "GET",
            key(object),
            fields: [("range", "bytes=\(range.lowerBound)-\(range.upperBound - 1)")],
            limit: range.count + 1
        )
        switch answer.status {
        case 206: return Array(answer.body.prefix(range.count))
        case 200:
            // The service has answered with the whole.
            let start = Int(clamping: range.lowerBound)
            return start >= answer.body.count ? [] : Array(answer.body[start...].prefix(range.count))
        case 416: return []
        case 404 where S3Client.code(of: answer) != "NoSuchBucket": return nil
        default: throw client.failure(answer)
        }
    }

    package func list(_ shelf: RemoteShelf, after: String?) throws -> [RemoteEntry] {
        try page(shelf, after: after, limit: 1000)
    }

    /// The first page that has entries, or none at the end. A page may hold nothing but keys that are not swarm's.
    func page(_ shelf: RemoteShelf, after: String?, limit: Int) throws -> [RemoteEntry] {
        let prefix = client.key(shelf.rawValue + "/")
        var last = after.map { prefix + $0 }
        while true {
            var query: [(name: String, value: String)] = [
                ("list-type", "2"), ("prefix", prefix), ("max-keys", "\(limit)"),
            ]
            if let last { query.append(("start-after", last)) }
            let answer = try client.send("GET", nil, query: query)
            guard answer.status == 200, let root = XMLElement(answer.body), root.name == "ListBucketResult" else {
                throw client.failure(answer)
            }
            let contents = root.all("Contents")
            let entries = contents.compactMap { entry($0, prefix) }
            guard entries.isEmpty, let next = contents.last?["Key"] else { return entries }
            // A server that lists the same keys again would be asked for ever.
            if let last, !last.utf8.lexicographicallyPrecedes(next.utf8) { return entries }
            last = next
        }
    }

    private func entry(_ item: XMLElement, _ prefix: String) -> RemoteEntry? {
        guard let key = item["Key"], key.hasPrefix(prefix), let size = item["Size"].flatMap({ UInt64($0) }) else {
            return nil
        }
        let name = String(key.dropFirst(prefix.count))
        return name.isEmpty || name.contains("/") ? nil : RemoteEntry(name: name, size: size)
    }

    package func delete(_ object: RemoteObject) throws {
        let answer = try client.send("DELETE", key(object))
        guard answer.status == 204 || answer.status == 200 || answer.status == 404 else { throw client.failure(answer) }
    }

    package func ref(_ object: RemoteObject) throws -> RemoteRef? {
        let answer = try client.send("GET", key(object))
        switch answer.status {
        case 200:
            guard let tag = answer.fields["ETag"] else { throw RemoteFailure.unsafe(remote: name) }
            return RemoteRef(bytes: answer.body, version: tag)
        case 404 where S3Client.code(of: answer) != "NoSuchBucket": return nil
        default: throw client.failure(answer)
        }
    }

    package func swap(_ object: RemoteObject, expected: RemoteRef?, to bytes: [UInt8]) throws -> Bool {
        let condition = expected.map { ("if-match", $0.version) } ?? ("if-none-match", "*")
        let answer = try client.send("PUT", key(object), fields: [condition], body: .bytes(bytes))
        switch answer.status {
        case 200, 201, 204: return true
        // The write may have been this one, with its first answer lost.
        case 404, 409, 412: return try ref(object)?.bytes == bytes
        default: throw client.failure(answer)
        }
    }

    package func location(of object: RemoteObject, seconds: Int64) throws -> RemoteLocation {
        .url(try client.presigned(key(object), seconds: seconds))
    }
}
