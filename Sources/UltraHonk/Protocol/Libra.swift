/// The openings that bind the masking polynomials of the sumcheck.
struct LibraOpenings: Equatable, Sendable {
    static let count = 4

    /// The concatenation of the masking polynomials at the Gemini point.
    let concatenation: Fr
    /// The grand sum at the Gemini point times the subgroup's generator.
    let nextSum: Fr
    /// The grand sum at the Gemini point.
    let sum: Fr
    /// The quotient at the Gemini point.
    let quotient: Fr

    /// Nil unless there are four values.
    init?(_ values: [Fr]) {
        guard values.count == LibraOpenings.count else { return nil }
        concatenation = values[0]
        nextSum = values[1]
        sum = values[2]
        quotient = values[3]
    }

    /// The four values in the order of the proof.
    var values: [Fr] { [concatenation, nextSum, sum, quotient] }
}

/// The inner product argument over a subgroup of 256 scalars, by which the claimed evaluation of the masking
/// polynomials is shown: the masking of Libra (T. Xie et al., ePrint 2019/317) in the form Barretenberg gives it.
struct Libra: Sendable {
    static let subgroupSize = 256

    /// The polynomial of the challenges' powers at the Gemini point.
    let challengeEvaluation: Fr
    /// The Lagrange polynomials of the subgroup's first and last element at the Gemini point.
    private let lagrangeFirst: Fr
    private let lagrangeLast: Fr
    /// The polynomial that vanishes on the subgroup, at the Gemini point.
    private let vanishing: Fr
    /// The Gemini point less the subgroup's last element.
    private let distanceFromLast: Fr

    init(challenges: Challenges, key: VerificationKey) throws(UltraHonkFailure) {
        let point = challenges.geminiPoint
        let vanishing = point.power(Word(UInt64(Libra.subgroupSize))) - .one
        guard !vanishing.isZero, let share = Fr(UInt64(Libra.subgroupSize)).inverse else {
            throw .degenerateChallenge(.libra)
        }
        // Where the vanishing polynomial is not zero the point is not in the subgroup, so that no difference is zero.
        let elements = key.libraGeneratorInverse.powers(Libra.subgroupSize)
        let inverses = Fr.inverses(of: elements.map { $0 * point - .one })
        let coefficients = [.one] + challenges.point.flatMap { $0.powers(Sumcheck.evaluationsPerRound) }
        let scale = vanishing * share
        challengeEvaluation = scale * zip(coefficients, inverses).reduce(.zero) { $0 + $1.0 * $1.1 }
        lagrangeFirst = scale * inverses[0]
        lagrangeLast = scale * inverses[Libra.subgroupSize - 1]
        distanceFromLast = point - key.libraGeneratorInverse
        self.vanishing = vanishing
    }

    /// Whether the grand sum starts at zero, grows by the products, ends at `evaluation`, and the quotient says so.
    func accepts(_ openings: LibraOpenings, evaluation: Fr) -> Bool {
        let growth = openings.nextSum - openings.sum - openings.concatenation * challengeEvaluation
        let first = lagrangeFirst * openings.sum
        let last = lagrangeLast * (openings.sum - evaluation)
        return (first + distanceFromLast * growth + last - vanishing * openings.quotient).isZero
    }
}
