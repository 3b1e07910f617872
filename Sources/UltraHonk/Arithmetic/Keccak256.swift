/// Keccak-256 with the padding of the original submission (as Ethereum uses it), which is not that of SHA3-256.
enum Keccak256 {
    /// The bytes that one permutation takes in: 1600 bits less twice 256.
    private static let rate = 136

    /// The digest of `bytes` as a big-endian integer.
    static func hash(_ bytes: [UInt8]) -> Word {
        var padded = bytes
        padded.append(0x01)
        padded.append(contentsOf: repeatElement(0, count: (rate - padded.count % rate) % rate))
        padded[padded.count - 1] |= 0x80
        var state = [UInt64](repeating: 0, count: 25)
        for block in stride(from: 0, to: padded.count, by: rate) {
            for lane in 0..<(rate / 8) {
                var value: UInt64 = 0
                for byte in 0..<8 { value |= UInt64(padded[block + 8 * lane + byte]) &<< UInt64(8 * byte) }
                state[lane] ^= value
            }
            permute(&state)
        }
        return Word(state[3].byteSwapped, state[2].byteSwapped, state[1].byteSwapped, state[0].byteSwapped)
    }

    /// Keccak-f[1600] (FIPS 202, section 3.3) on the lanes x + 5y.
    private static func permute(_ state: inout [UInt64]) {
        var columns = [UInt64](repeating: 0, count: 5)
        for constant in roundConstants {
            for x in 0..<5 {
                columns[x] = state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20]
            }
            for x in 0..<5 {
                let change = columns[(x + 4) % 5] ^ rotated(columns[(x + 1) % 5], by: 1)
                for y in stride(from: 0, to: 25, by: 5) { state[x + y] ^= change }
            }
            var moving = state[1]
            for (lane, rotation) in path {
                let displaced = state[lane]
                state[lane] = rotated(moving, by: rotation)
                moving = displaced
            }
            for y in stride(from: 0, to: 25, by: 5) {
                for x in 0..<5 { columns[x] = state[y + x] }
                for x in 0..<5 { state[y + x] = columns[x] ^ (~columns[(x + 1) % 5] & columns[(x + 2) % 5]) }
            }
            state[0] ^= constant
        }
    }

    private static func rotated(_ lane: UInt64, by count: UInt64) -> UInt64 {
        lane &<< count | lane &>> (64 &- count)
    }

    /// The lanes in the order in which the steps rho and pi carry them on, from lane 1, with the rotation of each move.
    private static let path: [(lane: Int, rotation: UInt64)] = {
        var x = 1
        var y = 0
        return (0..<24).map { step in
            (x, y) = (y, (2 * x + 3 * y) % 5)
            return (x + 5 * y, UInt64((step + 1) * (step + 2) / 2 % 64))
        }
    }()

    /// The constants of the step iota, from its shift register (FIPS 202, section 3.2.5).
    private static let roundConstants: [UInt64] = {
        var register: UInt64 = 1
        return (0..<24).map { _ in
            var constant: UInt64 = 0
            for index in 0..<7 {
                if register & 1 == 1 { constant |= 1 &<< ((1 &<< UInt64(index)) &- 1) }
                register = register &<< 1
                if register & 0x100 != 0 { register ^= 0x171 }
            }
            return constant
        }
    }()
}
