/// Finds where content is cut into chunks: FastCDC with a gear hash whose table comes from the store's secret, so that
/// boundaries tell nothing to whoever lacks it.
///
/// The hash starts at zero 256 KiB behind the last cut and takes each byte as `hash = hash << 1 + table[byte]`. A cut falls
/// behind the first byte at which the top 22 bits are zero (up to 1 MiB) or the top 18 (from there), at the latest at 4 MiB.
/// A file that begins like a SQLite database is cut at multiples of 1 MiB, so that a page never straddles two chunks.
struct Chunker: Sendable {
    /// No chunk but the last of a content is smaller.
    static let minimum = 256 << 10
    /// Where the condition for a cut is relaxed; also the fixed size in a database.
    static let average = 1 << 20
    /// No chunk is larger.
    static let maximum = 4 << 20

    /// A hash of at most this has its top 22, its top 18 bits zero.
    private static let strict: UInt64 = 0x0000_03ff_ffff_ffff
    private static let relaxed: UInt64 = 0x0000_3fff_ffff_ffff
    /// A byte leaves the hash when 64 more have come.
    private static let memory = 64
    /// Bytes of one of the two stretches that are hashed side by side.
    private static let stretch = 4096
    private static let database = Array("SQLite format 3\0".utf8)

    private let table: [UInt64]

    init(table: [UInt64]) { self.table = table }

    /// Whether content that begins with these bytes is cut at fixed places.
    static func isAligned(_ head: UnsafeRawBufferPointer) -> Bool { head.starts(with: database) }

    /// How far the bytes behind the last cut have been looked at.
    struct Search: Sendable {
        fileprivate var position = Chunker.minimum
        fileprivate var hash: UInt64 = 0
    }

    /// How many of the bytes are the next chunk. `bytes` is all that is left, or at least `maximum` of it, and not empty.
    func cut(_ bytes: UnsafeRawBufferPointer, aligned: Bool) -> Int {
        var search = Search()
        return cut(bytes, aligned: aligned, isLast: true, &search) ?? bytes.count
    }

    /// How many of the bytes are the next chunk, or nil where that depends on what follows them, which with `isLast` is
    /// nothing. `bytes` begin behind the last cut; a call with more of them goes on where the search stopped.
    func cut(_ bytes: UnsafeRawBufferPointer, aligned: Bool, isLast: Bool, _ search: inout Search) -> Int? {
        if aligned { return bytes.count >= Chunker.average ? Chunker.average : isLast ? bytes.count : nil }
        let end = min(bytes.count, Chunker.maximum)
        let found =
            first(in: bytes, upTo: min(end, Chunker.average), atMost: Chunker.strict, &search)
            ?? first(in: bytes, upTo: end, atMost: Chunker.relaxed, &search)
        guard let length = found ?? (isLast || end == Chunker.maximum ? end : nil) else { return nil }
        search = Search()
        return length
    }

    // Not inlined: Swift 6.3's optimiser fails on a caller that has this loop inside.
    /// Behind which byte before `end` the hash is `limit` or less for the first time.
    @inline(never)
    private func first(
        in bytes: UnsafeRawBufferPointer,
        upTo end: Int,
        atMost limit: UInt64,
        _ search: inout Search
    ) -> Int? {
        guard search.position < end, let base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else {
            return nil
        }
        var (position, hash) = (search.position, search.hash)
        defer { (search.position, search.hash) = (position, hash) }
        return table.withUnsafeBufferPointer { table in
            // Each step of a hash waits for the one before. Two stretches do not wait for each other.
            while end - position >= 2 * Chunker.stretch {
                let (near, far) = (base + position, base + position + Chunker.stretch)
                var ahead: UInt64 = 0
                for offset in -Chunker.memory..<0 { ahead = ahead &<< 1 &+ table[Int(far[offset])] }
                var offset = 0
                repeat {
                    hash = hash &<< 1 &+ table[Int(near[offset])]
                    ahead = ahead &<< 1 &+ table[Int(far[offset])]
                    offset &+= 1
                } while hash > limit && ahead > limit && offset < Chunker.stretch
                if hash <= limit {
                    position += offset
                    return position
                }
                guard ahead > limit else {
                    // The rest of the near stretch comes before what was found in the far one.
                    position += offset
                    break
                }
                (position, hash) = (position + 2 * Chunker.stretch, ahead)
            }
            while position < end {
                hash = hash &<< 1 &+ table[Int(base[position])]
                position += 1
                if hash <= limit { return position }
            }
            return nil
        }
    }
}
