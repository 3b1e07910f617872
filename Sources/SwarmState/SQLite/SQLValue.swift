package import SwarmContracts

/// A value as SQLite keeps it (its five storage classes).
package enum SQLValue: Hashable, Sendable {
    case null
    case integer(Int64)
    case real(Double)
    /// Text; bytes that are not UTF-8 were repaired.
    case text(String)
    case blob([UInt8])

    /// The value in JSON: a blob as `{"base64": ".."}`, an integer beyond 2^53 - 1 and an infinite number as text.
    package var json: JSONValue {
        switch self {
        case .null: .null
        case .integer(let value): value.magnitude <= JSONValue.largestInteger ? .integer(value) : .string(String(value))
        case .real(let value): value.isFinite ? .number(value) : .string(String(value))
        case .text(let text): .string(text)
        case .blob(let bytes): .object(["base64": .string(Base64.encode(bytes, .standard))])
        }
    }

    /// The value in a table for people: a blob as `x'..'`, NULL as `NULL`.
    package var text: String {
        switch self {
        case .null: "NULL"
        case .integer(let value): String(value)
        case .real(let value): String(value)
        case .text(let text): text
        case .blob(let bytes): "x'" + Hex.encode(bytes) + "'"
        }
    }

    /// About how many bytes the value holds.
    var size: Int {
        switch self {
        case .null, .integer, .real: 8
        case .text(let text): text.utf8.count
        case .blob(let bytes): bytes.count
        }
    }

    var isNull: Bool { self == .null }

    init(_ digest: Digest256) { self = .blob(digest.bytes) }
    init(_ digest: Digest256?) { self = digest.map { .blob($0.bytes) } ?? .null }
    init(_ value: Int64?) { self = value.map(SQLValue.integer) ?? .null }
    init(_ text: String?) { self = text.map(SQLValue.text) ?? .null }

    /// A node's id as the index keeps it: 16 bytes.
    init(_ node: NodeID?) {
        guard let node, let bytes = Hex.decode(node.description.dropFirst(5)) else {
            self = .null
            return
        }
        self = .blob(bytes)
    }
}
