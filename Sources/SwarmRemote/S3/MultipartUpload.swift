internal import Crypto
internal import SwarmContracts
internal import SwarmHTTP
internal import SwarmPlatform

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// A large file on its way to a bucket, in parts. What an interrupted upload of the same key has sent of the same bytes is
/// used again.
struct MultipartUpload {
    /// Bytes up to which a file goes in one request, and of a part. S3 takes no part but the last below 5 MiB.
    private static let part: Int64 = 8 << 20
    /// S3 takes 10,000 parts.
    private static let mostParts: Int64 = 9_000

    private let client: S3Client
    private let key: String
    private let path: String
    let size: Int64

    init(client: S3Client, key: String, path: String) throws {
        (self.client, self.key, self.path) = (client, key, path)
        size = Int64(clamping: try Descriptor.open(path, O_RDONLY).size())
    }

    var isSmall: Bool { size <= MultipartUpload.part * 2 }

    private var partSize: Int64 {
        let needed = (size + MultipartUpload.mostParts - 1) / MultipartUpload.mostParts
        return max(MultipartUpload.part, ((needed + (1 << 20) - 1) >> 20) << 20)
    }

    /// Sends the file unless its key is taken: then false. `exists` looks for the object.
    func run(exists: () throws -> Bool) throws -> Bool {
        for _ in 0..<5 {
            let id = try find() ?? begin()
            guard let parts = try sendParts(id) else {
                // Somebody else, who sends the same, has completed or dropped it.
                if try exists() { return false }
                continue
            }
            let answer = try complete(id, parts)
            if answer.status == 200, XMLElement(answer.body)?.name != "Error" { return true }
            switch answer.status {
            case 412:
                _ = try client.send("DELETE", key, query: [("uploadId", id)])
                return false
            case 200, 404, 409:
                if try exists() { return false }
            default: throw client.failure(answer)
            }
        }
        throw RemoteFailure.failed(remote: client.name, what: "an upload in parts was dropped there five times")
    }

    /// The newest upload of this key that was begun and not completed.
    private func find() throws -> String? {
        let answer = try client.send("GET", nil, query: [("uploads", ""), ("prefix", key)])
        guard answer.status == 200, let root = XMLElement(answer.body) else { throw client.failure(answer) }
        let found = root.all("Upload").filter { $0["Key"] == key }
        return found.max { ($0["Initiated"] ?? "") < ($1["Initiated"] ?? "") }?["UploadId"]
    }

    private func begin() throws -> String {
        let answer = try client.send("POST", key, query: [("uploads", "")])
        guard answer.status == 200, let id = XMLElement(answer.body)?["UploadId"], !id.isEmpty else {
            throw client.failure(answer)
        }
        return id
    }

    /// The ETags of all parts, in order; nil where the upload is gone.
    private func sendParts(_ id: String) throws -> [String]? {
        guard let there = try partsThere(id) else { return nil }
        var tags: [String] = []
        var offset: Int64 = 0
        while offset < size {
            let count = min(partSize, size - offset)
            let number = tags.count + 1
            if let known = there[number], known.size == count, try known.tag == md5(offset, count) {
                tags.append(known.tag)
            } else {
                let answer = try client.send(
                    "PUT",
                    key,
                    query: [("partNumber", "\(number)"), ("uploadId", id)],
                    body: .file(path: path, offset: offset, count: count)
                )
                if answer.status == 404, S3Client.code(of: answer) == "NoSuchUpload" { return nil }
                guard answer.status == 200, let tag = answer.fields["ETag"] else { throw client.failure(answer) }
                tags.append(tag)
            }
            offset += count
        }
        return tags
    }

    private func partsThere(_ id: String) throws -> [Int: (tag: String, size: Int64)]? {
        var parts: [Int: (tag: String, size: Int64)] = [:]
        var marker = 0
        while true {
            let query = [(name: "uploadId", value: id), (name: "part-number-marker", value: "\(marker)")]
            let answer = try client.send("GET", key, query: query)
            if answer.status == 404, S3Client.code(of: answer) == "NoSuchUpload" { return nil }
            guard answer.status == 200, let root = XMLElement(answer.body) else { throw client.failure(answer) }
            for part in root.all("Part") {
                guard let number = part["PartNumber"].flatMap({ Int($0) }), let tag = part["ETag"],
                    let size = part["Size"].flatMap({ Int64($0) })
                else { continue }
                parts[number] = (tag, size)
            }
            guard root["IsTruncated"] == "true", let next = root["NextPartNumberMarker"].flatMap({ Int($0) }),
                next > marker
            else { return parts }
            marker = next
        }
    }

    /// What S3 calls a part of these bytes, where it is not encrypted under a customer's key.
    private func md5(_ offset: Int64, _ count: Int64) throws -> String {
        let file = try Descriptor.open(path, O_RDONLY)
        let bytes = try file.bytes(Int(count), at: UInt64(offset))
        return "\"" + Hex.encode(Array(Insecure.MD5.hash(data: bytes))) + "\""
    }

    private func complete(_ id: String, _ tags: [String]) throws -> HTTPResponse {
        let parts = tags.enumerated().map { number, tag in
            "<Part><PartNumber>\(number + 1)</PartNumber><ETag>\(XMLElement.encoded(tag))</ETag></Part>"
        }
        let text =
            "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\(parts.joined())"
            + "</CompleteMultipartUpload>"
        return try client.send(
            "POST",
            key,
            query: [("uploadId", id)],
            fields: [("if-none-match", "*")],
            body: .bytes(Array(text.utf8))
        )
    }
}
