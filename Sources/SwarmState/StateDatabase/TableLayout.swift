internal import SwarmContracts

/// How the rows of a table are read and told apart.
struct TableLayout {
    /// A row: what tells it, what is in it, and its rowid where the table has one.
    struct Row {
        let key: [SQLValue]
        let values: [SQLValue]
        let rowid: SQLValue?
    }

    let table: String
    /// The columns that are stored; generated ones follow from them.
    let columns: [String]
    /// What tells a row: the primary key, else `rowid`, else all columns.
    let keyNames: [String]
    /// A name by which the rowid can be read.
    private let rowidName: String?
    private let keyColumns: [Int]

    init(_ table: String, in database: Connection) throws(StateFailure) {
        self.table = table
        let listed = try database.rows("SELECT name, pk FROM pragma_table_info(?) ORDER BY cid", [.text(table)]) {
            (name: $0.text(0), place: $0.integer(1))
        }
        columns = listed.map(\.name)
        let taken = Set(columns.map { $0.lowercased() })
        let free = ["rowid", "_rowid_", "oid"].first { !taken.contains($0) }
        var rowidName: String?
        if let free {
            do throws(StateFailure) {
                _ = try database.prepare("SELECT \(free) FROM \(TableLayout.quoted(table))")
                rowidName = free
            } catch {
                // WITHOUT ROWID: such a table always has a primary key.
                guard case .sql = error else { throw error }
            }
        }
        self.rowidName = rowidName
        let primary = listed.indices.filter { listed[$0].place > 0 }.sorted { listed[$0].place < listed[$1].place }
        if !primary.isEmpty {
            keyColumns = primary
            keyNames = primary.map { listed[$0].name }
        } else if rowidName != nil {
            keyColumns = []
            keyNames = ["rowid"]
        } else {
            keyColumns = Array(listed.indices)
            keyNames = columns
        }
    }

    private static func quoted(_ name: String) -> String {
        var text = "\""
        for character in name.unicodeScalars {
            if character == "\"" { text += "\"" }
            text.unicodeScalars.append(character)
        }
        return text + "\""
    }

    private var selected: String {
        ([rowidName ?? "NULL"] + columns.map(TableLayout.quoted)).joined(separator: ", ")
    }

    private func row(_ statement: Statement) -> Row {
        let values = columns.indices.map { statement.value($0 + 1) }
        let rowid = rowidName == nil ? nil : statement.value(0)
        return Row(
            key: keyColumns.isEmpty ? [rowid ?? .null] : keyColumns.map { values[$0] },
            values: values,
            rowid: rowid
        )
    }

    /// Shows every row in the order of the keys.
    func each(in database: Connection, _ body: (Row) throws(StateFailure) -> Void) throws(StateFailure) {
        let order = keyColumns.isEmpty ? [rowidName ?? "1"] : keyColumns.map { TableLayout.quoted(columns[$0]) }
        let sql = "SELECT \(selected) FROM \(TableLayout.quoted(table)) ORDER BY \(order.joined(separator: ", "))"
        guard let statement = try database.prepare(sql).0 else { return }
        while try statement.step() { try body(row(statement)) }
    }

    /// The row here that has the same key as one of the other database.
    func find(_ other: Row, in database: Connection) throws(StateFailure) -> Row? {
        var conditions = keyColumns.map { "\(TableLayout.quoted(columns[$0])) IS ?" }
        var values = keyColumns.isEmpty ? [] : other.key
        // SQLite lets NULL stand in a primary key any number of times.
        if let rowidName, keyColumns.isEmpty || other.key.contains(.null) {
            conditions.append("\(rowidName) IS ?")
            values.append(other.rowid ?? .null)
        }
        let condition = conditions.joined(separator: " AND ")
        let sql = "SELECT \(selected) FROM \(TableLayout.quoted(table)) WHERE \(condition) LIMIT 1"
        return try database.first(sql, values) { row($0) }
    }

    /// Whether two rows hold the same; a column that one lacks counts as NULL.
    static func same(_ left: [String], _ old: [SQLValue], _ right: [String], _ new: [SQLValue]) -> Bool {
        if left.elementsEqual(right, by: { $0.isExactly($1) }) { return old == new }
        let before = Dictionary(zip(left.map { Array($0.utf8) }, old), uniquingKeysWith: { first, _ in first })
        let after = Dictionary(zip(right.map { Array($0.utf8) }, new), uniquingKeysWith: { first, _ in first })
        return Set(before.keys).union(after.keys).allSatisfy { (before[$0] ?? .null) == (after[$0] ?? .null) }
    }
}
