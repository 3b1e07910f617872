package import SwarmContracts

/// A value as SQLite keeps it (its five storage classes).
package enum SQLValue: Equatable, Sendable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    /// Text whose bytes are not UTF-8; it is shown repaired.
    case brokenText([UInt8])
    case blob([UInt8])

    /// The value in JSON: a blob as `{"base64": ".."}`, an integer beyond 2^53 - 1 and an infinite number as text.
    package var json: JSONValue {
        switch self {
        case .null: .null
        case .integer(let value): value.magnitude <= JSONValue.largestInteger ? .integer(value) : .string(String(value))
        case .real(let value): value.isFinite ? .number(value) : .string(String(value))
        case .text(let text): .string(text)
        case .brokenText(let bytes): .string(String(decoding: bytes, as: UTF8.self))
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
        case .brokenText(let bytes): String(decoding: bytes, as: UTF8.self)
        case .blob(let bytes): "x'" + Hex.encode(bytes) + "'"
        }
    }

    /// About how many bytes the value holds.
    var size: Int {
        switch self {
        case .null, .integer, .real: 8
        case .text(let text): text.utf8.count
        case .brokenText(let bytes), .blob(let bytes): bytes.count
        }
    }

    var isNull: Bool { self == .null }

    /// Whether both are the same for SQLite: text by its bytes, where `==` of Swift's strings takes canonically equivalent
    /// ones for equal.
    package static func == (left: SQLValue, right: SQLValue) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.integer(let one), .integer(let other)): one == other
        case (.real(let one), .real(let other)): one == other
        case (.text(let one), .text(let other)): one.isExactly(other)
        case (.brokenText(let one), .brokenText(let other)), (.blob(let one), .blob(let other)): one == other
        default: false
        }
    }

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
