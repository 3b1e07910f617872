internal import SwarmContracts

extension StateDatabase {
    /// Compares two databases row by row. Both are files that `finish` made. At most `rowLimit` rows are listed.
    ///
    /// A row is told by its table's primary key, or by its rowid where there is none. Throws `.timeLimit`, `.damaged`,
    /// `.stateUnusable`.
    package static func difference(
        old: String,
        new: String,
        timeLimitSeconds: Int,
        rowLimit: Int
    ) throws(StateFailure) -> StateDifference {
        do throws(StateFailure) {
            var comparison = Comparison(
                old: try reader(old, timeLimitSeconds: timeLimitSeconds),
                new: try reader(new, timeLimitSeconds: timeLimitSeconds),
                rowsLeft: rowLimit
            )
            return try comparison.run()
        } catch {
            guard case .sql(_, let reason) = error else { throw error }
            throw .stateUnusable(reason)
        }
    }
}

/// A comparison under way.
private struct Comparison {
    let old: Connection
    let new: Connection
    var rowsLeft: Int
    var truncated = false

    init(old: Connection, new: Connection, rowsLeft: Int) {
        self.old = old
        self.new = new
        self.rowsLeft = rowsLeft
    }

    mutating func run() throws(StateFailure) -> StateDifference {
        let before = try SchemaItem.all(in: old)
        let after = try SchemaItem.all(in: new)
        var schema: [SchemaChange] = []
        var tables: [TableDifference] = []
        for key in Set(before.keys).union(after.keys).sorted() {
            let (left, right) = (before[key], after[key])
            if left != right {
                let kind: ChangeKind = left == nil ? .added : right == nil ? .removed : .changed
                let change = SchemaChange(
                    kind: kind,
                    type: key.type,
                    name: key.name,
                    old: left?.sql,
                    new: right?.sql
                )
                schema.append(change)
            }
            guard key.type == "table" else { continue }
            let difference = try table(
                key.name,
                left?.isStored == true ? try TableLayout(key.name, in: old) : nil,
                right?.isStored == true ? try TableLayout(key.name, in: new) : nil
            )
            if difference.added + difference.removed + difference.changed > 0 { tables.append(difference) }
        }
        return StateDifference(schema: schema, tables: tables, truncated: truncated)
    }

    private mutating func table(
        _ name: String,
        _ before: TableLayout?,
        _ after: TableLayout?
    ) throws(StateFailure) -> TableDifference {
        var difference = TableDifference(
            table: name,
            keyColumns: (after ?? before)?.keyNames ?? [],
            oldColumns: before?.columns ?? [],
            newColumns: after?.columns ?? []
        )
        // Rows told by another kind of key have nothing to do with each other.
        let comparable = before != nil && before?.keyNames == after?.keyNames
        if let after {
            try after.each(in: new) { (row) throws(StateFailure) in
                guard comparable, let before, let twin = try before.find(row, in: old) else {
                    difference.added += 1
                    note(RowChange(kind: .added, key: row.key, old: nil, new: row.values), in: &difference)
                    return
                }
                if TableLayout.same(before.columns, twin.values, after.columns, row.values) { return }
                difference.changed += 1
                note(RowChange(kind: .changed, key: row.key, old: twin.values, new: row.values), in: &difference)
            }
        }
        if let before {
            try before.each(in: old) { (row) throws(StateFailure) in
                if comparable, let after, try after.find(row, in: new) != nil { return }
                difference.removed += 1
                note(RowChange(kind: .removed, key: row.key, old: row.values, new: nil), in: &difference)
            }
        }
        return difference
    }

    private mutating func note(_ change: RowChange, in difference: inout TableDifference) {
        guard rowsLeft > 0 else {
            truncated = true
            return
        }
        rowsLeft -= 1
        difference.rows.append(change)
    }
}

/// An entry of a database's schema.
private struct SchemaItem: Equatable {
    struct Key: Hashable, Comparable {
        let type: String
        let name: String

        // Two names may be canonically equivalent and yet two tables.
        static func == (left: Key, right: Key) -> Bool {
            left.type == right.type && left.name.isExactly(right.name)
        }

        func hash(into hasher: inout Hasher) { for byte in name.utf8 { hasher.combine(byte) } }

        static func < (left: Key, right: Key) -> Bool {
            guard left.type == right.type else { return left.type < right.type }
            return left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
        }
    }

    let sql: String
    /// Whether it is a table whose rows lie in the file: no virtual one.
    let isStored: Bool

    static func == (left: SchemaItem, right: SchemaItem) -> Bool { left.sql.isExactly(right.sql) }

    static func all(in database: Connection) throws(StateFailure) -> [Key: SchemaItem] {
        let rows = try database.rows("SELECT type, name, sql, rootpage FROM sqlite_schema") {
            (Key(type: $0.text(0), name: $0.text(1)), SchemaItem(sql: $0.text(2), isStored: $0.integer(3) > 0))
        }
        // SQLite's own (statistics, automatic indexes) follow from the others.
        let kept = rows.filter { !$0.0.name.lowercased().hasPrefix("sqlite_") }
        return Dictionary(kept, uniquingKeysWith: { first, _ in first })
    }
}
