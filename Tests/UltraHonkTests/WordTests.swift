import Testing

@testable import UltraHonk

@Suite("Words")
struct WordTests {
    private let sample = Word(
        0x0706_0504_0302_0100,
        0x0f0e_0d0c_0b0a_0908,
        0x1716_1514_1312_1110,
        0x1f1e_1d1c_1b1a_1918
    )

    @Test("A word is 32 bytes, the most significant first")
    func bytes() {
        let bytes = (UInt8(0)..<32).reversed() as [UInt8]
        #expect(Word(bytes: bytes) == sample)
        #expect(sample.bytes == bytes)
        #expect(Word(bytes: bytes.dropLast()) == nil)
        #expect(Word(bytes: bytes + [0]) == nil)
        #expect(Word.words(of: bytes + bytes) == [sample, sample])
        #expect(Word.words(of: []) == [])
        #expect(Word.words(of: bytes + [0]) == nil)
    }

    @Test("A word in text is 0x and 64 hexadecimal digits, and nothing else")
    func hex() {
        let text = "0x1f1e1d1c1b1a191817161514131211100f0e0d0c0b0a09080706050403020100"
        let digits = String(text.dropFirst(2))
        #expect(Word(hex: text) == sample)
        #expect(sample.hex == text)
        #expect(Word(hex: "0x" + digits.uppercased()) == sample)
        for wrong in ["", "0x", "0", digits, "0X" + digits, String(text.dropLast()), text + "0"] {
            #expect(Word(hex: wrong) == nil, "\(wrong)")
        }
        for character in "/:@G`g é" {
            #expect(Word(hex: text.dropLast() + String(character)) == nil, "\(character)")
        }
    }

    @Test("Sums and differences carry over all limbs")
    func carries() {
        let ones = Word(.max, .max, .max, .max)
        #expect(ones.adding(Word(1)) == .zero)
        #expect(Word.zero.subtracting(Word(1)) == (ones, 1))
        #expect(ones.subtracting(ones) == (.zero, 0))
        #expect(Word(0, 0, 0, 1).subtracting(Word(1)) == (Word(.max, .max, .max, 0), 0))
        #expect(Word(0, 0, 1, 0).isLess(than: Word(0, 0, 0, 1)))
        #expect(!ones.isLess(than: ones))
    }

    @Test("Bits, widths, shifts and quotients reach over all limbs")
    func bits() {
        #expect(Word.zero.bitWidth == 0)
        #expect(Word(1).bitWidth == 1)
        #expect([Word(0, 1, 0, 0), Word(0, 0, 1, 0), Word(0, 0, 0, 1)].map(\.bitWidth) == [65, 129, 193])
        #expect(Word(0, 0, 0, 1).bit(192) == 1)
        #expect(Word(.max, .max, .max, .max).bit(256) == 0)
        #expect(Word(0, 1, 2, 4).shiftedRight(by: 1) == Word(1 << 63, 0, 1, 2))
        #expect(Word(0, 0, 0, 6).quotient(by: 6) == Word(0, 0, 0, 1))
        #expect(Word(7, 0, 0, 0).quotient(by: 6) == Word(1))
        #expect(Word(0, 1, 0, 0).quotient(by: 2) == Word(1 << 63))
    }
}
