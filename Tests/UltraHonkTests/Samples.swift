@testable import UltraHonk

/// The generator SplitMix64: the same seed gives the same numbers everywhere.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }

    mutating func word() -> Word { Word(next(), next(), next(), next()) }
}

/// A field of which tests can draw elements.
protocol SampledField: Field {
    static func random(_ generator: inout SeededGenerator) -> Self
}

extension PrimeField: SampledField {
    static func random(_ generator: inout SeededGenerator) -> Self { Self(reducing: generator.word()) }
}

extension Fq2: SampledField {
    static func random(_ generator: inout SeededGenerator) -> Fq2 {
        Fq2(.random(&generator), .random(&generator))
    }

    /// A square root, if there is one (q is 3 modulo 4; G. Adj, F. Rodríguez-Henríquez, algorithm 9).
    var squareRoot: Fq2? {
        let quarter = BaseParameters.modulus.subtracting(Word(3)).difference.shiftedRight(by: 2)
        let half = BaseParameters.modulus.subtracting(Word(1)).difference.shiftedRight(by: 1)
        let candidate = power(quarter)
        let root = candidate * self
        let sign = candidate * root
        let result = sign == -.one ? Fq2(.zero, .one) * root : (sign + .one).power(half) * root
        return result.squared == self ? result : nil
    }
}

extension Fq6: SampledField {
    static func random(_ generator: inout SeededGenerator) -> Fq6 {
        Fq6(.random(&generator), .random(&generator), .random(&generator))
    }
}

extension Fq12: SampledField {
    static func random(_ generator: inout SeededGenerator) -> Fq12 {
        Fq12(.random(&generator), .random(&generator))
    }
}

/// `scalar` times `point`, one bit after the other; nil for the point at infinity.
func multiple<Coordinate>(_ point: AffinePoint<Coordinate>, _ scalar: Word) -> AffinePoint<Coordinate>? {
    var sum = JacobianPoint<Coordinate>.infinity
    for index in stride(from: scalar.bitWidth - 1, through: 0, by: -1) {
        sum = sum.doubled
        if scalar.bit(index) == 1 { sum = sum.adding(point) }
    }
    return sum.affine
}

extension AffinePoint where Coordinate == Fq2 {
    /// A point of the twist with a small x coordinate, which is hardly ever one of the second group.
    static let twistSample: G2? = (UInt64(1)...100).lazy.compactMap { candidate in
        let x = Fq2(Fq(candidate), .one)
        return (x.squared * x + twistCoefficient).squareRoot.map { G2(x: x, y: $0) }
    }.first

    /// A point of the second group: the sample times the twist's cofactor 2q - r.
    static let groupSample: G2? = {
        let twice = BaseParameters.modulus.adding(BaseParameters.modulus)
        return twistSample.flatMap { multiple($0, twice.subtracting(ScalarParameters.modulus).difference) }
    }()
}
