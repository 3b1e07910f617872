/// An element `real + imaginary * i` of the quadratic extension of the coordinate field, where i^2 = -1.
struct Fq2: Field {
    var real: Fq
    var imaginary: Fq

    @inline(__always)
    init(_ real: Fq, _ imaginary: Fq) {
        self.real = real
        self.imaginary = imaginary
    }

    static var zero: Fq2 { Fq2(.zero, .zero) }
    static var one: Fq2 { Fq2(.one, .zero) }
    /// 9 + i, which has no square and no cube root, and from which the larger extensions and the twist are made.
    static let nonresidue = Fq2(Fq(9), .one)

    static func + (left: Fq2, right: Fq2) -> Fq2 {
        Fq2(left.real + right.real, left.imaginary + right.imaginary)
    }

    static func - (left: Fq2, right: Fq2) -> Fq2 {
        Fq2(left.real - right.real, left.imaginary - right.imaginary)
    }

    static prefix func - (operand: Fq2) -> Fq2 { Fq2(-operand.real, -operand.imaginary) }

    static func * (left: Fq2, right: Fq2) -> Fq2 {
        let reals = left.real * right.real
        let imaginaries = left.imaginary * right.imaginary
        let mixed = (left.real + left.imaginary) * (right.real + right.imaginary)
        return Fq2(reals - imaginaries, mixed - reals - imaginaries)
    }

    static func * (left: Fq2, right: Fq) -> Fq2 { Fq2(left.real * right, left.imaginary * right) }

    var squared: Fq2 {
        Fq2((real + imaginary) * (real - imaginary), (real * imaginary).doubled)
    }

    var conjugate: Fq2 { Fq2(real, -imaginary) }

    /// This element times 9 + i.
    var timesNonresidue: Fq2 {
        let eight = doubled.doubled.doubled
        return Fq2(eight.real + real - imaginary, eight.imaginary + imaginary + real)
    }

    var inverse: Fq2? {
        guard let norm = (real.squared + imaginary.squared).inverse else { return nil }
        return Fq2(real * norm, -imaginary * norm)
    }
}
