/// What a field must offer to the code that is written once for several fields.
protocol Field: Equatable, Sendable {
    static var zero: Self { get }
    static var one: Self { get }
    static func + (left: Self, right: Self) -> Self
    static func - (left: Self, right: Self) -> Self
    static func * (left: Self, right: Self) -> Self
    static prefix func - (operand: Self) -> Self
    /// This element times itself.
    var squared: Self { get }
    /// The multiplicative inverse; nil for zero.
    var inverse: Self? { get }
}

extension Field {
    static func += (left: inout Self, right: Self) { left = left + right }
    static func -= (left: inout Self, right: Self) { left = left - right }
    static func *= (left: inout Self, right: Self) { left = left * right }

    var isZero: Bool { self == .zero }
    /// Twice this element.
    var doubled: Self { self + self }
    /// Three times this element.
    var tripled: Self { self + self + self }

    /// This element to the power of `exponent`. The time depends on the exponent, so it is for public values only.
    func power(_ exponent: Word) -> Self {
        var result = Self.one
        for index in stride(from: exponent.bitWidth - 1, through: 0, by: -1) {
            result = result.squared
            if exponent.bit(index) == 1 { result *= self }
        }
        return result
    }

    /// The inverses of `elements` in their order, for the price of one inversion; a zero stays zero.
    static func inverses(of elements: [Self]) -> [Self] {
        var product = Self.one
        var prefixes: [Self] = []
        prefixes.reserveCapacity(elements.count)
        for element in elements {
            prefixes.append(product)
            if !element.isZero { product *= element }
        }
        var running = product.inverse ?? .zero
        var inverses: [Self] = []
        inverses.reserveCapacity(elements.count)
        for (element, prefix) in zip(elements, prefixes).reversed() {
            inverses.append(element.isZero ? .zero : running * prefix)
            if !element.isZero { running *= element }
        }
        inverses.reverse()
        return inverses
    }

    /// The powers 0 to `count - 1` of this element.
    func powers(_ count: Int) -> [Self] {
        var powers: [Self] = []
        powers.reserveCapacity(count)
        var power = Self.one
        for _ in 0..<count {
            powers.append(power)
            power *= self
        }
        return powers
    }
}
