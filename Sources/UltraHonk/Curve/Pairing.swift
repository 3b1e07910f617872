/// The optimal ate pairing of BN254 (F. Vercauteren, "Optimal pairings", 2008), as a check that a product is one.
enum Pairing {
    /// The parameter x of the curve, from which q and r are polynomials.
    static let curveParameter: UInt64 = 0x44e9_92b4_4a69_09f1

    /// The digits of 6x + 2 from the second highest down to the lowest, each -1, 0 or 1, no two neighbours nonzero.
    static let loopDigits: [Int8] = {
        // The signed form of a number n has the digits of bit k + 1 of 3n less that of n.
        let number = multiple(of: curveParameter, by: 6, plus: 2)
        let triple = multiple(of: curveParameter, by: 18, plus: 6)
        return stride(from: triple.bitWidth - 3, through: 0, by: -1).map { index in
            Int8(truncatingIfNeeded: triple.bit(index + 1)) - Int8(truncatingIfNeeded: number.bit(index + 1))
        }
    }()

    private static func multiple(of number: UInt64, by factor: UInt64, plus addend: UInt64) -> Word {
        let product = number.multipliedFullWidth(by: factor)
        return Word(product.low, product.high, 0, 0).adding(Word(addend))
    }

    /// Whether the product of the pairings of `pairs` is one. A nil point is the point at infinity.
    static func productIsOne(_ pairs: [(point: G1?, lines: PreparedLines)]) -> Bool {
        product(pairs) == .one
    }

    /// The product of the pairings of `pairs`, each raised to one fixed power that keeps the pairing non-degenerate;
    /// nil only for points that are not of the groups.
    static func product(_ pairs: [(point: G1?, lines: PreparedLines)]) -> Fq12? {
        let finite = pairs.compactMap { pair in pair.point.map { (point: $0, lines: pair.lines.coefficients) } }
        var value = Fq12.one
        var next = 0
        func multiplyLines() {
            for pair in finite where next < pair.lines.count {
                let line = pair.lines[next]
                value = value.timesLine(line.constant * pair.point.y, line.slope * pair.point.x, line.offset)
            }
            next += 1
        }
        for digit in loopDigits {
            value = value.squared
            multiplyLines()
            if digit != 0 { multiplyLines() }
        }
        multiplyLines()
        multiplyLines()
        return finalPower(of: value)
    }

    /// The power (q^12 - 1) / r of `value`, times 2x(6x^2 + 3x + 1), which is prime to r; nil for zero.
    ///
    /// The second half follows L. Fuentes-Castañeda, E. Knapp and F. Rodríguez-Henríquez, "Faster hashing to G2"
    /// (SAC 2011).
    static func finalPower(of value: Fq12) -> Fq12? {
        guard let inverse = value.inverse else { return nil }
        let first = value.conjugate * inverse
        let unit = first.frobenius.frobenius * first
        // For a unit the conjugate is the inverse: minusX(y) is y^-x.
        let a = minusX(unit).cyclotomicSquared
        let b = a.cyclotomicSquared * a
        let c = minusX(b)
        let d = minusX(c.cyclotomicSquared).conjugate
        let e = d * c * b.conjugate
        let f = e * a
        let g = e * c * unit
        return f.frobenius * g * e.frobenius.frobenius * (unit.conjugate * f).frobenius.frobenius.frobenius
    }

    /// `unit` to the power of -x.
    private static func minusX(_ unit: Fq12) -> Fq12 {
        var power = unit
        for index in stride(from: UInt64.bitWidth - curveParameter.leadingZeroBitCount - 2, through: 0, by: -1) {
            power = power.cyclotomicSquared
            if curveParameter &>> UInt64(index) & 1 == 1 { power *= unit }
        }
        return power.conjugate
    }
}

/// The lines of the Miller loop of one point of the second group, in the order in which the loop uses them.
struct PreparedLines: Sendable {
    /// A line `constant * y + slope * x * w + offset * v * w` at a point (x, y) of the first group.
    struct Line: Sendable {
        var constant: Fq2
        var slope: Fq2
        var offset: Fq2
    }

    let coefficients: [Line]

    /// The lines of `point`, which is of the second group.
    init(_ point: G2) {
        var running = ProjectiveTwistPoint(point)
        var lines: [Line] = []
        for digit in Pairing.loopDigits {
            lines.append(running.double())
            if digit != 0 { lines.append(running.add(digit < 0 ? -point : point)) }
        }
        let image = PreparedLines.frobenius(point)
        lines.append(running.add(image))
        lines.append(running.add(-PreparedLines.frobenius(image)))
        coefficients = lines
    }

    /// The Frobenius map carried over to the twist.
    private static func frobenius(_ point: G2) -> G2 {
        let factors = Fq12.frobeniusFactors
        return G2(x: point.x.conjugate * factors[2], y: point.y.conjugate * factors[3])
    }
}

/// A point (x / z, y / z) of the twist, and the lines through it: the formulas of C. Costello, T. Lange and M. Naehrig,
/// "Faster pairing computations on curves with high-degree twists" (PKC 2010), for a twist of D type.
private struct ProjectiveTwistPoint {
    var x: Fq2
    var y: Fq2
    var z: Fq2

    init(_ point: G2) {
        x = point.x
        y = point.y
        z = .one
    }

    private static let half = Fq(2).inverse ?? .zero

    /// Doubles the point and gives the tangent at what it was.
    mutating func double() -> PreparedLines.Line {
        let product = x * y * Self.half
        let yy = y.squared
        let zz = z.squared
        let scaled = G2.twistCoefficient * zz.tripled
        let triple = scaled.tripled
        let mean = (yy + triple) * Self.half
        let cross = (y + z).squared - yy - zz
        let line = PreparedLines.Line(constant: -cross, slope: x.squared.tripled, offset: scaled - yy)
        x = product * (yy - triple)
        y = mean.squared - scaled.squared.tripled
        z = yy * cross
        return line
    }

    /// Adds `point` and gives the line through both.
    mutating func add(_ point: G2) -> PreparedLines.Line {
        let rise = y - point.y * z
        let run = x - point.x * z
        let runSquared = run.squared
        let runCubed = run * runSquared
        let reach = x * runSquared
        let sum = runCubed + z * rise.squared - reach.doubled
        let line = PreparedLines.Line(constant: run, slope: -rise, offset: rise * point.x - run * point.y)
        x = run * sum
        y = rise * (reach - sum) - runCubed * y
        z *= runCubed
        return line
    }
}
