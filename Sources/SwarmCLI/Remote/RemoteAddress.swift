internal import SwarmContracts
internal import SwarmPlatform
internal import SwarmRemote

/// What a person writes for a remote: a directory, `file://` and a path, or `s3://BUCKET/PREFIX`.
enum RemoteAddress {
    /// Why a text is no address; nil where it is one.
    static func defect(in text: String) -> String? {
        do {
            _ = try parse(text)
            return nil
        } catch { return error.expected }
    }

    enum Parsed {
        case directory(String)
        case bucket(S3Place)
    }

    struct Defect: Error { let expected: String }

    static func parse(_ text: String) throws(Defect) -> Parsed {
        if text.hasPrefix("s3://") {
            let rest = text.dropFirst(5)
            let bucket = String(rest.prefix { $0 != "/" })
            let prefix = rest.dropFirst(bucket.count).split(separator: "/").map(String.init)
            guard let place = S3Place(bucket: bucket, prefix: prefix) else {
                throw Defect(expected: "s3://BUCKET/PREFIX, of letters, digits, '.', '-' and '_',")
            }
            return .bucket(place)
        }
        let path = text.hasPrefix("file://") ? String(text.dropFirst(7)) : text
        guard !text.contains("://") || text.hasPrefix("file:///"), path.contains("/"), !path.isEmpty else {
            throw Defect(expected: "a directory (with a '/' in it) or s3://BUCKET/PREFIX")
        }
        guard Files.absolute(path) != "/" else { throw Defect(expected: "a directory other than /") }
        return .directory(path)
    }
}
