/// Which of many names somebody meant who mistyped one.
package enum NearNames {
    /// The names that lie nearest to `word`, in the order given: all of the least distance, at most `limit`. None where more
    /// than a third of the word would have to change; of a word of three letters and less one may.
    package static func nearest(to word: String, among names: [String], limit: Int = 3) -> [String] {
        let most = max(1, word.count / 3)
        var best = most + 1
        var found: [String] = []
        for name in names where abs(name.count - word.count) <= most {
            let distance = distance(word, name)
            if distance < best { (best, found) = (distance, []) }
            if distance == best, best <= most, distance < name.count { found.append(name) }
        }
        return Array(found.prefix(limit))
    }

    /// How many letters have to be added, taken out, replaced, or swapped with their neighbour to make one of the other.
    package static func distance(_ one: String, _ other: String) -> Int {
        let (one, other) = (Array(one), Array(other))
        var before: [Int] = []
        var last = Array(0...other.count)
        for row in 0..<one.count {
            var line = [row + 1]
            for column in 0..<other.count {
                var least = min(last[column + 1], line[column]) + 1
                least = min(least, last[column] + (one[row] == other[column] ? 0 : 1))
                if row > 0, column > 0, one[row] == other[column - 1], one[row - 1] == other[column] {
                    least = min(least, before[column - 1] + 1)
                }
                line.append(least)
            }
            (before, last) = (last, line)
        }
        return last[other.count]
    }
}
