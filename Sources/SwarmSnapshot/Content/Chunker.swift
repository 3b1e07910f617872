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

    private static let strict: UInt64 = 0xffff_fc00_0000_0000
    private static let relaxed: UInt64 = 0xffff_c000_0000_0000
    private static let database = Array("SQLite format 3\0".utf8)

    private let table: [UInt64]

    init(table: [UInt64]) { self.table = table }

    /// Whether content that begins with these bytes is cut at fixed places.
    static func isAligned(_ head: UnsafeRawBufferPointer) -> Bool { head.starts(with: database) }

    /// How many of the bytes are the next chunk. `bytes` is all that is left, or at least `maximum` of it.
    func cut(_ bytes: UnsafeRawBufferPointer, aligned: Bool) -> Int {
        if aligned { return min(bytes.count, Chunker.average) }
        guard bytes.count > Chunker.minimum else { return bytes.count }
        let end = min(bytes.count, Chunker.maximum)
        let middle = min(end, Chunker.average)
        return table.withUnsafeBufferPointer { table in
            var hash: UInt64 = 0
            var position = Chunker.minimum
            while position < middle {
                hash = hash << 1 &+ table[Int(bytes[position])]
                position += 1
                if hash & Chunker.strict == 0 { return position }
            }
            while position < end {
                hash = hash << 1 &+ table[Int(bytes[position])]
                position += 1
                if hash & Chunker.relaxed == 0 { return position }
            }
            return end
        }
    }
}
