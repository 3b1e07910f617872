/// Joins two changes of one text, as diff3 does (S. Khanna, K. Kunal, B. Pierce, "A Formal Investigation of Diff3", 2007).
package enum ThreeWayMerge {
    /// What stands behind the markers of a conflict.
    package struct Labels: Sendable {
        package let ours: String
        package let theirs: String

        package init(ours: String, theirs: String) {
            self.ours = ours
            self.theirs = theirs
        }
    }

    /// The joined text.
    package enum Outcome: Sendable, Equatable {
        /// Both changes are in it.
        case clean([UInt8])
        /// Where both changed the same or touching lines to different ends, both versions stand between `<<<<<<<`,
        /// `=======` and `>>>>>>>`; `count` is how many such places there are.
        case conflicts([UInt8], count: Int)
    }

    /// Merges line by line. The same change on both sides is no conflict.
    package static func merge(base: [UInt8], ours: [UInt8], theirs: [UInt8], labels: Labels) -> Outcome {
        let table = LineTable([base, ours, theirs])
        var merger = Merger(texts: [base, ours, theirs], table: table, labels: labels)
        merger.run()
        return merger.conflicts == 0 ? .clean(merger.output) : .conflicts(merger.output, count: merger.conflicts)
    }
}
