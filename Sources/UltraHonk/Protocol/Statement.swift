/// A proof and what it is to show, taken apart and fit in length and range.
struct Statement: Sendable {
    let proof: Proof
    /// The circuit's own public inputs, each below 256.
    let publicInputs: [Word]

    init(proof: [UInt8], publicInputs: [UInt8], key: VerificationKey) throws(UltraHonkFailure) {
        let expected = key.publicInputCount * Word.byteCount
        guard publicInputs.count == expected, let inputs = Word.words(of: publicInputs) else {
            throw .publicInputsLength(expected: expected, actual: publicInputs.count)
        }
        let parsed = try Proof(proof, rounds: key.rounds)
        for (index, input) in inputs.enumerated() where !input.isLess(than: Word(256)) {
            throw .publicInputRange(index: index)
        }
        self.proof = parsed
        self.publicInputs = inputs
    }

    /// Checks that all points lie on the curve, and gives those that the public inputs carry. No more is asked of a
    /// point: every point of the curve is of the group.
    func checkedPoints() throws(UltraHonkFailure) -> CarriedPoints {
        for (word, point) in proof.points where !point.isOnCurve {
            throw .pointNotOnCurve(word: word)
        }
        return try CarriedPoints(proof.pairingPointObject)
    }

    /// Checks everything that is a matter of scalars alone, and gives the challenges that came of it. The points are
    /// hashed but not computed with.
    func checkScalars(key: VerificationKey) throws(UltraHonkFailure) -> Challenges {
        let challenges = Challenges(self, key: key)
        let delta = try publicInputsDelta(key: key, challenges: challenges)
        let sumcheck = try Sumcheck(proof, challenges: challenges)
        guard sumcheck.accepts(proof, key: key, challenges: challenges, publicInputsDelta: delta) else {
            throw .sumcheckFinal
        }
        let libra = try Libra(challenges: challenges, key: key)
        guard libra.accepts(proof.libraOpenings, evaluation: proof.libraEvaluation) else { throw .libraConsistency }
        return challenges
    }

    /// The quotient by which the public inputs enter the permutation argument.
    func publicInputsDelta(key: VerificationKey, challenges: Challenges) throws(UltraHonkFailure) -> Fr {
        // A cell of public input is named by its row above 2^28 and leads to its negated row.
        var name = challenges.gamma + challenges.beta * Fr((1 << 28) + VerificationKey.publicInputsOffset)
        var target = challenges.gamma - challenges.beta * Fr(1 + VerificationKey.publicInputsOffset)
        var numerator = Fr.one
        var denominator = Fr.one
        for word in publicInputs + proof.pairingPointObject {
            let value = Fr(reducing: word)
            numerator *= name + value
            denominator *= target + value
            name += challenges.beta
            target -= challenges.beta
        }
        guard let inverse = denominator.inverse else { throw .degenerateChallenge(.publicInputs) }
        return numerator * inverse
    }
}
