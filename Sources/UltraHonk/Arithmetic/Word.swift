/// An unsigned integer of 256 bits: the word of every format this module reads, and the storage of both fields.
struct Word: Equatable, Sendable {
    /// The length of a word in a proof, in bytes; the most significant byte comes first.
    static let byteCount = 32

    /// Bits 0 to 63.
    var limb0: UInt64
    /// Bits 64 to 127.
    var limb1: UInt64
    /// Bits 128 to 191.
    var limb2: UInt64
    /// Bits 192 to 255.
    var limb3: UInt64

    static let zero = Word(0)

    @inline(__always)
    init(_ limb0: UInt64, _ limb1: UInt64, _ limb2: UInt64, _ limb3: UInt64) {
        self.limb0 = limb0
        self.limb1 = limb1
        self.limb2 = limb2
        self.limb3 = limb3
    }

    @inline(__always)
    init(_ small: UInt64) {
        self.init(small, 0, 0, 0)
    }

    /// The big-endian integer in `bytes`; nil unless there are exactly 32.
    init?(bytes: some Collection<UInt8>) {
        guard bytes.count == Word.byteCount else { return nil }
        self.init(0)
        for byte in bytes { appendDigit(UInt64(byte), bits: 8) }
    }

    /// The integer written as `0x` and 64 hexadecimal digits; nil for any other text.
    init?(hex: String) {
        let text = Array(hex.utf8)
        guard text.count == 2 + 2 * Word.byteCount, text.starts(with: [0x30, 0x78]) else { return nil }
        self.init(0)
        for character in text.dropFirst(2) {
            switch character {
            case 0x30...0x39: appendDigit(UInt64(character &- 0x30), bits: 4)
            case 0x41...0x46: appendDigit(UInt64(character &- 0x41 &+ 10), bits: 4)
            case 0x61...0x66: appendDigit(UInt64(character &- 0x61 &+ 10), bits: 4)
            default: return nil
            }
        }
    }

    /// The consecutive words of `bytes`; nil where the length is no multiple of 32.
    static func words(of bytes: [UInt8]) -> [Word]? {
        guard bytes.count.isMultiple(of: byteCount) else { return nil }
        var words: [Word] = []
        words.reserveCapacity(bytes.count / byteCount)
        for start in stride(from: 0, to: bytes.count, by: byteCount) {
            guard let word = Word(bytes: bytes[start..<(start + byteCount)]) else { return nil }
            words.append(word)
        }
        return words
    }

    private mutating func appendDigit(_ digit: UInt64, bits: UInt64) {
        let carry = 64 &- bits
        limb3 = limb3 &<< bits | limb2 &>> carry
        limb2 = limb2 &<< bits | limb1 &>> carry
        limb1 = limb1 &<< bits | limb0 &>> carry
        limb0 = limb0 &<< bits | digit
    }

    /// Appends the 32 bytes of this word, most significant first.
    func append(to bytes: inout [UInt8]) {
        for limb in [limb3, limb2, limb1, limb0] {
            for shift in stride(from: UInt64(56), through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: limb &>> shift))
            }
        }
    }

    var isZero: Bool { limb0 | limb1 | limb2 | limb3 == 0 }

    /// Bit `index` as 0 or 1, and 0 from bit 256 on.
    func bit(_ index: Int) -> UInt64 {
        let limb =
            switch index >> 6 {
            case 0: limb0
            case 1: limb1
            case 2: limb2
            case 3: limb3
            default: UInt64(0)
            }
        return limb &>> UInt64(truncatingIfNeeded: index & 63) & 1
    }

    /// The number of bits up to and with the highest one that is set; 0 for zero.
    var bitWidth: Int {
        if limb3 != 0 { return 256 - limb3.leadingZeroBitCount }
        if limb2 != 0 { return 192 - limb2.leadingZeroBitCount }
        if limb1 != 0 { return 128 - limb1.leadingZeroBitCount }
        return 64 - limb0.leadingZeroBitCount
    }

    /// This word shifted right by `count` bits, 1 to 63.
    func shiftedRight(by count: UInt64) -> Word {
        let rest = 64 &- count
        return Word(
            limb0 &>> count | limb1 &<< rest,
            limb1 &>> count | limb2 &<< rest,
            limb2 &>> count | limb3 &<< rest,
            limb3 &>> count
        )
    }

    /// The quotient of this word and `divisor`, which is not 0; the remainder is dropped.
    func quotient(by divisor: UInt64) -> Word {
        let high = limb3.quotientAndRemainder(dividingBy: divisor)
        let third = divisor.dividingFullWidth((high.remainder, limb2))
        let second = divisor.dividingFullWidth((third.remainder, limb1))
        let first = divisor.dividingFullWidth((second.remainder, limb0))
        return Word(first.quotient, second.quotient, third.quotient, high.quotient)
    }

    /// The sum, modulo 2^256.
    @inline(__always)
    func adding(_ other: Word) -> Word {
        var carry: UInt64 = 0
        let sum0 = addWithCarry(limb0, other.limb0, &carry)
        let sum1 = addWithCarry(limb1, other.limb1, &carry)
        let sum2 = addWithCarry(limb2, other.limb2, &carry)
        let sum3 = addWithCarry(limb3, other.limb3, &carry)
        return Word(sum0, sum1, sum2, sum3)
    }

    /// The difference modulo 2^256, and 1 where `other` was the greater.
    @inline(__always)
    func subtracting(_ other: Word) -> (difference: Word, borrow: UInt64) {
        var borrow: UInt64 = 0
        let part0 = subtractWithBorrow(limb0, other.limb0, &borrow)
        let part1 = subtractWithBorrow(limb1, other.limb1, &borrow)
        let part2 = subtractWithBorrow(limb2, other.limb2, &borrow)
        let part3 = subtractWithBorrow(limb3, other.limb3, &borrow)
        return (Word(part0, part1, part2, part3), borrow)
    }

    /// Whether this word is less than `other`.
    func isLess(than other: Word) -> Bool { subtracting(other).borrow == 1 }
}

@inline(__always)
private func addWithCarry(_ left: UInt64, _ right: UInt64, _ carry: inout UInt64) -> UInt64 {
    let (partial, first) = left.addingReportingOverflow(right)
    let (sum, second) = partial.addingReportingOverflow(carry)
    carry = first || second ? 1 : 0
    return sum
}

@inline(__always)
private func subtractWithBorrow(_ left: UInt64, _ right: UInt64, _ borrow: inout UInt64) -> UInt64 {
    let (partial, first) = left.subtractingReportingOverflow(right)
    let (difference, second) = partial.subtractingReportingOverflow(borrow)
    borrow = first || second ? 1 : 0
    return difference
}
