import Testing

@testable import UltraHonk

@Suite("Fields")
struct FieldTests {
    private func laws<Element: SampledField>(_ type: Element.Type, seed: UInt64, rounds: Int) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<rounds {
            let (a, b, c) = (Element.random(&generator), Element.random(&generator), Element.random(&generator))
            #expect(a + b == b + a)
            #expect(a * b == b * a)
            #expect((a + b) + c == a + (b + c))
            #expect((a * b) * c == a * (b * c))
            #expect(a * (b + c) == a * b + a * c)
            #expect(a - a == .zero)
            #expect(a + -a == .zero)
            #expect(a - b == -(b - a))
            #expect(a * .one == a)
            #expect(a.squared == a * a)
            #expect(a.doubled == a + a)
            #expect(a.tripled == a + a + a)
            #expect(a.inverse.map { $0 * a } == .one)
        }
        #expect(Element.zero.inverse == nil)
        #expect(Element.inverses(of: []).isEmpty)
        let elements = (0..<5).map { _ in Element.random(&generator) } + [.zero, .one]
        #expect(Element.inverses(of: elements) == elements.map { $0.inverse ?? .zero })
        #expect(elements[0].powers(4) == [.one, elements[0], elements[0].squared, elements[0].squared * elements[0]])
    }

    @Test("Every field of the tower obeys the field laws")
    func fieldLaws() {
        laws(Fr.self, seed: 1, rounds: 100)
        laws(Fq.self, seed: 2, rounds: 100)
        laws(Fq2.self, seed: 3, rounds: 40)
        laws(Fq6.self, seed: 4, rounds: 10)
        laws(Fq12.self, seed: 5, rounds: 5)
    }

    private func agreesWithPlainArithmetic<Parameters>(_ type: PrimeField<Parameters>.Type, seed: UInt64) {
        let modulus = Parameters.modulus
        func plainSum(_ a: Word, _ b: Word) -> Word {
            let sum = a.adding(b)
            return sum.isLess(than: modulus) ? sum : sum.subtracting(modulus).difference
        }
        func plainProduct(_ a: Word, _ b: Word) -> Word {
            stride(from: 255, through: 0, by: -1).reduce(Word.zero) { sum, index in
                let doubled = plainSum(sum, sum)
                return b.bit(index) == 1 ? plainSum(doubled, a) : doubled
            }
        }
        var generator = SeededGenerator(seed: seed)
        let last = modulus.subtracting(Word(1)).difference
        let edges = [Word.zero, Word(1), Word(2), Word(.max), last, last.subtracting(Word(1)).difference]
        let words = edges + (0..<10).map { _ in PrimeField<Parameters>.random(&generator).word }
        for a in words {
            for b in words {
                let (left, right) = (PrimeField<Parameters>(reducing: a), PrimeField<Parameters>(reducing: b))
                #expect((left + right).word == plainSum(a, b))
                #expect((left * right).word == plainProduct(a, b))
                #expect((left - right + right).word == a)
            }
        }
    }

    @Test("Both prime fields agree with addition and multiplication bit by bit")
    func plainArithmetic() {
        agreesWithPlainArithmetic(Fr.self, seed: 6)
        agreesWithPlainArithmetic(Fq.self, seed: 7)
    }

    @Test("A canonical number is read below the modulus only, and any number is reduced")
    func canonicalNumbers() {
        let modulus = ScalarParameters.modulus
        #expect(Fr(canonical: modulus) == nil)
        #expect(Fr(canonical: Word(.max, .max, .max, .max)) == nil)
        #expect(Fr(canonical: modulus.subtracting(Word(1)).difference) == -.one)
        #expect(Fr(reducing: modulus) == .zero)
        #expect(Fr(reducing: modulus.adding(Word(5))) == Fr(5))
        // 2^256 - 1 is five times r and a rest.
        let rest = (0..<5).reduce(Word(.max, .max, .max, .max)) { word, _ in word.subtracting(modulus).difference }
        #expect(rest.isLess(than: modulus))
        #expect(Fr(reducing: Word(.max, .max, .max, .max)).word == rest)
        #expect(Fq(canonical: BaseParameters.modulus) == nil)
    }

    @Test("The power of the extension's order less one is one")
    func fermat() {
        var generator = SeededGenerator(seed: 8)
        let exponent = BaseParameters.modulus.subtracting(Word(1)).difference
        #expect(Fq.random(&generator).power(exponent) == .one)
        let element = Fq2.random(&generator)
        #expect(element.power(BaseParameters.modulus) == element.conjugate)
        #expect(element.power(.zero) == .one)
    }

    @Test("The shortcuts of the tower agree with its products")
    func towerShortcuts() {
        var generator = SeededGenerator(seed: 9)
        let (a, b, c) = (Fq2.random(&generator), Fq2.random(&generator), Fq2.random(&generator))
        #expect(a.timesNonresidue == a * .nonresidue)
        let sixth = Fq6.random(&generator)
        #expect(sixth.timesGenerator == sixth * Fq6(.zero, .one, .zero))
        #expect(sixth.timesSparse(a, b) == sixth * Fq6(a, b, .zero))
        let twelfth = Fq12.random(&generator)
        #expect(twelfth.timesLine(a, b, c) == twelfth * Fq12(Fq6(a, .zero, .zero), Fq6(b, c, .zero)))
    }

    @Test("Frobenius is the power of q, and twelve times it is nothing")
    func frobenius() {
        var generator = SeededGenerator(seed: 10)
        let element = Fq12.random(&generator)
        #expect(element.frobenius == element.power(BaseParameters.modulus))
        #expect((0..<6).reduce(element) { power, _ in power.frobenius } == element.conjugate)
    }

    @Test("The cyclotomic square is the square in the cyclotomic subgroup")
    func cyclotomicSquare() throws {
        var generator = SeededGenerator(seed: 11)
        let element = Fq12.random(&generator)
        let half = element.conjugate * (try #require(element.inverse))
        let unit = half.frobenius.frobenius * half
        #expect(unit.cyclotomicSquared == unit.squared)
        #expect(unit * unit.conjugate == .one)
    }
}
