internal import SwarmState

extension StateDifference {
    /// The rows that differ, as a person reads them: `+` for a row that came, `-` for one that went.
    var text: String {
        var text = ""
        for change in schema {
            text += "\(change.kind.rawValue) \(PlainText.line(change.type)) \(PlainText.line(change.name))\n"
        }
        for table in tables {
            text += "table \(PlainText.line(table.table))\n"
            for row in table.rows {
                if let old = row.old { text += "- " + StateDifference.line(table.oldColumns, old) + "\n" }
                if let new = row.new { text += "+ " + StateDifference.line(table.newColumns, new) + "\n" }
            }
        }
        if truncated { text += "more rows differ than are shown\n" }
        return text
    }

    private static func line(_ columns: [String], _ values: [SQLValue]) -> String {
        zip(columns, values).map { PlainText.line("\($0)=\($1.text)") }.joined(separator: " ")
    }
}
