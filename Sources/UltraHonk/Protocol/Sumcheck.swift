/// The rounds of the sumcheck (C. Lund, L. Fortnow, H. Karloff, N. Nisan, 1992) and what they leave to be shown.
struct Sumcheck: Sendable {
    /// A round polynomial has degree 8 and is given by its values at 0 to 8.
    static let evaluationsPerRound = 9

    /// What the relations must come to at the point of the sumcheck.
    let target: Fr
    /// The gate separation at that point, by which all relations but one are multiplied.
    let gateSeparation: Fr

    /// Runs the rounds.
    init(_ proof: Proof, challenges: Challenges) throws(UltraHonkFailure) {
        var target = challenges.libra * proof.libraSum
        var separation = Fr.one
        for (round, (challenge, gate)) in zip(challenges.point, challenges.gates).enumerated() {
            let values = proof.roundEvaluations.dropFirst(round * Sumcheck.evaluationsPerRound)
                .prefix(Sumcheck.evaluationsPerRound)
            guard values.prefix(2).reduce(.zero, +) == target else { throw .sumcheckRound(round) }
            target = Sumcheck.interpolate(Array(values), at: challenge)
            separation *= .one + challenge * (gate - .one)
        }
        self.target = target
        gateSeparation = separation
    }

    /// Whether the claimed evaluations satisfy the relations.
    func accepts(_ proof: Proof, key: VerificationKey, challenges: Challenges, publicInputsDelta: Fr) -> Bool {
        let relations = subrelations(key, proof, challenges, publicInputsDelta)
        let batched = Sumcheck.batched(relations, alpha: challenges.alpha)
        let masked = batched * Sumcheck.rowDisabling(at: challenges.point)
        return masked + proof.libraEvaluation * challenges.libra == target
    }

    /// The subrelations at the point of the sumcheck, each in the gate separation that is its due.
    func subrelations(_ key: VerificationKey, _ proof: Proof, _ challenges: Challenges, _ delta: Fr) -> [Fr] {
        let relations = Relations(
            row: proof.row,
            challenges: challenges,
            publicInputsDelta: delta,
            poseidonDiagonal: key.poseidonDiagonal
        )
        return relations.values.enumerated().map { index, value in
            index == Relations.unseparatedIndex ? value : value * gateSeparation
        }
    }

    /// The sum of `relations` weighted by the powers of `alpha`.
    static func batched(_ relations: [Fr], alpha: Fr) -> Fr {
        relations.reversed().reduce(.zero) { $0 * alpha + $1 }
    }

    /// The factor that takes the last four rows, which mask the witness, out of the relations.
    static func rowDisabling(at point: [Fr]) -> Fr {
        .one - point.dropFirst(2).reduce(.one, *)
    }

    /// The value at `point` of the polynomial of degree 8 that takes `values` at 0 to 8.
    ///
    /// Lagrange's formula with the factors before and after each node multiplied up, so that a node itself divides
    /// nothing by zero.
    static func interpolate(_ values: [Fr], at point: Fr) -> Fr {
        let differences = (0..<UInt64(evaluationsPerRound)).map { point - Fr($0) }
        var after: [Fr] = []
        var product = Fr.one
        for difference in differences.reversed() {
            after.append(product)
            product *= difference
        }
        var before = Fr.one
        var sum = Fr.zero
        for (index, (value, weight)) in zip(values, weights).enumerated() {
            sum += value * weight * before * after[evaluationsPerRound - 1 - index]
            before *= differences[index]
        }
        return sum
    }

    /// For each node the inverse of the product of its distances from the other nodes.
    private static let weights: [Fr] = {
        let nodes = (0..<UInt64(evaluationsPerRound)).map { Fr($0) }
        return Fr.inverses(of: nodes.map { node in nodes.reduce(.one) { $1 == node ? $0 : $0 * (node - $1) } })
    }()
}
