/// A finite point of a curve y^2 = x^3 + b.
struct AffinePoint<Coordinate: Field>: Equatable, Sendable {
    var x: Coordinate
    var y: Coordinate

    static prefix func - (point: Self) -> Self { Self(x: point.x, y: -point.y) }
}

/// A point of the first group: on y^2 = x^3 + 3 over the coordinate field, whose points all have order r.
typealias G1 = AffinePoint<Fq>
/// A point of the sextic twist y^2 = x^3 + 3 / (9 + i) over `Fq2`, of which the second group is a part.
typealias G2 = AffinePoint<Fq2>

extension G1 {
    /// The generator (1, 2).
    static let generator = G1(x: .one, y: Fq(2))

    /// Whether the coordinates satisfy the curve equation; (0, 0) does not.
    var isOnCurve: Bool { y.squared == x.squared * x + Fq(3) }
}

extension G2 {
    /// The b of the twist's equation: 3 / (9 + i).
    static let twistCoefficient = Fq2(Fq(3), .zero) * (Fq2.nonresidue.inverse ?? .zero)

    /// Whether the point is of the second group: on the twist, and of order r.
    var isInGroup: Bool {
        guard y.squared == x.squared * x + G2.twistCoefficient else { return false }
        let order = ScalarParameters.modulus
        var multiple = JacobianPoint<Fq2>.infinity
        for index in stride(from: order.bitWidth - 1, through: 0, by: -1) {
            multiple = multiple.doubled
            if order.bit(index) == 1 { multiple = multiple.adding(self) }
        }
        return multiple.isInfinity
    }
}

/// A point (x / z^2, y / z^3) of a curve y^2 = x^3 + b, or the point at infinity where z = 0.
struct JacobianPoint<Coordinate: Field>: Sendable {
    var x: Coordinate
    var y: Coordinate
    var z: Coordinate

    init(x: Coordinate, y: Coordinate, z: Coordinate) {
        self.x = x
        self.y = y
        self.z = z
    }

    init(_ point: AffinePoint<Coordinate>) {
        self.init(x: point.x, y: point.y, z: .one)
    }

    static var infinity: Self { Self(x: .one, y: .one, z: .zero) }

    var isInfinity: Bool { z.isZero }

    /// Twice this point: formula dbl-2009-l of the Explicit-Formulas Database.
    var doubled: Self {
        let xx = x.squared
        let yy = y.squared
        let yyyy = yy.squared
        let middle = ((x + yy).squared - xx - yyyy).doubled
        let slope = xx.tripled
        let newX = slope.squared - middle.doubled
        return Self(
            x: newX,
            y: slope * (middle - newX) - yyyy.doubled.doubled.doubled,
            z: (y * z).doubled
        )
    }

    /// The sum with a finite point: formula madd-2007-bl of the Explicit-Formulas Database, and its exceptions.
    func adding(_ other: AffinePoint<Coordinate>) -> Self {
        if isInfinity { return Self(other) }
        let zz = z.squared
        let run = other.x * zz - x
        let rise = other.y * z * zz - y
        if run.isZero { return rise.isZero ? doubled : .infinity }
        let runSquared = run.squared
        let four = runSquared.doubled.doubled
        let cube = run * four
        let slope = rise.doubled
        let middle = x * four
        let newX = slope.squared - cube - middle.doubled
        return Self(
            x: newX,
            y: slope * (middle - newX) - (y * cube).doubled,
            z: (z + run).squared - zz - runSquared
        )
    }

    /// This point in affine form; nil for the point at infinity.
    var affine: AffinePoint<Coordinate>? {
        guard let inverse = z.inverse else { return nil }
        return scaled(by: inverse)
    }

    /// The affine forms of `points`, none of which is at infinity, for the price of one inversion.
    static func affine(_ points: [Self]) -> [AffinePoint<Coordinate>] {
        zip(points, Coordinate.inverses(of: points.map(\.z))).map { $0.scaled(by: $1) }
    }

    private func scaled(by inverse: Coordinate) -> AffinePoint<Coordinate> {
        let square = inverse.squared
        return AffinePoint(x: x * square, y: y * square * inverse)
    }
}
