/// One merge on its way: text 0 is the base, 1 ours, 2 theirs.
struct Merger {
    private let texts: [[UInt8]]
    private let table: LineTable
    private let labels: ThreeWayMerge.Labels
    private(set) var output: [UInt8] = []
    private(set) var conflicts = 0

    init(texts: [[UInt8]], table: LineTable, labels: ThreeWayMerge.Labels) {
        self.texts = texts
        self.table = table
        self.labels = labels
    }

    /// A stretch of the base and the changes of either side that lie in it.
    private struct Cluster {
        var base: Range<Int>
        var ours: [LineChange] = []
        var theirs: [LineChange] = []
    }

    mutating func run() {
        var ours = changes(to: 1)[...]
        var theirs = changes(to: 2)[...]
        var position = 0
        while let cluster = Merger.nextCluster(&ours, &theirs) {
            write(position..<cluster.base.lowerBound, of: 0)
            write(cluster)
            position = cluster.base.upperBound
        }
        write(position..<table.numbers[0].count, of: 0)
    }

    private func changes(to side: Int) -> [LineChange] {
        LineChange.between(table.numbers[0], table.numbers[side], distinct: table.distinct)
    }

    // Changes that touch belong together: whose lines come first could not be told.
    private static func nextCluster(
        _ ours: inout ArraySlice<LineChange>,
        _ theirs: inout ArraySlice<LineChange>
    ) -> Cluster? {
        let starts = [ours.first, theirs.first].compactMap { $0?.old.lowerBound }
        guard let start = starts.min() else { return nil }
        var cluster = Cluster(base: start..<start)
        while true {
            if let next = ours.first, next.old.lowerBound <= cluster.base.upperBound {
                cluster.ours.append(next)
                cluster.base = start..<max(cluster.base.upperBound, next.old.upperBound)
                ours = ours.dropFirst()
            } else if let next = theirs.first, next.old.lowerBound <= cluster.base.upperBound {
                cluster.theirs.append(next)
                cluster.base = start..<max(cluster.base.upperBound, next.old.upperBound)
                theirs = theirs.dropFirst()
            } else {
                return cluster
            }
        }
    }

    private mutating func write(_ cluster: Cluster) {
        let ours = Merger.lines(of: cluster.base, changed: cluster.ours)
        let theirs = Merger.lines(of: cluster.base, changed: cluster.theirs)
        switch (ours, theirs) {
        case (let ours?, let theirs?): join(ours, theirs)
        case (let ours?, nil): write(ours, of: 1)
        case (nil, let theirs?): write(theirs, of: 2)
        case (nil, nil): break
        }
    }

    // The lines of a side that stand for a stretch of the base.
    private static func lines(of base: Range<Int>, changed: [LineChange]) -> Range<Int>? {
        guard let first = changed.first, let last = changed.last else { return nil }
        let start = first.new.lowerBound - (first.old.lowerBound - base.lowerBound)
        return start..<last.new.upperBound + (base.upperBound - last.old.upperBound)
    }

    private mutating func join(_ ours: Range<Int>, _ theirs: Range<Int>) {
        let (mine, other) = (table.numbers[1][ours], table.numbers[2][theirs])
        if mine.elementsEqual(other) { return write(ours, of: 1) }
        let head = zip(mine, other).prefix { $0 == $1 }.count
        let tail = zip(mine.dropFirst(head).reversed(), other.dropFirst(head).reversed()).prefix { $0 == $1 }.count
        conflicts += 1
        write(ours.prefix(head), of: 1)
        marker("<<<<<<<", labels.ours)
        writeWhole(ours.dropFirst(head).dropLast(tail), of: 1)
        marker("=======", "")
        writeWhole(theirs.dropFirst(head).dropLast(tail), of: 2)
        marker(">>>>>>>", labels.theirs)
        write(ours.suffix(tail), of: 1)
    }

    private mutating func write(_ lines: Range<Int>, of text: Int) {
        output += texts[text][table.range(of: lines, in: text)]
    }

    // A marker must begin a line of its own, even where the text before it has no last newline.
    private mutating func writeWhole(_ lines: Range<Int>, of text: Int) {
        write(lines, of: text)
        if !lines.isEmpty, output.last != UInt8(ascii: "\n") { output += lineEnd }
    }

    private mutating func marker(_ sign: String, _ label: String) {
        output += Array((label.isEmpty ? sign : sign + " " + label).utf8) + lineEnd
    }

    // The line ends of the user's text, as its first line has them.
    private var lineEnd: [UInt8] {
        let first = texts[1].prefix { $0 != UInt8(ascii: "\n") }
        let carriageReturn = first.last == UInt8(ascii: "\r") && first.count < texts[1].count
        return Array((carriageReturn ? "\r\n" : "\n").utf8)
    }
}
