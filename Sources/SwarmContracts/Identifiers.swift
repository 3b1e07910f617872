/// Why a text cannot be the id that it was given for.
package enum IdentifierError: Failure, Equatable {
    /// Not a run id; the associated values are what was given (shortened) and why not.
    case invalidRunID(String, String)
    /// Not a branch label.
    case invalidLabel(String, String)
    /// Begins with a prefix that swarm keeps for itself.
    case reservedRunID(String)

    package var code: String {
        switch self {
        case .invalidRunID: "RUN_ID_INVALID"
        case .invalidLabel: "LABEL_INVALID"
        case .reservedRunID: "RUN_ID_RESERVED"
        }
    }

    package var category: FailureCategory { .invalidInput }

    package var message: String {
        switch self {
        case .invalidRunID(let text, let why): "'\(text)' is not a run id: \(why)"
        case .invalidLabel(let text, let why): "'\(text)' is not a branch label: \(why)"
        case .reservedRunID(let text):
            "the run id '\(text)' is reserved: 'init' and ids that begin with 'import.' or 'fork.' are swarm's own"
        }
    }

    package var hint: String? {
        switch self {
        case .invalidRunID: IdentifierError.rule(Name.longest)
        case .invalidLabel: IdentifierError.rule(Name.longestLabel)
        case .reservedRunID: "choose another --run-id, or leave it out and one is made up"
        }
    }

    private static func rule(_ longest: Int) -> String {
        "use 1 to \(longest) of A-Z a-z 0-9 . _ - and begin with a letter, a digit or _"
    }
}

/// The rules for names that become file names: 1 to 128 of `A-Z a-z 0-9 . _ -`, not beginning with `.` or `-`.
package enum Name {
    /// The longest run id or label in bytes.
    package static let longest = 128
    /// The longest label: a fork's run id is `fork.<label>` and has to keep the same limit.
    static let longestLabel = longest - 5

    /// Why `text` is no such name of at most `longest` bytes, or nil where it is one.
    package static func defect(in text: String, longest: Int = Name.longest) -> String? {
        if text.isEmpty { return "it is empty" }
        if text.utf8.count > longest { return "it is longer than \(longest) bytes" }
        if text.hasPrefix(".") || text.hasPrefix("-") { return "it begins with '\(text.prefix(1))'" }
        for scalar in text.unicodeScalars {
            switch scalar {
            case "A"..."Z", "a"..."z", "0"..."9", ".", "_", "-": continue
            default: return "it holds \(isPlain(scalar) ? "'\(scalar)'" : "U+" + hex(scalar))"
            }
        }
        return nil
    }

    /// The text as it may stand in a message: letters of any language and what is printable in ASCII, `?` for the rest, at
    /// most 40 characters.
    package static func shown(_ text: String) -> String {
        let plain = text.unicodeScalars.map { isPlain($0) ? String($0) : "?" }.joined()
        return plain.count <= 40 ? plain : plain.prefix(37) + "..."
    }

    /// Whether a terminal shows it as one sign in its place: no control, direction or joining character.
    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return scalar.value >= 32 && scalar.value != 127 }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .otherLetter, .decimalNumber: return true
        default: return false
        }
    }

    private static func hex(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}

/// The id of a run; unique in a store, and the name of its folder.
package struct RunID: Hashable, Sendable, CustomStringConvertible {
    package let description: String

    /// Takes a person's run id. Throws where it breaks the rules or is one of swarm's own.
    package init(_ text: String) throws(IdentifierError) {
        try self.init(stored: text)
        // The root has the run id `init`: a run of that name would put its documents where the root must have none.
        if text == "init" || text.hasPrefix("import.") || text.hasPrefix("fork.") {
            throw .reservedRunID(Name.shown(text))
        }
    }

    /// Takes an id that swarm itself has put together from parts that keep the rules.
    init(known text: String) { description = text }

    /// Takes a run id as documents and folders hold it, swarm's own included.
    package init(stored text: String) throws(IdentifierError) {
        if let defect = Name.defect(in: text) { throw .invalidRunID(Name.shown(text), defect) }
        description = text
    }
}

/// The label of a branch; unique in a store.
package struct Label: Hashable, Sendable, CustomStringConvertible {
    package let description: String

    /// Takes a label, or throws where it breaks the rules.
    package init(_ text: String) throws(IdentifierError) {
        if let defect = Name.defect(in: text, longest: Name.longestLabel) {
            throw .invalidLabel(Name.shown(text), defect)
        }
        description = text
    }
}

/// The id of a node: `node-` and the first 32 hex digits of the SHA-256 of its document without `node_id`.
package struct NodeID: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let description: String

    /// Takes `node-` and 32 lower-case hexadecimal digits; nil for anything else.
    package init?(_ text: String) {
        guard text.utf8.count == 37, text.hasPrefix("node-"), Hex.decode(text.dropFirst(5)) != nil else { return nil }
        description = text
    }

    /// The id that a document's hash makes.
    package init(documentHash: Digest256) { description = "node-" + documentHash.hex.prefix(32) }

    package static func < (left: NodeID, right: NodeID) -> Bool { left.description < right.description }
}
