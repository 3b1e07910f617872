/// What a member of a document must be: how it is read, and what a person is told where it is something else.
package struct MemberForm<Value: Sendable>: Sendable {
    /// The words after "expected".
    package let expected: String
    /// The value, or nil where it is none.
    package let read: @Sendable (JSONValue) -> Value?

    package init(_ expected: String, _ read: @escaping @Sendable (JSONValue) -> Value?) {
        (self.expected, self.read) = (expected, read)
    }
}

extension MemberForm where Value == String {
    /// A text that is not empty.
    package static var text: MemberForm {
        MemberForm("a non-empty string") { $0.text.flatMap { $0.isEmpty ? nil : $0 } }
    }

    /// One text and no other.
    package static func constant(_ constant: String) -> MemberForm {
        MemberForm("\"\(constant)\"") { $0.text.flatMap { $0.isExactly(constant) ? $0 : nil } }
    }

    /// A time (RFC 3339).
    package static var time: MemberForm {
        MemberForm("an RFC 3339 time") { $0.text.flatMap { RFC3339.isTime($0) ? $0 : nil } }
    }

    /// A full commit id.
    package static var commit: MemberForm {
        MemberForm("40 lower-case hexadecimal digits") { value in
            value.text.flatMap { $0.utf8.count == 40 && Hex.decode($0) != nil ? $0 : nil }
        }
    }
}

extension MemberForm where Value == Int {
    /// An integer that is not below `least`.
    package static func integer(atLeast least: Int = 0) -> MemberForm {
        MemberForm("an integer of \(least) or more") { $0.integer.map { Int($0) }.flatMap { $0 >= least ? $0 : nil } }
    }
}

extension MemberForm where Value == Int64 {
    /// Seconds since 1970-01-01T00:00:00Z, after that moment.
    package static var unixSeconds: MemberForm {
        MemberForm("a time in seconds above 0") { $0.integer.flatMap { $0 > 0 ? $0 : nil } }
    }
}

extension MemberForm where Value == Bool {
    package static var boolean: MemberForm {
        MemberForm("true or false") { value in
            guard case .bool(let flag) = value else { return nil }
            return flag
        }
    }
}

extension MemberForm where Value == [String] {
    /// An array of texts that are not empty.
    package static var texts: MemberForm {
        MemberForm("an array of non-empty strings") { value in
            guard let elements = value.elements else { return nil }
            let texts = elements.compactMap { $0.text.flatMap { $0.isEmpty ? nil : $0 } }
            return texts.count == elements.count ? texts : nil
        }
    }
}

extension MemberForm where Value == [UInt8] {
    /// Bytes as lower-case hexadecimal digits.
    package static var hexadecimal: MemberForm {
        MemberForm("bytes in lower-case hexadecimal digits") { $0.text.flatMap { Hex.decode($0) } }
    }
}

extension MemberForm where Value == Digest256 {
    /// `sha256:` and 64 lower-case hexadecimal digits.
    package static var digest: MemberForm {
        MemberForm("sha256: and 64 lower-case hexadecimal digits") { $0.text.flatMap { Digest256($0) } }
    }
}

extension MemberForm where Value == NodeID {
    package static var nodeID: MemberForm {
        MemberForm("node- and 32 lower-case hexadecimal digits") { $0.text.flatMap { NodeID($0) } }
    }
}

extension MemberForm where Value == StateID {
    package static var stateID: MemberForm {
        MemberForm("state- and 32 lower-case hexadecimal digits") { $0.text.flatMap { StateID($0) } }
    }
}

extension MemberForm where Value == RunID {
    package static var runID: MemberForm { MemberForm("a run id") { $0.text.flatMap { try? RunID(stored: $0) } } }
}

extension MemberForm where Value == Label {
    package static var label: MemberForm { MemberForm("a branch label") { $0.text.flatMap { try? Label($0) } } }
}

extension MemberForm where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One of the words of an enumeration, those in `refused` left out.
    package static func word(except refused: [Value] = []) -> MemberForm {
        let words = Value.allCases.map(\.rawValue).filter { word in !refused.contains { $0.rawValue == word } }
        let expected = "one of " + words.map { "\"\($0)\"" }.joined(separator: ", ")
        return MemberForm(expected) { value in
            guard let text = value.text, words.contains(where: { $0.isExactly(text) }) else { return nil }
            return Value(rawValue: text)
        }
    }

    /// One of the words of an enumeration.
    package static var word: MemberForm { word() }
}

extension JSONValue {
    /// An object of the members that are not nil. What is to stand there as null is `.null`.
    static func members(_ pairs: KeyValuePairs<String, JSONValue?>) -> JSONValue {
        var members: [String: JSONValue] = [:]
        for (name, value) in pairs { members[name] = value }
        return .object(members)
    }

    /// A text from what prints as one.
    static func text(of value: some CustomStringConvertible) -> JSONValue { .string(value.description) }

    /// The word of an enumeration.
    static func word(_ value: some RawRepresentable<String>) -> JSONValue { .string(value.rawValue) }

    /// A digest as `sha256:<hex>`, or null.
    static func digest(_ digest: Digest256?) -> JSONValue { digest.map { .string($0.description) } ?? .null }

    /// An array of texts.
    static func texts(_ texts: [String]) -> JSONValue { .array(texts.map(JSONValue.string)) }
}
