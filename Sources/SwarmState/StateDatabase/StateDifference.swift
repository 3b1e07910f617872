package import SwarmContracts

/// What distinguishes two databases, in an order that depends on their content alone.
package struct StateDifference: Sendable, Equatable {
    package let schema: [SchemaChange]
    /// The tables with a changed row, by name.
    package let tables: [TableDifference]
    /// Whether there are more changed rows than are listed. The counts are complete all the same.
    package let truncated: Bool

    package var isEmpty: Bool { schema.isEmpty && tables.isEmpty }

    package var json: JSONValue {
        [
            "schema": .array(schema.map(\.json)), "tables": .array(tables.map(\.json)), "truncated": .bool(truncated),
        ]
    }
}

/// Whether something came, went or became something else.
package enum ChangeKind: String, Sendable {
    case added, removed, changed
}

/// A table, index, view or trigger that is not what it was.
package struct SchemaChange: Sendable, Equatable {
    package let kind: ChangeKind
    /// SQLite's word: `table`, `index`, `view`, `trigger`.
    package let type: String
    package let name: String
    package let old: String?
    package let new: String?

    var json: JSONValue {
        [
            "kind": .string(kind.rawValue), "type": .string(type), "name": .string(name), "old": JSONValue(old),
            "new": JSONValue(new),
        ]
    }
}

/// The rows of one table that differ.
package struct TableDifference: Sendable, Equatable {
    package let table: String
    /// The columns that tell a row: the primary key, or `rowid`.
    package let keyColumns: [String]
    package let oldColumns: [String]
    package let newColumns: [String]
    package internal(set) var added = 0
    package internal(set) var removed = 0
    package internal(set) var changed = 0
    /// Added and changed rows in the order of their keys, then removed ones.
    package internal(set) var rows: [RowChange] = []

    var json: JSONValue {
        [
            "table": .string(table), "key": .array(keyColumns.map(JSONValue.string)), "added": JSONValue(added),
            "removed": JSONValue(removed), "changed": JSONValue(changed),
            "old_columns": .array(oldColumns.map(JSONValue.string)),
            "new_columns": .array(newColumns.map(JSONValue.string)), "rows": .array(rows.map(\.json)),
        ]
    }
}

/// A row that differs.
package struct RowChange: Sendable, Equatable {
    package let kind: ChangeKind
    package let key: [SQLValue]
    /// Its values in the order of the old columns; nil where it was added.
    package let old: [SQLValue]?
    /// Its values in the order of the new columns; nil where it was removed.
    package let new: [SQLValue]?

    package init(kind: ChangeKind, key: [SQLValue], old: [SQLValue]?, new: [SQLValue]?) {
        self.kind = kind
        self.key = key
        self.old = old
        self.new = new
    }

    var json: JSONValue {
        func list(_ values: [SQLValue]?) -> JSONValue { values.map { .array($0.map(\.json)) } ?? .null }
        return ["kind": .string(kind.rawValue), "key": list(key), "old": list(old), "new": list(new)]
    }
}
