/// The shortest edit between two sequences: E. W. Myers, "An O(ND) Difference Algorithm and Its Variations"
/// (Algorithmica 1, 1986), in its linear-space form (section 4b).
///
/// The work has a bound. A part for which it is spent is shown as replaced as a whole, which is longer, not wrong.
struct MyersDiff {
    /// Steps of the search before parts are given up: a fraction of a second.
    static let defaultBudget = 60_000_000

    /// For each old line, whether it goes.
    private(set) var removed: [Bool] = []
    /// For each new line, whether it comes.
    private(set) var added: [Bool] = []

    private var budget: Int
    private var a: [Int32] = []
    private var b: [Int32] = []
    // Where each line of `a` and `b` stands in the whole texts.
    private var placeA: [Int] = []
    private var placeB: [Int] = []
    // The furthest reaching points, forward and backward, by diagonal.
    private var forward: [Int] = []
    private var backward: [Int] = []

    private struct Box {
        var a: Range<Int>
        var b: Range<Int>
    }

    init(budget: Int) { self.budget = budget }

    /// Fills `removed` and `added`. The numbers lie in `0..<distinct`.
    mutating func compare(_ old: [Int32], _ new: [Int32], distinct: Int) {
        removed = [Bool](repeating: true, count: old.count)
        added = [Bool](repeating: true, count: new.count)
        // A line that the other text has nowhere is changed in every edit: the search need not see it.
        (a, placeA) = MyersDiff.shared(old, with: new, distinct)
        (b, placeB) = MyersDiff.shared(new, with: old, distinct)
        forward = [Int](repeating: 0, count: a.count + b.count + 3)
        backward = forward
        var boxes = [Box(a: 0..<a.count, b: 0..<b.count)]
        while var box = boxes.popLast() {
            trim(&box)
            if box.a.isEmpty || box.b.isEmpty { continue }
            guard let middle = split(box) else { continue }
            boxes.append(Box(a: middle.x..<box.a.upperBound, b: middle.y..<box.b.upperBound))
            boxes.append(Box(a: box.a.lowerBound..<middle.x, b: box.b.lowerBound..<middle.y))
        }
    }

    private static func shared(_ lines: [Int32], with others: [Int32], _ distinct: Int) -> ([Int32], [Int]) {
        var present = [Bool](repeating: false, count: distinct)
        for line in others { present[Int(line)] = true }
        let places = lines.indices.filter { present[Int(lines[$0])] }
        return (places.map { lines[$0] }, places)
    }

    private mutating func keep(_ x: Int, _ y: Int) {
        removed[placeA[x]] = false
        added[placeB[y]] = false
    }

    private mutating func trim(_ box: inout Box) {
        var (low, bottom) = (box.a.lowerBound, box.b.lowerBound)
        var (high, top) = (box.a.upperBound, box.b.upperBound)
        while low < high, bottom < top, a[low] == b[bottom] {
            keep(low, bottom)
            low += 1
            bottom += 1
        }
        while low < high, bottom < top, a[high - 1] == b[top - 1] {
            high -= 1
            top -= 1
            keep(high, top)
        }
        box = Box(a: low..<high, b: bottom..<top)
    }

    // A point on a shortest path, found by searching from both corners until the two meet; nil where the budget is spent.
    private mutating func split(_ box: Box) -> (x: Int, y: Int)? {
        let zero = b.count + 1
        let least = box.a.lowerBound - box.b.upperBound
        let most = box.a.upperBound - box.b.lowerBound
        let start = box.a.lowerBound - box.b.lowerBound
        let end = box.a.upperBound - box.b.upperBound
        let odd = (start - end) & 1 != 0
        var front = Front(low: start, high: start)
        var back = Front(low: end, high: end)
        forward[zero + start] = box.a.lowerBound
        backward[zero + end] = box.a.upperBound
        while budget > 0 {
            front.widen(least, most) { forward[zero + $0] = -1 }
            for diagonal in stride(from: front.high, through: front.low, by: -2) {
                let x = advance(box, diagonal, zero)
                if odd, back.contains(diagonal), backward[zero + diagonal] <= x { return (x, x - diagonal) }
            }
            back.widen(least, most) { backward[zero + $0] = Int.max }
            for diagonal in stride(from: back.high, through: back.low, by: -2) {
                let x = retreat(box, diagonal, zero)
                if !odd, front.contains(diagonal), x <= forward[zero + diagonal] { return (x, x - diagonal) }
            }
        }
        return nil
    }

    private mutating func advance(_ box: Box, _ diagonal: Int, _ zero: Int) -> Int {
        let (below, above) = (forward[zero + diagonal - 1], forward[zero + diagonal + 1])
        var x = below < above ? above : below + 1
        let first = x
        while x < box.a.upperBound, x - diagonal < box.b.upperBound, a[x] == b[x - diagonal] { x += 1 }
        forward[zero + diagonal] = x
        budget -= 1 + x - first
        return x
    }

    private mutating func retreat(_ box: Box, _ diagonal: Int, _ zero: Int) -> Int {
        let (below, above) = (backward[zero + diagonal - 1], backward[zero + diagonal + 1])
        var x = below < above ? below : above - 1
        let first = x
        while x > box.a.lowerBound, x - diagonal > box.b.lowerBound, a[x - 1] == b[x - diagonal - 1] { x -= 1 }
        backward[zero + diagonal] = x
        budget -= 1 + first - x
        return x
    }

    // The diagonals that one search has reached: every second one from low to high.
    private struct Front {
        var low: Int
        var high: Int

        mutating func widen(_ least: Int, _ most: Int, _ clear: (Int) -> Void) {
            if low > least {
                low -= 1
                clear(low - 1)
            } else {
                low += 1
            }
            if high < most {
                high += 1
                clear(high + 1)
            } else {
                high -= 1
            }
        }

        func contains(_ diagonal: Int) -> Bool { low <= diagonal && diagonal <= high }
    }
}
