/// A scalar and the point that it multiplies.
struct Term: Equatable, Sendable {
    var scalar: Fr
    var point: G1

    init(_ scalar: Fr, _ point: G1) {
        self.scalar = scalar
        self.point = point
    }
}

/// The sum of scalar multiples of points that are on the curve; nil for the point at infinity.
///
/// One chain of doublings serves all terms, each of which adds an odd multiple of its point about every sixth bit
/// (interleaving with signed windows of width 5: B. Möller, "Algorithms for multi-exponentiation", SAC 2001).
func sum(of terms: [Term]) -> G1? {
    let tables = oddMultiples(of: terms.map(\.point))
    let digits = terms.map { signedDigits(of: $0.scalar.word) }
    var sum = JacobianPoint<Fq>.infinity
    for position in stride(from: digitCount - 1, through: 0, by: -1) {
        sum = sum.doubled
        for (index, row) in digits.enumerated() where row[position] != 0 {
            let digit = Int(row[position])
            let point = tables[index * tableSize + (abs(digit) >> 1)]
            sum = sum.adding(digit < 0 ? -point : point)
        }
    }
    return sum.affine
}

/// The odd multiples kept of a point: 1, 3, 5 and so on to 15 times.
private let tableSize = 8
/// The digits of a scalar of 254 bits, and one more for the carry of its signed form.
private let digitCount = 255

/// The digits of `scalar` by rising powers of two: each is 0 or odd, between -15 and 15.
private func signedDigits(of scalar: Word) -> [Int8] {
    var digits = [Int8](repeating: 0, count: digitCount)
    var rest = scalar
    for position in 0..<digitCount where !rest.isZero {
        if rest.bit(0) == 1 {
            let window = rest.limb0 & 31
            if window < 16 {
                digits[position] = Int8(truncatingIfNeeded: window)
                rest = rest.subtracting(Word(window)).difference
            } else {
                digits[position] = Int8(truncatingIfNeeded: window) - 32
                rest = rest.adding(Word(32 &- window))
            }
        }
        rest = rest.shiftedRight(by: 1)
    }
    return digits
}

/// For every point its odd multiples, one point after the other.
private func oddMultiples(of points: [G1]) -> [G1] {
    let doubles = JacobianPoint.affine(points.map { JacobianPoint($0).doubled })
    var multiples: [JacobianPoint<Fq>] = []
    multiples.reserveCapacity(points.count * tableSize)
    for (point, double) in zip(points, doubles) {
        var multiple = JacobianPoint(point)
        for _ in 0..<tableSize {
            multiples.append(multiple)
            multiple = multiple.adding(double)
        }
    }
    return JacobianPoint.affine(multiples)
}
