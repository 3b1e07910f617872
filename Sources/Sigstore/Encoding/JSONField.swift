/// A JSON value with its place in the document, read under the protobuf JSON mapping: null is absence, integers of 64
/// bits are strings or numbers, bytes are base64. What does not fit is thrown with the place and the code given.
struct JSONField {
    let value: JSONValue
    private let path: String
    private let code: FailureCode

    /// The root of a document.
    init(text: [UInt8], limits: JSONValue.Limits, code: FailureCode) throws(SigstoreError) {
        do {
            self.value = try JSONValue(text, limits: limits)
        } catch {
            throw SigstoreError(code, "JSON at byte \(error.offset): \(error.reason)")
        }
        self.path = "$"
        self.code = code
    }

    private init(_ value: JSONValue, path: String, code: FailureCode) {
        self.value = value
        self.path = path
        self.code = code
    }

    /// A failure at this place.
    func failure(_ reason: String) -> SigstoreError { SigstoreError(code, "\(path): \(reason)") }

    /// The member `name`, or nil where it is absent or null.
    func optional(_ name: String) throws(SigstoreError) -> JSONField? {
        guard case .object(let members) = value else { throw failure("not an object") }
        guard let member = members[JSONValue.Name(text: name)] else { return nil }
        if case .null = member { return nil }
        return JSONField(member, path: "\(path).\(name)", code: code)
    }

    /// The member `name`, which must be there.
    func required(_ name: String) throws(SigstoreError) -> JSONField {
        guard let field = try optional(name) else { throw failure("\(name) is missing") }
        return field
    }

    /// The elements of an array of at most `limit`.
    func elements(limit: Int) throws(SigstoreError) -> [JSONField] {
        guard case .array(let elements) = value else { throw failure("not an array") }
        guard elements.count <= limit else { throw failure("more than \(limit) elements") }
        return elements.enumerated().map { JSONField($1, path: "\(path)[\($0)]", code: code) }
    }

    /// The elements of the member `name`, none where it is absent.
    func elements(of name: String, limit: Int) throws(SigstoreError) -> [JSONField] {
        guard let field = try optional(name) else { return [] }
        return try field.elements(limit: limit)
    }

    /// The members of an object in the order of their names.
    func members() throws(SigstoreError) -> [(name: String, field: JSONField)] {
        guard case .object(let members) = value else { throw failure("not an object") }
        return members.map { (name: $0.key.text, value: $0.value) }
            .sorted { $0.name < $1.name }
            .map { ($0.name, JSONField($0.value, path: "\(path).\($0.name)", code: code)) }
    }

    func string() throws(SigstoreError) -> String {
        guard case .string(let text) = value else { throw failure("not a string") }
        return text
    }

    /// A string of ASCII: of such two are equal only where their bytes are.
    func word() throws(SigstoreError) -> String {
        let text = try string()
        guard text.utf8.allSatisfy({ $0 < 0x80 }) else { throw failure("not ASCII") }
        return text
    }

    /// A decimal integer that is not negative.
    func unsigned() throws(SigstoreError) -> UInt64 {
        let text: String
        switch value {
        case .string(let digits), .number(let digits): text = digits
        default: throw failure("not an integer")
        }
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int64(text), number >= 0 else {
            throw failure("not an integer from 0 to 2^63-1")
        }
        return UInt64(number)
    }

    /// The integer of the member `name`; 0, as protobuf leaves out zeros, where it is absent.
    func unsigned(of name: String) throws(SigstoreError) -> UInt64 {
        guard let field = try optional(name) else { return 0 }
        return try field.unsigned()
    }

    /// Bytes in base64, at least one.
    func bytes() throws(SigstoreError) -> [UInt8] {
        guard let bytes = TextEncoding.base64Decode(try string().utf8) else { throw failure("not base64") }
        guard !bytes.isEmpty else { throw failure("empty") }
        return bytes
    }

    /// Bytes in hexadecimal.
    func hexBytes() throws(SigstoreError) -> [UInt8] {
        guard let bytes = TextEncoding.hexDecode(try string()) else { throw failure("not hexadecimal") }
        return bytes
    }

    func instant() throws(SigstoreError) -> Instant {
        guard let instant = Instant(rfc3339: try string()) else { throw failure("not an RFC 3339 time") }
        return instant
    }
}
