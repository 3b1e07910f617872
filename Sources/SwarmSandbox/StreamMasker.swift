/// Replaces secrets in a stream of bytes, wherever the stream was cut on its way.
///
/// Bytes that could be the beginning of a secret are held back until the next ones tell, or `flush`.
package struct StreamMasker: Sendable {
    private static let mark = Array("[masked]".utf8)

    private let patterns: [[UInt8]]
    /// Patterns by first byte, longest first.
    private let byFirst: [[Int]]
    private var held: [UInt8] = []
    /// How many bytes at the start of `held` belong to a secret already marked.
    private var covered = 0

    /// Empty secrets are passed over.
    package init(_ secrets: [[UInt8]]) {
        let patterns = Set(secrets).filter { !$0.isEmpty }.sorted { $0.count > $1.count }
        var byFirst = [[Int]](repeating: [], count: 256)
        for (index, pattern) in patterns.enumerated() {
            if let first = pattern.first { byFirst[Int(first)].append(index) }
        }
        self.patterns = patterns
        self.byFirst = byFirst
    }

    /// Whether bytes are held back.
    var isHolding: Bool { !held.isEmpty }

    /// Takes bytes and returns those that can go on.
    package mutating func take(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        if patterns.isEmpty { return Array(bytes) }
        held.append(contentsOf: bytes)
        return advance(final: false)
    }

    /// Returns what was held back: no more bytes follow.
    package mutating func flush() -> [UInt8] { advance(final: true) }

    // Every position is tried, those inside a match too, so that no tail of an overlapping secret remains.
    private mutating func advance(final: Bool) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(held.count)
        var position = 0
        while position < held.count {
            let candidates = byFirst[Int(held[position])]
            if !candidates.isEmpty {
                let (length, undecided) = match(at: position, candidates, final: final)
                if undecided { break }
                if length > 0 {
                    if position >= covered { result += StreamMasker.mark }
                    covered = max(covered, position + length)
                }
            }
            if position >= covered { result.append(held[position]) }
            position += 1
        }
        held.removeFirst(position)
        covered = max(0, covered - position)
        return result
    }

    /// The longest match at a position, and whether a longer one may yet come about with more bytes.
    private func match(at position: Int, _ candidates: [Int], final: Bool) -> (length: Int, undecided: Bool) {
        let available = held.count - position
        for index in candidates {
            let pattern = patterns[index]
            let compared = min(pattern.count, available)
            guard held[position..<(position + compared)].elementsEqual(pattern[..<compared]) else { continue }
            if pattern.count > available {
                if final { continue }
                return (0, true)
            }
            return (pattern.count, false)
        }
        return (0, false)
    }
}
