/// The constants of a prime field whose modulus is odd and below 2^254.
protocol FieldParameters: Sendable {
    /// The modulus m.
    static var modulus: Word { get }
    /// -1/m modulo 2^64.
    static var negatedInverse: UInt64 { get }
    /// 2^256 modulo m, the Montgomery form of one.
    static var montgomeryOne: Word { get }
    /// 2^512 modulo m, by which a product brings a number into Montgomery form.
    static var montgomerySquare: Word { get }
}

/// The field of scalars of BN254: integers modulo the group order r.
enum ScalarParameters: FieldParameters {
    static var modulus: Word {
        Word(0x43e1_f593_f000_0001, 0x2833_e848_79b9_7091, 0xb850_45b6_8181_585d, 0x3064_4e72_e131_a029)
    }
    static var negatedInverse: UInt64 { 0xc2e1_f593_efff_ffff }
    static var montgomeryOne: Word {
        Word(0xac96_341c_4fff_fffb, 0x36fc_7695_9f60_cd29, 0x666e_a36f_7879_462e, 0x0e0a_77c1_9a07_df2f)
    }
    static var montgomerySquare: Word {
        Word(0x1bb8_e645_ae21_6da7, 0x53fe_3ab1_e35c_59e3, 0x8c49_833d_53bb_8085, 0x0216_d0b1_7f4e_44a5)
    }
}

/// The field of coordinates of BN254: integers modulo q.
enum BaseParameters: FieldParameters {
    static var modulus: Word {
        Word(0x3c20_8c16_d87c_fd47, 0x9781_6a91_6871_ca8d, 0xb850_45b6_8181_585d, 0x3064_4e72_e131_a029)
    }
    static var negatedInverse: UInt64 { 0x87d2_0782_e486_6389 }
    static var montgomeryOne: Word {
        Word(0xd35d_438d_c58f_0d9d, 0x0a78_eb28_f5c7_0b3d, 0x666e_a36f_7879_462c, 0x0e0a_77c1_9a07_df2f)
    }
    static var montgomerySquare: Word {
        Word(0xf32c_fc5b_538a_fa89, 0xb5e7_1911_d445_01fb, 0x47ab_1eff_0a41_7ff6, 0x06d8_9f71_cab8_351f)
    }
}

/// A scalar: an integer modulo the order of the groups.
typealias Fr = PrimeField<ScalarParameters>
/// A coordinate: an integer modulo the prime over which the curve is drawn.
typealias Fq = PrimeField<BaseParameters>

/// An element of a prime field, held in Montgomery form: the number times 2^256, always below the modulus.
///
/// The arithmetic takes a time that depends on the values. A verifier has no secrets.
struct PrimeField<Parameters: FieldParameters>: Field {
    private let form: Word

    @inline(__always)
    private init(form: Word) { self.form = form }

    static var zero: Self { Self(form: Word(0)) }
    static var one: Self { Self(form: Parameters.montgomeryOne) }

    /// A small number.
    init(_ small: UInt64) {
        self = Self(form: Word(small)) * Self(form: Parameters.montgomerySquare)
    }

    /// The number `word`; nil where it is not below the modulus.
    init?(canonical word: Word) {
        guard word.isLess(than: Parameters.modulus) else { return nil }
        self = Self(form: word) * Self(form: Parameters.montgomerySquare)
    }

    /// The number `word` modulo the field's modulus.
    init(reducing word: Word) {
        var rest = word
        // Both moduli are above 2^253, so that this subtracts five times at most.
        while true {
            let (difference, borrow) = rest.subtracting(Parameters.modulus)
            if borrow == 1 { break }
            rest = difference
        }
        self = Self(form: rest) * Self(form: Parameters.montgomerySquare)
    }

    /// The number itself, below the modulus.
    var word: Word { (self * Self(form: Word(1))).form }

    @inline(__always)
    private static func reducedOnce(_ word: Word) -> Self {
        let (difference, borrow) = word.subtracting(Parameters.modulus)
        return Self(form: borrow == 1 ? word : difference)
    }

    @inline(__always)
    static func + (left: Self, right: Self) -> Self {
        reducedOnce(left.form.adding(right.form))
    }

    @inline(__always)
    static func - (left: Self, right: Self) -> Self {
        let (difference, borrow) = left.form.subtracting(right.form)
        return Self(form: borrow == 1 ? difference.adding(Parameters.modulus) : difference)
    }

    static prefix func - (operand: Self) -> Self { zero - operand }

    /// Montgomery's product, word by word. Since the modulus has a free top bit, the running sum stays within four
    /// limbs (G. Botrel, Y. El Housni, "Faster Montgomery multiplication and multi-scalar-multiplication for
    /// SNARKs", TCHES 2023/3).
    // Inlined into the larger fields it would be copied some hundred times, for no gain in speed.
    @inline(never)
    static func * (left: Self, right: Self) -> Self {
        var sum = Word(0)
        accumulate(left.form, right.form.limb0, into: &sum)
        accumulate(left.form, right.form.limb1, into: &sum)
        accumulate(left.form, right.form.limb2, into: &sum)
        accumulate(left.form, right.form.limb3, into: &sum)
        return reducedOnce(sum)
    }

    @inline(__always)
    private static func accumulate(_ left: Word, _ digit: UInt64, into sum: inout Word) {
        let modulus = Parameters.modulus
        let product0 = multiplyAdd(left.limb0, digit, sum.limb0, 0)
        let factor = product0.low &* Parameters.negatedInverse
        let reduction0 = multiplyAdd(factor, modulus.limb0, product0.low, 0)
        let product1 = multiplyAdd(left.limb1, digit, sum.limb1, product0.high)
        let reduction1 = multiplyAdd(factor, modulus.limb1, product1.low, reduction0.high)
        let product2 = multiplyAdd(left.limb2, digit, sum.limb2, product1.high)
        let reduction2 = multiplyAdd(factor, modulus.limb2, product2.low, reduction1.high)
        let product3 = multiplyAdd(left.limb3, digit, sum.limb3, product2.high)
        let reduction3 = multiplyAdd(factor, modulus.limb3, product3.low, reduction2.high)
        sum = Word(reduction1.low, reduction2.low, reduction3.low, product3.high &+ reduction3.high)
    }

    /// `left * right + first + second`, which two limbs always hold.
    @inline(__always)
    private static func multiplyAdd(
        _ left: UInt64,
        _ right: UInt64,
        _ first: UInt64,
        _ second: UInt64
    ) -> (high: UInt64, low: UInt64) {
        let product = left.multipliedFullWidth(by: right)
        let (partial, firstCarry) = product.low.addingReportingOverflow(first)
        let (low, secondCarry) = partial.addingReportingOverflow(second)
        return (product.high &+ (firstCarry ? 1 : 0) &+ (secondCarry ? 1 : 0), low)
    }

    var squared: Self { self * self }

    /// By Fermat's little theorem.
    var inverse: Self? {
        isZero ? nil : power(Parameters.modulus.subtracting(Word(2)).difference)
    }
}
