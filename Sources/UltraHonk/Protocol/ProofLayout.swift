/// The parts of a proof in their order.
enum ProofSection: String, CaseIterable {
    case pairingPointObject
    case geminiMaskingPoly
    case w1
    case w2
    case w3
    case lookupReadCounts
    case lookupReadTags
    case w4
    case lookupInverses
    case zPerm
    case libraCommitment0
    case libraSum
    case sumcheckUnivariates
    case sumcheckEvaluations
    case libraEvaluation
    case libraCommitment1
    case libraCommitment2
    case geminiFoldCommitments
    case geminiAEvaluations
    case libraPolyEvals
    case shplonkQ
    case kzgQuotient

    /// Whether the part consists of points, two words each, and not of scalars.
    var holdsPoints: Bool {
        switch self {
        case .pairingPointObject, .libraSum, .sumcheckUnivariates, .sumcheckEvaluations, .libraEvaluation,
            .geminiAEvaluations, .libraPolyEvals:
            false
        case .geminiMaskingPoly, .w1, .w2, .w3, .lookupReadCounts, .lookupReadTags, .w4, .lookupInverses, .zPerm,
            .libraCommitment0, .libraCommitment1, .libraCommitment2, .geminiFoldCommitments, .shplonkQ, .kzgQuotient:
            true
        }
    }

    /// The part's length in words for a circuit of 2^`rounds` rows.
    func wordCount(rounds: Int) -> Int {
        switch self {
        case .pairingPointObject: CarriedPoints.wordCount
        case .sumcheckUnivariates: rounds * Sumcheck.evaluationsPerRound
        case .sumcheckEvaluations: Column.allCases.count
        case .geminiFoldCommitments: 2 * (rounds - 1)
        case .geminiAEvaluations: rounds
        case .libraPolyEvals: 4
        case .libraSum, .libraEvaluation: 1
        case .geminiMaskingPoly, .w1, .w2, .w3, .lookupReadCounts, .lookupReadTags, .w4, .lookupInverses, .zPerm,
            .libraCommitment0, .libraCommitment1, .libraCommitment2, .shplonkQ, .kzgQuotient:
            2
        }
    }

    /// The words of every part, in the order of the parts, for a circuit of 2^`rounds` rows.
    static func layout(rounds: Int) -> [(section: ProofSection, words: Range<Int>)] {
        var start = 0
        return allCases.map { section in
            let words = start..<(start + section.wordCount(rounds: rounds))
            start = words.upperBound
            return (section, words)
        }
    }
}
