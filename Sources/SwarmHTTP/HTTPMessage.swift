package import SwarmContracts

/// Header fields in the order in which they were sent; names are compared without regard to case (RFC 9110 section 5.1).
package struct HTTPFields: Sendable {
    package private(set) var all: [(name: String, value: String)]

    package init(_ all: [(name: String, value: String)] = []) { self.all = all }

    /// The first value of the field; nil where there is none.
    package subscript(name: String) -> String? {
        let wanted = name.lowercased()
        return all.first { $0.name.lowercased() == wanted }?.value
    }

    package mutating func add(_ name: String, _ value: String) { all.append((name, value)) }
}

/// What a request carries.
package enum HTTPBody: Sendable {
    case none
    case bytes([UInt8])
    /// `count` bytes of a file from `offset`, read as they are sent.
    case file(path: String, offset: Int64, count: Int64)
}

/// One request. Redirects are never followed: whoever asked decides where its credentials may go.
package struct HTTPRequest: Sendable {
    package var method: String
    package var url: String
    package var fields: HTTPFields
    package var body: HTTPBody
    /// The longest silence of the other side that is waited out, in seconds.
    package var idleSeconds: Int64 = 60

    package init(_ method: String, _ url: String, fields: HTTPFields = HTTPFields(), body: HTTPBody = .none) {
        self.method = method
        self.url = url
        self.fields = fields
        self.body = body
    }
}

/// An answer with its body in memory.
package struct HTTPResponse: Sendable {
    package let status: Int
    package let fields: HTTPFields
    package let body: [UInt8]

    package init(status: Int, fields: HTTPFields, body: [UInt8]) {
        self.status = status
        self.fields = fields
        self.body = body
    }
}

/// An answer whose body went to a file.
package struct HTTPDownload: Sendable {
    package let status: Int
    package let fields: HTTPFields
    /// Bytes written, and the SHA-256 of them.
    package let count: Int64
    package let sha256: Digest256
    /// The body where the status was not 200 or 206, at most 64 KiB of it; then nothing was written.
    package let refusal: [UInt8]

    package init(status: Int, fields: HTTPFields, count: Int64, sha256: Digest256, refusal: [UInt8]) {
        self.status = status
        self.fields = fields
        self.count = count
        self.sha256 = sha256
        self.refusal = refusal
    }
}

/// Sends requests and waits for the answers. May be used from many threads.
package protocol HTTPTransport: Sendable {
    /// Sends a request and reads the whole answer; one whose body is longer than `limit` bytes is `tooLarge`.
    func send(_ request: HTTPRequest, limit: Int) throws(HTTPFailure) -> HTTPResponse

    /// Writes the body of a 200 or 206 to `path` as it comes, created new or cut to nothing; at most `limit` bytes.
    func download(_ request: HTTPRequest, to path: String, limit: Int64) throws(HTTPFailure) -> HTTPDownload
}
