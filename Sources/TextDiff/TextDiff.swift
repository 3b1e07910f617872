/// What differs between two texts, line by line.
///
/// Texts are bytes: no encoding is assumed, and a line ends at a newline byte.
package enum TextDiff {
    /// A unified diff (POSIX.1-2017, diff, "Diff -u Output Format", with GNU's line for a missing last newline), which
    /// patch(1) and `git apply` take. Empty where the texts are equal. The names are written as they are given.
    package static func unified(
        old: [UInt8],
        new: [UInt8],
        oldName: String,
        newName: String,
        context: Int = 3
    ) -> [UInt8] {
        unified(
            old: old,
            new: new,
            oldName: oldName,
            newName: newName,
            context: context,
            budget: MyersDiff.defaultBudget
        )
    }

    static func unified(
        old: [UInt8],
        new: [UInt8],
        oldName: String,
        newName: String,
        context: Int,
        budget: Int
    ) -> [UInt8] {
        guard old != new else { return [] }
        let table = LineTable([old, new])
        let changes = LineChange.between(table.numbers[0], table.numbers[1], distinct: table.distinct, budget: budget)
        var writer = UnifiedWriter(old: old, new: new, table: table)
        writer.write(changes, oldName: oldName, newName: newName, context: max(context, 0))
        return writer.output
    }

    /// How many lines come and go.
    package static func counts(old: [UInt8], new: [UInt8]) -> (added: Int, removed: Int) {
        guard old != new else { return (0, 0) }
        let table = LineTable([old, new])
        return LineChange.between(table.numbers[0], table.numbers[1], distinct: table.distinct)
            .reduce(into: (added: 0, removed: 0)) { sum, change in
                sum.added += change.new.count
                sum.removed += change.old.count
            }
    }

    /// Whether lines make no sense here: a NUL among the first 8000 bytes, the test that git makes.
    package static func isBinary(_ bytes: [UInt8]) -> Bool { bytes.prefix(8000).contains(0) }
}
