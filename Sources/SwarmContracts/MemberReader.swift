/// The members of one object of a document that is being read, and where in the document it stands.
package struct MemberReader: Sendable {
    /// The name of the document, for the failure's sentence.
    package let document: String
    /// The JSON path of the object.
    package let path: String
    /// The object as it was read.
    package let value: JSONValue

    /// Reads the bytes as an object that holds no `critical_` member at any depth.
    package static func open(_ bytes: [UInt8], as document: String) throws(DocumentFailure) -> MemberReader {
        let value: JSONValue
        do {
            value = try JSONParser.parse(bytes)
        } catch {
            throw DocumentFailure.syntax(document: document, reason: error.reason, offset: error.offset)
        }
        if let path = JSONPath.criticalMembers(in: value).first {
            throw DocumentFailure.critical(document: document, path: path)
        }
        return try MemberReader(document, JSONPath.root, value)
    }

    private init(_ document: String, _ path: String, _ value: JSONValue) throws(DocumentFailure) {
        guard case .object = value else {
            throw .invalid(document: document, path: path, expected: "an object")
        }
        (self.document, self.path, self.value) = (document, path, value)
    }

    /// The failure of a member of this object.
    package func failure(_ name: String, _ expected: String) -> DocumentFailure {
        .invalid(document: document, path: JSONPath.member(name, of: path), expected: expected)
    }

    /// A member that must be there.
    package func required<Value>(_ name: String, _ form: MemberForm<Value>) throws(DocumentFailure) -> Value {
        guard let found = value[name].flatMap(form.read) else { throw failure(name, form.expected) }
        return found
    }

    /// A member that must be there and may be null.
    package func nullable<Value>(_ name: String, _ form: MemberForm<Value>) throws(DocumentFailure) -> Value? {
        guard let found = value[name] else { throw failure(name, form.expected + " or null") }
        if found == .null { return nil }
        guard let read = form.read(found) else { throw failure(name, form.expected + " or null") }
        return read
    }

    /// A member that may be absent.
    package func optional<Value>(_ name: String, _ form: MemberForm<Value>) throws(DocumentFailure) -> Value? {
        value[name] == nil ? nil : try required(name, form)
    }

    /// An object that must be there.
    package func object(_ name: String) throws(DocumentFailure) -> MemberReader {
        guard let found = value[name] else { throw failure(name, "an object") }
        return try MemberReader(document, JSONPath.member(name, of: path), found)
    }

    /// An object that may be absent.
    package func optionalObject(_ name: String) throws(DocumentFailure) -> MemberReader? {
        value[name] == nil ? nil : try object(name)
    }
}
