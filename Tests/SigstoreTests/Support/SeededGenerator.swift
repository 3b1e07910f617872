/// SplitMix64: the same numbers for the same seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }

    mutating func bytes(upTo limit: Int) -> [UInt8] {
        let count = Int.random(in: 0...limit, using: &self)
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) }
    }

    /// `bytes` with one to four changes: a bit flipped, a byte set, a run taken out or doubled.
    mutating func mutate(_ bytes: [UInt8]) -> [UInt8] {
        var result = bytes
        for _ in 0..<Int.random(in: 1...4, using: &self) where !result.isEmpty {
            let position = Int.random(in: result.indices, using: &self)
            let run = position..<min(result.count, position + Int.random(in: 1...8, using: &self))
            switch Int.random(in: 0..<4, using: &self) {
            case 0: result[position] ^= 1 << UInt8.random(in: 0...7, using: &self)
            case 1: result[position] = UInt8.random(in: 0...255, using: &self)
            case 2: result.removeSubrange(run)
            default: result.insert(contentsOf: Array(result[run]), at: position)
            }
        }
        return result
    }
}
