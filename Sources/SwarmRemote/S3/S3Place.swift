/// A bucket, and what stands before the names of objects in it.
package struct S3Place: Sendable, Equatable {
    package let bucket: String
    /// Empty, or parts with `/` between them and none at the ends.
    package let prefix: String

    /// Nil where the bucket is no name of a bucket (3 to 63 of `a-z A-Z 0-9 . - _`) or a part of the prefix holds anything
    /// but these, or begins with a dot.
    package init?(bucket: String, prefix: [String]) {
        guard (3...63).contains(bucket.utf8.count), S3Place.isPlain(bucket) else { return nil }
        guard prefix.allSatisfy({ !$0.isEmpty && S3Place.isPlain($0) }) else { return nil }
        self.bucket = bucket
        self.prefix = prefix.joined(separator: "/")
    }

    private static func isPlain(_ text: String) -> Bool {
        guard !text.hasPrefix(".") else { return false }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"): true
            case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"): true
            default: false
            }
        }
    }
}
