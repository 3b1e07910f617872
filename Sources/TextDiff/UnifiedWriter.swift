/// Writes changes as hunks.
struct UnifiedWriter {
    let old: [UInt8]
    let new: [UInt8]
    let table: LineTable
    private(set) var output: [UInt8] = []

    init(old: [UInt8], new: [UInt8], table: LineTable) {
        self.old = old
        self.new = new
        self.table = table
    }

    mutating func write(_ changes: [LineChange], oldName: String, newName: String, context: Int) {
        output += Array("--- \(oldName)\n+++ \(newName)\n".utf8)
        var rest = changes[...]
        while let first = rest.first {
            var hunk = [first]
            rest = rest.dropFirst()
            while let next = rest.first, let last = hunk.last, next.old.lowerBound - last.old.upperBound <= 2 * context
            {
                hunk.append(next)
                rest = rest.dropFirst()
            }
            write(hunk, first, context)
        }
    }

    private mutating func write(_ hunk: [LineChange], _ first: LineChange, _ context: Int) {
        let last = hunk.last ?? first
        let before = min(context, first.old.lowerBound)
        let after = min(context, table.numbers[0].count - last.old.upperBound)
        let oldLines = first.old.lowerBound - before..<last.old.upperBound + after
        let newLines = first.new.lowerBound - before..<last.new.upperBound + after
        output += Array("@@ -\(UnifiedWriter.range(oldLines)) +\(UnifiedWriter.range(newLines)) @@\n".utf8)
        var line = oldLines.lowerBound
        for change in hunk {
            writeLines(UInt8(ascii: " "), old, line..<change.old.lowerBound, 0)
            writeLines(UInt8(ascii: "-"), old, change.old, 0)
            writeLines(UInt8(ascii: "+"), new, change.new, 1)
            line = change.old.upperBound
        }
        writeLines(UInt8(ascii: " "), old, line..<oldLines.upperBound, 0)
    }

    // An empty range is named by the line before it, so that 0 is the place above the first line.
    private static func range(_ lines: Range<Int>) -> String {
        switch lines.count {
        case 0: "\(lines.lowerBound),0"
        case 1: "\(lines.lowerBound + 1)"
        default: "\(lines.lowerBound + 1),\(lines.count)"
        }
    }

    private mutating func writeLines(_ sign: UInt8, _ text: [UInt8], _ lines: Range<Int>, _ side: Int) {
        for line in lines {
            output.append(sign)
            output += text[table.range(of: line..<line + 1, in: side)]
            if output.last != UInt8(ascii: "\n") { output += Array("\n\\ No newline at end of file\n".utf8) }
        }
    }
}
