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

    package var hint: String? { "use 1 to 128 of A-Z a-z 0-9 . _ - and begin with a letter, a digit or _" }
}

/// The rules for names that become file names: 1 to 128 of `A-Z a-z 0-9 . _ -`, not beginning with `.` or `-`.
package enum Name {
    /// The longest run id or label in bytes.
    package static let longest = 128

    /// Why `text` is no such name, or nil where it is one.
    package static func defect(in text: String) -> String? {
        if text.isEmpty { return "it is empty" }
        if text.utf8.count > longest { return "it is longer than \(longest) bytes" }
        if text.hasPrefix(".") || text.hasPrefix("-") { return "it begins with '\(text.prefix(1))'" }
        for scalar in text.unicodeScalars {
            switch scalar {
            case "A"..."Z", "a"..."z", "0"..."9", ".", "_", "-": continue
            default: return "it holds \(scalar.escaped(asASCII: true).debugDescription)"
            }
        }
        return nil
    }

    /// The text as it may stand in a message: no control characters, at most 40 characters.
    package static func shown(_ text: String) -> String {
        let plain = text.unicodeScalars.map { $0.isASCII && $0.value >= 32 && $0.value != 127 ? String($0) : "?" }
            .joined()
        return plain.count <= 40 ? plain : plain.prefix(37) + "..."
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
        if let defect = Name.defect(in: text) { throw .invalidLabel(Name.shown(text), defect) }
        // A fork's run id is `fork.<label>` and has to keep the same limit.
        if text.utf8.count > Name.longest - 5 {
            throw .invalidLabel(Name.shown(text), "it is longer than \(Name.longest - 5) bytes")
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
