/// An element `c0 + c1 * w` of the quadratic extension of `Fq6`, where w^2 = v: the field of the pairing's values.
struct Fq12: Field {
    var c0: Fq6
    var c1: Fq6

    @inline(__always)
    init(_ c0: Fq6, _ c1: Fq6) {
        self.c0 = c0
        self.c1 = c1
    }

    static var zero: Fq12 { Fq12(.zero, .zero) }
    static var one: Fq12 { Fq12(.one, .zero) }

    static func + (left: Fq12, right: Fq12) -> Fq12 { Fq12(left.c0 + right.c0, left.c1 + right.c1) }
    static func - (left: Fq12, right: Fq12) -> Fq12 { Fq12(left.c0 - right.c0, left.c1 - right.c1) }
    static prefix func - (operand: Fq12) -> Fq12 { Fq12(-operand.c0, -operand.c1) }

    static func * (left: Fq12, right: Fq12) -> Fq12 {
        let product0 = left.c0 * right.c0
        let product1 = left.c1 * right.c1
        let mixed = (left.c0 + left.c1) * (right.c0 + right.c1)
        return Fq12(product0 + product1.timesGenerator, mixed - product0 - product1)
    }

    var squared: Fq12 {
        let product = c0 * c1
        let mixed = (c0 + c1) * (c0 + c1.timesGenerator)
        return Fq12(mixed - product - product.timesGenerator, product.doubled)
    }

    /// This element times `b0 + b3 * w + b4 * v * w`, the shape of a line of the Miller loop.
    func timesLine(_ b0: Fq2, _ b3: Fq2, _ b4: Fq2) -> Fq12 {
        let product0 = c0 * b0
        let product1 = c1.timesSparse(b3, b4)
        let mixed = (c0 + c1).timesSparse(b0 + b3, b4)
        return Fq12(product0 + product1.timesGenerator, mixed - product0 - product1)
    }

    /// This element to the power of q^6; the inverse of an element of the cyclotomic subgroup.
    var conjugate: Fq12 { Fq12(c0, -c1) }

    var inverse: Fq12? {
        guard let norm = (c0.squared - c1.squared.timesGenerator).inverse else { return nil }
        return Fq12(c0 * norm, -(c1 * norm))
    }

    /// The powers 0 to 5 of (9 + i)^((q - 1) / 6), by which w^k grows when it is raised to q.
    static let frobeniusFactors: [Fq2] = Fq2.nonresidue
        .power(BaseParameters.modulus.subtracting(Word(1)).difference.quotient(by: 6))
        .powers(6)

    /// This element to the power of q.
    var frobenius: Fq12 {
        let factors = Fq12.frobeniusFactors
        return Fq12(
            Fq6(c0.c0.conjugate, c0.c1.conjugate * factors[2], c0.c2.conjugate * factors[4]),
            Fq6(c1.c0.conjugate * factors[1], c1.c1.conjugate * factors[3], c1.c2.conjugate * factors[5])
        )
    }

    /// The square of an element of the cyclotomic subgroup, by the formula of R. Granger and M. Scott, "Faster
    /// squaring in the cyclotomic subgroup of sixth degree extensions" (PKC 2010). For any other element the result
    /// has no meaning.
    var cyclotomicSquared: Fq12 {
        let pair0 = Fq12.squareOfPair(c0.c0, c1.c1)
        let pair1 = Fq12.squareOfPair(c1.c0, c0.c2)
        let pair2 = Fq12.squareOfPair(c0.c1, c1.c2)
        let turned = pair2.odd.timesNonresidue
        return Fq12(
            Fq6(
                pair0.even.tripled - c0.c0.doubled,
                pair1.even.tripled - c0.c1.doubled,
                pair2.even.tripled - c0.c2.doubled
            ),
            Fq6(
                turned.tripled + c1.c0.doubled,
                pair0.odd.tripled + c1.c1.doubled,
                pair1.odd.tripled + c1.c2.doubled
            )
        )
    }

    /// The square of `even + odd * y`, where y^2 = 9 + i.
    private static func squareOfPair(_ even: Fq2, _ odd: Fq2) -> (even: Fq2, odd: Fq2) {
        let product = even * odd
        let mixed = (even + odd) * (odd.timesNonresidue + even)
        return (mixed - product - product.timesNonresidue, product.doubled)
    }
}
