/// What a value of a document may be, said once: a validator and a JSON Schema are both made from it.
indirect enum Shape: Sendable {
    case object([Property])
    case array(Shape)
    case text(TextForm)
    case constant(String)
    case choice([String])
    /// An integer from this one to 2^53 - 1.
    case integer(Int64)
    case boolean
    case nullable(Shape)
    case anything

    /// A member of an object.
    struct Property: Sendable {
        let name: String
        let shape: Shape
        let required: Bool

        static func required(_ name: String, _ shape: Shape) -> Property {
            Property(name: name, shape: shape, required: true)
        }

        static func optional(_ name: String, _ shape: Shape) -> Property {
            Property(name: name, shape: shape, required: false)
        }
    }

    /// What a text must look like.
    enum TextForm: Sendable {
        case nonEmpty
        /// `sha256:` and something in printable ASCII: readable stand-ins are taken, as older fixtures have them.
        case hash
        case time
        case commit

        var pattern: String? {
            switch self {
            case .nonEmpty: nil
            case .hash: "^sha256:[!-~]+$"
            case .time: RFC3339.pattern
            case .commit: "^[0-9a-f]{40}$"
            }
        }

        var expected: String {
            switch self {
            case .nonEmpty: "a non-empty string"
            case .hash: "sha256: and what follows it"
            case .time: "an RFC 3339 time"
            case .commit: "40 lower-case hexadecimal digits"
            }
        }

        func accepts(_ text: String) -> Bool {
            switch self {
            case .nonEmpty: !text.isEmpty
            case .hash:
                text.beginsExactly(with: "sha256:") && text.utf8.count > 7
                    && text.utf8.allSatisfy { (0x21...0x7e).contains($0) }
            case .time: RFC3339.isTime(text)
            case .commit: text.utf8.count == 40 && Hex.decode(text) != nil
            }
        }
    }

    static var text: Shape { .text(.nonEmpty) }
    static var hash: Shape { .text(.hash) }
    static var time: Shape { .text(.time) }
    static var texts: Shape { .array(.text) }
    static var step: Shape { .integer(0) }

    /// One of the words of an enumeration.
    static func words<Word: RawRepresentable<String> & CaseIterable>(_ type: Word.Type) -> Shape {
        .choice(type.allCases.map(\.rawValue))
    }

    /// The words after "expected".
    var expected: String {
        switch self {
        case .object: "an object"
        case .array: "an array"
        case .text(let form): form.expected
        case .constant(let text): "\"\(text)\""
        case .choice(let words): "one of " + words.map { "\"\($0)\"" }.joined(separator: ", ")
        case .integer(let least): "an integer of \(least) or more"
        case .boolean: "true or false"
        case .nullable(let shape): shape.expected + " or null"
        case .anything: "a value"
        }
    }
}
