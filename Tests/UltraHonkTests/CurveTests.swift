import Testing

@testable import UltraHonk

@Suite("Curve and pairing")
struct CurveTests {
    private let two = multiple(G1.generator, Word(2))

    @Test("The generator is on the curve and of order r")
    func generatorOrder() {
        #expect(G1.generator.isOnCurve)
        #expect(multiple(G1.generator, ScalarParameters.modulus) == nil)
        #expect(multiple(G1.generator, ScalarParameters.modulus.subtracting(Word(1)).difference) == -G1.generator)
        #expect(!G1(x: .zero, y: .zero).isOnCurve)
        #expect(!G1(x: .one, y: .one).isOnCurve)
    }

    @Test("Addition knows its exceptions: equal points, opposite points and infinity")
    func additionExceptions() throws {
        let generator = JacobianPoint(G1.generator)
        let double = try #require(two)
        #expect(generator.adding(.generator).affine == double)
        #expect(generator.adding(-.generator).affine == nil)
        #expect(JacobianPoint<Fq>.infinity.adding(.generator).affine == .generator)
        #expect(JacobianPoint<Fq>.infinity.doubled.isInfinity)
        #expect(JacobianPoint(double).adding(-.generator).affine == .generator)
        #expect(double.isOnCurve)
    }

    @Test("A sum of many terms is the sum of its multiples")
    func multiScalar() {
        var generator = SeededGenerator(seed: 20)
        let last = -Fr.one
        let scalars = [.zero, .one, last, Fr(15), Fr(16), Fr(31)] + (0..<6).map { _ in Fr.random(&generator) }
        let terms = scalars.compactMap { scalar in
            multiple(G1.generator, generator.word()).map { Term(scalar, $0) }
        }
        #expect(terms.count == scalars.count)
        for term in terms { #expect(sum(of: [term]) == multiple(term.point, term.scalar.word)) }
        let expected = terms.reduce(JacobianPoint<Fq>.infinity) { partial, term in
            multiple(term.point, term.scalar.word).map(partial.adding) ?? partial
        }
        #expect(sum(of: terms) == expected.affine)
    }

    @Test("A sum that cancels out is the point at infinity")
    func cancellingSum() {
        #expect(sum(of: []) == nil)
        #expect(sum(of: [Term(.zero, .generator)]) == nil)
        #expect(sum(of: [Term(Fr(7), .generator), Term(-Fr(7), .generator)]) == nil)
        #expect(sum(of: [Term(Fr(7), .generator), Term(Fr(7), -.generator)]) == nil)
        #expect(sum(of: [Term(Fr(3), .generator), Term(-.one, .generator)]) == two)
    }

    @Test("The second group has order r, and the rest of the twist is refused")
    func secondGroup() throws {
        let sample = try #require(G2.groupSample)
        #expect(sample.isInGroup)
        let stray = try #require(G2.twistSample)
        #expect(!stray.isInGroup)
        #expect(!G2(x: sample.x, y: sample.y + .one).isInGroup)
        #expect(!G2(x: .zero, y: .zero).isInGroup)
    }

    @Test("The loop's digits are the signed form of 6x + 2")
    func loopDigits() {
        // 6x + 2 takes 65 bits, so that it is compared modulo 2^64.
        let sum = Pairing.loopDigits.reduce(UInt64(1)) { $0 &* 2 &+ UInt64(bitPattern: Int64($1)) }
        #expect(sum == Pairing.curveParameter &* 6 &+ 2)
        #expect(Pairing.loopDigits.count == 65)
        #expect(zip(Pairing.loopDigits, Pairing.loopDigits.dropFirst()).allSatisfy { $0 == 0 || $1 == 0 })
    }

    @Test("The pairing is bilinear and not degenerate")
    func bilinearity() throws {
        let other = try #require(G2.groupSample)
        let (a, b) = (Word(0x1234_5678_9abc_def1, 77, 3, 0), Word(0xfeed_f00d, 5, 0, 0))
        let left = try #require(multiple(G1.generator, a))
        let right = try #require(multiple(other, b))
        let lines = PreparedLines(other)
        let value = try #require(Pairing.product([(.generator, lines)]))
        #expect(value != .one)
        #expect(value.power(ScalarParameters.modulus) == .one)
        #expect(Pairing.product([(left, lines)]) == value.power(a))
        #expect(Pairing.product([(.generator, PreparedLines(right))]) == value.power(b))
        #expect(Pairing.product([(left, PreparedLines(right))]) == value.power(a).power(b))
    }

    @Test("A product of pairings that cancel out is one, and no other")
    func pairingProduct() throws {
        let other = try #require(G2.groupSample)
        let lines = PreparedLines(other)
        let double = try #require(two)
        let doubleLines = PreparedLines(try #require(multiple(other, Word(2))))
        #expect(Pairing.productIsOne([(double, lines), (-.generator, doubleLines)]))
        #expect(!Pairing.productIsOne([(double, lines), (.generator, doubleLines)]))
        #expect(!Pairing.productIsOne([(.generator, lines), (-.generator, doubleLines)]))
        #expect(Pairing.productIsOne([(nil, lines), (nil, doubleLines)]))
        #expect(!Pairing.productIsOne([(nil, lines), (.generator, doubleLines)]))
        #expect(Pairing.finalPower(of: .zero) == nil)
    }
}
