/// The reduction of all claimed evaluations to one sum of commitments that opens to zero (Gemini, Shplonk and KZG in
/// one: "shplemini").
///
/// Gemini takes an evaluation in many variables to evaluations of its folds in one (J. Bootle et al., ePrint 2022/420),
/// and Shplonk batches openings at several points (D. Boneh et al., ePrint 2020/081).
struct Shplemini: Equatable, Sendable {
    /// The value of the batched polynomial at the point of the sumcheck.
    let batchedEvaluation: Fr
    /// The value of the first fold at the positive point.
    let firstFold: Fr
    /// The scalar of the group's generator: what all openings amount to.
    let constant: Fr
    /// The sum whose pairing is to match that of the quotient.
    let terms: [Term]

    /// - Parameters:
    ///   - proof: has all its points on the curve.
    ///   - key: the key of the proof's circuit.
    ///   - challenges: the challenges to the proof.
    init(_ proof: Proof, key: VerificationKey, challenges: Challenges) throws(UltraHonkFailure) {
        let denominators = try Denominators(challenges, key: key)
        let rho = challenges.rho.powers(Column.allCases.count)
        let nu = challenges.nu.powers(2 * key.rounds + 2 + LibraOpenings.count)
        let batched = zip(rho, proof.evaluations).reduce(Fr.zero) { $0 + $1.0 * $1.1 }
        let folds = denominators.positiveFolds(proof, challenges: challenges, batched: batched)

        let negated = challenges.nu * denominators.negative[0]
        let unshifted = denominators.positive[0] + negated
        let shifted = (denominators.positive[0] - negated) * denominators.geminiPoint
        var constant = folds[0] * denominators.positive[0] + proof.foldEvaluations[0] * negated

        var terms = [Term(.one, proof.shplonkQuotient)]
        let commitments = [proof.maskingPoly] + key.commitments + proof.witness
        for (commitment, (column, power)) in zip(commitments, zip(Column.allCases, rho)) {
            var scalar = -(unshifted * power)
            if let partner = column.shifted { scalar -= shifted * rho[partner.rawValue] }
            terms.append(Term(scalar, commitment))
        }
        for (index, commitment) in zip(1..<key.rounds, proof.foldCommitments) {
            let positive = nu[2 * index] * denominators.positive[index]
            let negative = nu[2 * index + 1] * denominators.negative[index]
            terms.append(Term(-(positive + negative), commitment))
            constant += negative * proof.foldEvaluations[index] + positive * folds[index]
        }
        let openings = proof.libraOpenings
        let points = [
            denominators.positive[0], denominators.libraShifted, denominators.positive[0], denominators.positive[0],
        ]
        let libra = zip(points, nu.suffix(LibraOpenings.count)).map { $0 * $1 }
        for (scalar, value) in zip(libra, openings.values) { constant += scalar * value }
        for (scalar, commitment) in zip([libra[0], libra[1] + libra[2], libra[3]], proof.libraCommitments) {
            terms.append(Term(-scalar, commitment))
        }
        terms.append(Term(constant, .generator))
        terms.append(Term(challenges.shplonkPoint, proof.kzgQuotient))

        batchedEvaluation = batched
        firstFold = folds[0]
        self.constant = constant
        self.terms = terms
    }
}

extension Column {
    /// The column that holds this column's values one row further on.
    fileprivate var shifted: Column? {
        switch self {
        case .w1: .w1Shifted
        case .w2: .w2Shifted
        case .w3: .w3Shifted
        case .w4: .w4Shifted
        case .zPerm: .zPermShifted
        default: nil
        }
    }
}

/// Inverses that the opening needs, all from one inversion.
private struct Denominators {
    /// For each fold the inverse of the final point less the fold's point.
    let positive: [Fr]
    /// For each fold the inverse of the final point plus the fold's point.
    let negative: [Fr]
    /// For each fold the inverse of `power * (1 - u) + u`.
    let fold: [Fr]
    /// The inverse of the final point less the Gemini point times the masking subgroup's generator.
    let libraShifted: Fr
    /// The inverse of the Gemini point.
    let geminiPoint: Fr
    /// The Gemini point to the powers of two: the points of the folds.
    let powers: [Fr]

    init(_ challenges: Challenges, key: VerificationKey) throws(UltraHonkFailure) {
        var powers: [Fr] = []
        var power = challenges.geminiPoint
        for _ in 0..<key.rounds {
            powers.append(power)
            power = power.squared
        }
        let final = challenges.shplonkPoint
        let elements =
            powers.map { final - $0 } + powers.map { final + $0 }
            + zip(powers, challenges.point).map { $0 * (.one - $1) + $1 }
            + [final - key.libraGenerator * challenges.geminiPoint, challenges.geminiPoint]
        if elements.contains(where: \.isZero) { throw .degenerateChallenge(.shplemini) }
        let inverses = Fr.inverses(of: elements)
        positive = Array(inverses[..<key.rounds])
        negative = Array(inverses[key.rounds..<(2 * key.rounds)])
        fold = Array(inverses[(2 * key.rounds)..<(3 * key.rounds)])
        libraShifted = inverses[3 * key.rounds]
        geminiPoint = inverses[3 * key.rounds + 1]
        self.powers = powers
    }

    /// The value of every fold at its positive point, from those at the negative points that the prover claims.
    func positiveFolds(_ proof: Proof, challenges: Challenges, batched: Fr) -> [Fr] {
        var value = batched
        var folds: [Fr] = []
        for index in powers.indices.reversed() {
            let coordinate = challenges.point[index]
            let scaled = powers[index] * (.one - coordinate)
            let negative = proof.foldEvaluations[index] * (scaled - coordinate)
            value = ((powers[index] * value).doubled - negative) * fold[index]
            folds.append(value)
        }
        return folds.reversed()
    }
}
