/// Two or three texts cut into lines, each line with a number that equal lines share, whichever text they stand in.
///
/// A line ends after its newline, so a last line without one differs from the same words with one.
struct LineTable {
    /// Where line n of a text begins; one more entry than there are lines.
    private(set) var starts: [[Int]] = []
    /// The number of each line of a text.
    private(set) var numbers: [[Int32]] = []
    /// How many different lines there are.
    private(set) var distinct = 0

    private struct Line: Hashable {
        let bytes: UnsafeRawBufferPointer

        static func == (left: Line, right: Line) -> Bool { left.bytes.elementsEqual(right.bytes) }

        // The keyed hash of the standard library: a text made to collide cannot make the table slow.
        func hash(into hasher: inout Hasher) { hasher.combine(bytes: bytes) }
    }

    init(_ texts: [[UInt8]]) {
        var known: [Line: Int32] = [:]
        add(texts[...], &known)
        distinct = known.count
    }

    // Each text is pinned while the texts after it are read: the table's keys point into all of them.
    private mutating func add(_ texts: ArraySlice<[UInt8]>, _ known: inout [Line: Int32]) {
        guard let text = texts.first else { return }
        text.withUnsafeBytes { bytes in
            var starts = [0]
            var numbers: [Int32] = []
            var start = 0
            while start < bytes.count {
                let newline = bytes[start...].firstIndex(of: UInt8(ascii: "\n"))
                let end = newline.map { $0 + 1 } ?? bytes.count
                let line = Line(bytes: UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
                let next = Int32(truncatingIfNeeded: known.count)
                let number = known[line] ?? next
                if number == next { known[line] = next }
                numbers.append(number)
                starts.append(end)
                start = end
            }
            self.starts.append(starts)
            self.numbers.append(numbers)
            add(texts.dropFirst(), &known)
        }
    }

    /// The bytes of some lines of a text, as a range of positions in it.
    func range(of lines: Range<Int>, in text: Int) -> Range<Int> {
        starts[text][lines.lowerBound]..<starts[text][lines.upperBound]
    }
}
