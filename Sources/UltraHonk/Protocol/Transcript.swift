/// The running hash from which the challenges come. Each challenge depends on all words absorbed before it.
struct Transcript {
    private var pending: [UInt8] = []

    mutating func absorb(_ words: [Word]) {
        for word in words { word.append(to: &pending) }
    }

    /// The hash of what was absorbed since the last challenge together with that challenge, as a scalar.
    func hash() -> Fr { Fr(reducing: Keccak256.hash(pending)) }

    /// Hashes what was absorbed since the last challenge together with that challenge.
    ///
    /// - Returns: the low 127 bits of the new challenge and the bits above them. The whole of it is carried on.
    mutating func challenge() -> (low: Fr, high: Fr) {
        let hash = hash().word
        pending.removeAll(keepingCapacity: true)
        hash.append(to: &pending)
        let low = Word(hash.limb0, hash.limb1 & (UInt64.max >> 1), 0, 0)
        let high = hash.shiftedRight(by: 63)
        return (Fr(reducing: low), Fr(reducing: Word(high.limb1, high.limb2, high.limb3, 0)))
    }
}

/// The verifier's challenges to one proof, in the order in which they are drawn.
struct Challenges: Equatable, Sendable {
    /// The powers by which the columns of a lookup or a memory record are combined.
    var eta: Fr
    var eta2: Fr
    var eta3: Fr
    var beta: Fr
    var gamma: Fr
    /// The base by which the subrelations are combined.
    var alpha: Fr
    /// The base of each round's gate separation.
    var gates: [Fr]
    /// The weight of the masking polynomials.
    var libra: Fr
    /// The point of the sumcheck.
    var point: [Fr]
    /// The base by which the claimed evaluations are combined.
    var rho: Fr
    /// The point at which the folds are opened.
    var geminiPoint: Fr
    /// The base by which the openings are combined.
    var nu: Fr
    /// The point of the final opening.
    var shplonkPoint: Fr
}

extension Challenges {
    /// Draws the challenges to the proof of `statement`.
    init(_ statement: Statement, key: VerificationKey) {
        let proof = statement.proof
        var transcript = Transcript()
        func absorb(_ sections: ProofSection...) {
            for section in sections { transcript.absorb(proof.words(of: section)) }
        }

        transcript.absorb([key.hash] + statement.publicInputs)
        absorb(.pairingPointObject, .geminiMaskingPoly, .w1, .w2, .w3)
        (eta, eta2) = transcript.challenge()
        eta3 = transcript.challenge().low
        absorb(.lookupReadCounts, .lookupReadTags, .w4)
        (beta, gamma) = transcript.challenge()
        absorb(.lookupInverses, .zPerm)
        alpha = transcript.challenge().low

        var gate = transcript.challenge().low
        var gates: [Fr] = []
        for _ in 0..<key.rounds {
            gates.append(gate)
            gate = gate.squared
        }
        self.gates = gates

        absorb(.libraCommitment0, .libraSum)
        libra = transcript.challenge().low
        let rounds = proof.words(of: .sumcheckUnivariates)
        var point: [Fr] = []
        for start in stride(from: 0, to: rounds.count, by: Sumcheck.evaluationsPerRound) {
            transcript.absorb(Array(rounds[start...].prefix(Sumcheck.evaluationsPerRound)))
            point.append(transcript.challenge().low)
        }
        self.point = point

        absorb(.sumcheckEvaluations, .libraEvaluation, .libraCommitment1, .libraCommitment2)
        rho = transcript.challenge().low
        absorb(.geminiFoldCommitments)
        geminiPoint = transcript.challenge().low
        absorb(.geminiAEvaluations, .libraPolyEvals)
        nu = transcript.challenge().low
        absorb(.shplonkQ)
        shplonkPoint = transcript.challenge().low
    }
}
