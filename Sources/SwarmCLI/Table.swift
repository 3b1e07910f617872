/// Columns of text, as wide as what they hold.
enum Table {
    /// Names and values, one a line.
    static func pairs(_ pairs: [(String, String)]) -> String {
        rows(pairs.map { [$0.0, $0.1] })
    }

    /// Rows of cells; the last column is not padded.
    static func rows(_ rows: [[String]]) -> String {
        var widths: [Int] = []
        for row in rows {
            for (column, cell) in row.enumerated() {
                if column == widths.count { widths.append(0) }
                widths[column] = max(widths[column], cell.count)
            }
        }
        var text = ""
        for row in rows {
            var line = ""
            for (column, cell) in row.enumerated() {
                line += cell
                if column < row.count - 1 { line += String(repeating: " ", count: widths[column] - cell.count + 2) }
            }
            while line.hasSuffix(" ") { line.removeLast() }
            text += line + "\n"
        }
        return text
    }
}
