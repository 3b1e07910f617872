/// Why bytes are not the document that they were read as.
package enum DocumentFailure: Failure, Equatable {
    /// Not strict JSON: the document's name, the reason, and the byte at which it shows.
    case syntax(document: String, reason: String, offset: Int)
    /// A member is missing or is something else than was expected there.
    case invalid(document: String, path: String, expected: String)
    /// A member that a reader must understand, and this one does not.
    case critical(document: String, path: String)
    /// The id that a node document states is not the one that its content makes.
    case nodeIDMismatch(computed: String, stated: String)

    package var code: String {
        switch self {
        case .syntax: "JSON_INVALID"
        case .invalid: "SCHEMA_INVALID"
        case .critical: "CRITICAL_MEMBER_UNKNOWN"
        case .nodeIDMismatch: "NODE_ID_MISMATCH"
        }
    }

    package var category: FailureCategory { .invalidInput }

    package var message: String {
        switch self {
        case .syntax(let document, let reason, let offset):
            "the \(document) document is not strict JSON: \(reason) at byte \(offset)"
        case .invalid(let document, let path, let expected):
            "the \(document) document does not hold at \(path): expected \(expected)"
        case .critical(let document, let path):
            "the \(document) document has the member \(path), which must be understood and is not known here"
        case .nodeIDMismatch(let computed, let stated):
            "the node document does not hold at $.node_id: expected \(computed), which its content makes, not \(stated)"
        }
    }

    package var hint: String? {
        switch self {
        case .critical: "a newer swarm may know it"
        case .syntax, .invalid, .nodeIDMismatch: nil
        }
    }
}

/// Paths into a document, in the notation of JSONPath (RFC 9535, section 2.3).
enum JSONPath {
    static let root = "$"

    /// The path of a member: `.name`, or `["name"]` for a name that is no plain word.
    static func member(_ name: String, of path: String) -> String {
        let plain = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: false
            }
        }
        if plain, !name.isEmpty { return "\(path).\(name)" }
        let shown = name.unicodeScalars.prefix(60).map { $0.escaped(asASCII: true) }.joined()
        return "\(path)[\"\(shown)\"]"
    }

    /// The path of an array's element.
    static func element(_ position: Int, of path: String) -> String { "\(path)[\(position)]" }

    /// The paths of all members at any depth whose name begins with `critical_`, in the order of the names.
    static func criticalMembers(in value: JSONValue, at path: String = root) -> [String] {
        switch value {
        case .null, .bool, .integer, .number, .string: []
        case .array(let elements):
            elements.enumerated().flatMap { criticalMembers(in: $0.element, at: element($0.offset, of: path)) }
        case .object(let members):
            members.sorted { $0.key < $1.key }.flatMap { name, value in
                let path = member(name, of: path)
                return (name.beginsExactly(with: "critical_") ? [path] : []) + criticalMembers(in: value, at: path)
            }
        }
    }
}
