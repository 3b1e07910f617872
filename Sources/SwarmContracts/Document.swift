/// A JSON document of ours: a value that is written in one way alone (RFC 8785) and read strictly.
///
/// Readers ignore members that they do not know, unless the name begins with `critical_`, at any depth.
package protocol Document: Sendable, Equatable {
    /// What a person calls it: `node`, `certificate`.
    static var name: String { get }
    /// The document as a JSON value.
    var value: JSONValue { get }
    /// Takes the document from its members, which are known to hold no critical one.
    init(members: MemberReader) throws(DocumentFailure)
}

extension Document {
    /// Reads a document. Every rejection names the member by its JSON path and what was expected there.
    package init(reading bytes: [UInt8]) throws(DocumentFailure) {
        try self.init(members: MemberReader.open(bytes, as: Self.name))
    }

    /// The bytes that are stored and hashed (RFC 8785).
    package var canonicalBytes: [UInt8] { CanonicalJSON.encode(value) }

    /// The SHA-256 of the canonical bytes. Of bytes that were received, hash those instead.
    package var sha256: Digest256 { Digest256.sha256(of: canonicalBytes) }
}
