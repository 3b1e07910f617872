/// A run of lines of the old text that another run, of the new, stands for. Either may be empty, never both.
struct LineChange: Equatable {
    var old: Range<Int>
    var new: Range<Int>

    /// The changes that turn `old` into `new`, in order, with at least one common line between any two.
    static func between(
        _ old: [Int32],
        _ new: [Int32],
        distinct: Int,
        budget: Int = MyersDiff.defaultBudget
    ) -> [LineChange] {
        var diff = MyersDiff(budget: budget)
        diff.compare(old, new, distinct: distinct)
        return slide(collect(diff.removed, diff.added), old, new)
    }

    private static func collect(_ removed: [Bool], _ added: [Bool]) -> [LineChange] {
        var changes: [LineChange] = []
        var (i, j) = (0, 0)
        while i < removed.count || j < added.count {
            let (oldStart, newStart) = (i, j)
            while i < removed.count, removed[i] { i += 1 }
            while j < added.count, added[j] { j += 1 }
            if i > oldStart || j > newStart {
                changes.append(LineChange(old: oldStart..<i, new: newStart..<j))
            } else {
                i += 1
                j += 1
            }
        }
        return changes
    }

    // Among equal choices the lowest place reads best, and is the one that other tools take: a block added after its like
    // shows as the second of the two.
    private static func slide(_ changes: [LineChange], _ old: [Int32], _ new: [Int32]) -> [LineChange] {
        var result: [LineChange] = []
        for change in changes.reversed() {
            var change = change
            while change.canSlide(old, new), result.last.map({ change.old.upperBound < $0.old.lowerBound }) ?? true {
                change.old = change.old.lowerBound + 1..<change.old.upperBound + 1
                change.new = change.new.lowerBound + 1..<change.new.upperBound + 1
            }
            if let next = result.last, change.old.upperBound == next.old.lowerBound {
                result[result.count - 1] = LineChange(
                    old: change.old.lowerBound..<next.old.upperBound,
                    new: change.new.lowerBound..<next.new.upperBound
                )
            } else {
                result.append(change)
            }
        }
        return result.reversed()
    }

    private func canSlide(_ old: [Int32], _ new: [Int32]) -> Bool {
        guard self.old.upperBound < old.count, self.new.upperBound < new.count else {
            return false
        }
        if self.old.isEmpty { return new[self.new.lowerBound] == new[self.new.upperBound] }
        if self.new.isEmpty { return old[self.old.lowerBound] == old[self.old.upperBound] }
        return false
    }
}
