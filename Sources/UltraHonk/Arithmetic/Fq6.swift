/// An element `c0 + c1 * v + c2 * v^2` of the cubic extension of `Fq2`, where v^3 = 9 + i.
struct Fq6: Field {
    var c0: Fq2
    var c1: Fq2
    var c2: Fq2

    @inline(__always)
    init(_ c0: Fq2, _ c1: Fq2, _ c2: Fq2) {
        self.c0 = c0
        self.c1 = c1
        self.c2 = c2
    }

    static var zero: Fq6 { Fq6(.zero, .zero, .zero) }
    static var one: Fq6 { Fq6(.one, .zero, .zero) }

    static func + (left: Fq6, right: Fq6) -> Fq6 {
        Fq6(left.c0 + right.c0, left.c1 + right.c1, left.c2 + right.c2)
    }

    static func - (left: Fq6, right: Fq6) -> Fq6 {
        Fq6(left.c0 - right.c0, left.c1 - right.c1, left.c2 - right.c2)
    }

    static prefix func - (operand: Fq6) -> Fq6 { Fq6(-operand.c0, -operand.c1, -operand.c2) }

    /// Karatsuba's product (A. Devegili et al., "Multiplication and squaring on pairing-friendly fields", 2006).
    static func * (left: Fq6, right: Fq6) -> Fq6 {
        let product0 = left.c0 * right.c0
        let product1 = left.c1 * right.c1
        let product2 = left.c2 * right.c2
        let mixed12 = (left.c1 + left.c2) * (right.c1 + right.c2) - product1 - product2
        let mixed01 = (left.c0 + left.c1) * (right.c0 + right.c1) - product0 - product1
        let mixed02 = (left.c0 + left.c2) * (right.c0 + right.c2) - product0 - product2
        return Fq6(
            product0 + mixed12.timesNonresidue,
            mixed01 + product2.timesNonresidue,
            mixed02 + product1
        )
    }

    static func * (left: Fq6, right: Fq2) -> Fq6 {
        Fq6(left.c0 * right, left.c1 * right, left.c2 * right)
    }

    /// This element times `b0 + b1 * v`.
    func timesSparse(_ b0: Fq2, _ b1: Fq2) -> Fq6 {
        let product0 = c0 * b0
        let product1 = c1 * b1
        return Fq6(
            product0 + (c2 * b1).timesNonresidue,
            (c0 + c1) * (b0 + b1) - product0 - product1,
            c2 * b0 + product1
        )
    }

    var squared: Fq6 { self * self }

    /// This element times v.
    var timesGenerator: Fq6 { Fq6(c2.timesNonresidue, c0, c1) }

    var inverse: Fq6? {
        let minor0 = c0.squared - (c1 * c2).timesNonresidue
        let minor1 = c2.squared.timesNonresidue - c0 * c1
        let minor2 = c1.squared - c0 * c2
        let norm = c0 * minor0 + (c2 * minor1 + c1 * minor2).timesNonresidue
        guard let scale = norm.inverse else { return nil }
        return Fq6(minor0, minor1, minor2) * scale
    }
}
