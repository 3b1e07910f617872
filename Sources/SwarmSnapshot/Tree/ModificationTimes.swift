/// When the files of a tree were last modified. It stands beside the tree and enters no hash.
///
/// A step that changes ten files of a large tree takes in and gives out the times of all: so they lie in a few flat arrays,
/// and what did not change is copied in runs.
package struct ModificationTimes: Sendable, Equatable {
    /// What an entry without a time gets: 1970-01-01T00:00:01Z, in nanoseconds.
    package static let fixed: Int64 = 1_000_000_000

    private static let version: UInt8 = 1

    struct Entry: Sendable, Equatable {
        let path: [UInt8]
        let nanoseconds: Int64
    }

    /// All paths in their byte order, one behind the other.
    private var paths: [UInt8] = []
    /// Where the path of each entry ends in `paths`.
    private var ends: [Int] = []
    private var nanoseconds: [Int64] = []

    init(_ entries: [Entry]) {
        for entry in entries.sorted(by: { $0.path.precedes($1.path) }) { append(entry) }
    }

    private init() {}

    /// A longer path has no time of its own: the form counts its bytes in two.
    private static let longest = Int(UInt16.max)

    private mutating func append(_ entry: Entry) {
        guard entry.path.count <= ModificationTimes.longest else { return }
        paths += entry.path
        ends.append(paths.count)
        nanoseconds.append(entry.nanoseconds)
    }

    private mutating func append(_ range: Range<Int>, of other: ModificationTimes) {
        guard !range.isEmpty else { return }
        let bytes = other.start(range.lowerBound)..<other.ends[range.upperBound - 1]
        let shift = paths.count - bytes.lowerBound
        paths += other.paths[bytes]
        for end in other.ends[range] { ends.append(end + shift) }
        nanoseconds += other.nanoseconds[range]
    }

    private func start(_ number: Int) -> Int { number == 0 ? 0 : ends[number - 1] }

    private func path(_ number: Int) -> ArraySlice<UInt8> { paths[start(number)..<ends[number]] }

    /// The number of the first entry whose path does not come before this one.
    private func position(of path: [UInt8]) -> Int {
        var (low, high) = (0, ends.count)
        while low < high {
            let middle = (low + high) / 2
            if self.path(middle).precedes(path[...]) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func number(of path: [UInt8]) -> Int? {
        let place = position(of: path)
        return place < ends.count && self.path(place).elementsEqual(path) ? place : nil
    }

    /// Nanoseconds since 1970-01-01T00:00:00Z, or nil where the path has no time of its own.
    package func time(of path: [UInt8]) -> Int64? { number(of: path).map { nanoseconds[$0] } }

    /// The same with what stood at and below `gone` left out, and then `new` in place of what has the same path.
    func replacing(_ gone: Set<[UInt8]>, with new: [Entry]) -> ModificationTimes {
        if gone.isEmpty, new.isEmpty { return self }
        var cuts: [(range: Range<Int>, entry: Entry?)] = []
        for path in gone {
            if let number = number(of: path) { cuts.append((number..<number + 1, nil)) }
            // Below `a` lies what begins with `a/`; the first path that does not is `a0`.
            let below = position(of: path + [0x2f])..<position(of: path + [0x30])
            if !below.isEmpty { cuts.append((below, nil)) }
        }
        for entry in new {
            let place = position(of: entry.path)
            let isThere = place < ends.count && path(place).elementsEqual(entry.path)
            cuts.append((place..<(isThere ? place + 1 : place), entry))
        }
        cuts.sort {
            guard $0.range.lowerBound == $1.range.lowerBound else { return $0.range.lowerBound < $1.range.lowerBound }
            guard let one = $0.entry, let other = $1.entry else { return $0.entry != nil && $1.entry == nil }
            return one.path.precedes(other.path)
        }
        var result = ModificationTimes()
        var done = 0
        for (range, entry) in cuts {
            if done < range.lowerBound { result.append(done..<range.lowerBound, of: self) }
            if let entry { result.append(entry) }
            done = max(done, range.upperBound)
        }
        result.append(done..<ends.count, of: self)
        return result
    }

    /// The binary form, numbers big-endian. Version 1 (1 byte), number of entries (4), then for each in the byte order of the
    /// paths: how many bytes of the path are those of the one before (2), length of the rest (2), the rest, and nanoseconds
    /// since 1970 as a signed number (8).
    package func encode() -> [UInt8] {
        var bytes: [UInt8] = [ModificationTimes.version]
        bytes.reserveCapacity(5 + 12 * ends.count + paths.count)
        bytes.append(bigEndian: UInt32(ends.count))
        var (before, start) = (0, 0)
        for (number, end) in ends.enumerated() {
            let most = min(start - before, end - start, Int(UInt16.max))
            var shared = 0
            while shared < most, paths[before + shared] == paths[start + shared] { shared += 1 }
            bytes.append(bigEndian: UInt16(shared))
            bytes.append(bigEndian: UInt16(end - start - shared))
            bytes += paths[(start + shared)..<end]
            bytes.append(bigEndian: nanoseconds[number])
            (before, start) = (start, end)
        }
        return bytes
    }

    /// Reads the binary form. Throws `malformed` where paths are out of order or bytes are left.
    package init(decoding bytes: [UInt8]) throws(SnapshotFailure) {
        var decoder = ContentDecoder(bytes)
        guard try decoder.byte() == ModificationTimes.version else {
            throw decoder.malformed("the version of a list of times")
        }
        let count = Int(try decoder.u32())
        guard count <= decoder.remaining / 12 else { throw decoder.malformed("the number of times") }
        ends.reserveCapacity(count)
        nanoseconds.reserveCapacity(count)
        var last: [UInt8] = []
        for number in 0..<count {
            let shared = try decoder.u16()
            let rest = try decoder.slice(try decoder.u16())
            guard shared <= last.count else { throw decoder.malformed("a path in a list of times") }
            guard number == 0 || last[shared...].precedes(rest) else {
                throw decoder.malformed("the order of a list of times")
            }
            last.replaceSubrange(shared..., with: rest)
            append(Entry(path: last, nanoseconds: Int64(bitPattern: try decoder.u64())))
        }
        try decoder.finish()
    }
}
