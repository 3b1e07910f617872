package import SwarmContracts
internal import SwarmPlatform
internal import Synchronization

/// Which chunks are reached, in memory of fixed size: a Bloom filter.
///
/// It never says no of a chunk that was marked, and may say yes of one that was not: then that one is taken for reached and
/// stays. For up to four million chunks that hardly happens; a hundred million still leave fourteen of fifteen found. Each
/// filter has a salt of its own, so that what one misses the next finds. Any thread may mark and ask.
package final class ReachMarks: Sendable {
    /// The most memory that a filter takes, in bytes.
    package static let most = 64 << 20

    private let words: Mutex<[UInt64]>
    private let shift: UInt64
    private let salt: UInt64

    /// Room for about `chunks`.
    package init(chunks: Int) {
        var bits = 1 << 16
        while bits < ReachMarks.most * 8, bits / 128 < chunks { bits *= 2 }
        words = Mutex([UInt64](repeating: 0, count: bits / 64))
        shift = UInt64(64 - bits.trailingZeroBitCount)
        salt = Randomness.bytes(8).reduce(0) { $0 << 8 | UInt64($1) } | 1
    }

    /// Marks chunks as reached.
    package func mark(_ names: [Digest256]) {
        words.withLock { words in
            for name in names {
                for place in places(of: name) { words[place.0] |= place.1 }
            }
        }
    }

    /// Whether the chunk is reached, or is taken for it.
    package func has(_ name: Digest256) -> Bool {
        words.withLock { words in places(of: name).allSatisfy { words[$0.0] & $0.1 != 0 } }
    }

    /// A name is the output of a keyed hash: each of its four words is as good as a hash of its own.
    private func places(of name: Digest256) -> [(Int, UInt64)] {
        withUnsafeBytes(of: name) { bytes in
            (0..<4).map { number in
                let word = bytes.loadUnaligned(fromByteOffset: number * 8, as: UInt64.self)
                let place = (word &* salt) >> shift
                return (Int(place / 64), 1 << (place % 64))
            }
        }
    }
}
