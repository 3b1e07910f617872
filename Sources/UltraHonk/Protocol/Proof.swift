/// A proof taken apart: every word in its range, its points not yet known to lie on the curve.
struct Proof: Sendable {
    /// The words as they came, for the transcript.
    private let words: [ProofSection: [Word]]

    let pairingPointObject: [Word]
    let maskingPoly: G1
    /// W1, W2, W3, W4, Z, the lookup inverses, read counts and read tags: the order of their ``Column``.
    let witness: [G1]
    let libraCommitments: [G1]
    let libraSum: Fr
    /// The evaluations of each round polynomial at 0 to 8, round after round.
    let roundEvaluations: [Fr]
    let row: Row
    /// The same values by the number of their ``Column``.
    let evaluations: [Fr]
    let libraEvaluation: Fr
    let foldCommitments: [G1]
    let foldEvaluations: [Fr]
    let libraOpenings: LibraOpenings
    let shplonkQuotient: G1
    let kzgQuotient: G1
    /// Every point with the number of its first word.
    let points: [(word: Int, point: G1)]

    /// The proof in `bytes` for a circuit of 2^`rounds` rows.
    init(_ bytes: [UInt8], rounds: Int) throws(UltraHonkFailure) {
        let layout = ProofSection.layout(rounds: rounds)
        let expected = (layout.last?.words.upperBound ?? 0) * Word.byteCount
        guard bytes.count == expected, let all = Word.words(of: bytes) else {
            throw .proofLength(expected: expected, actual: bytes.count)
        }
        var words: [ProofSection: [Word]] = [:]
        var scalars: [ProofSection: [Fr]] = [:]
        var points: [ProofSection: [G1]] = [:]
        var located: [(word: Int, point: G1)] = []
        for (section, range) in layout {
            words[section] = Array(all[range])
            if section.holdsPoints {
                let found = try Proof.points(all, range)
                points[section] = found
                located += found.enumerated().map { (range.lowerBound + 2 * $0.offset, $0.element) }
            } else {
                scalars[section] = try Proof.scalars(all, range)
            }
        }
        guard
            let libraSum = scalars[.libraSum]?.first,
            let roundEvaluations = scalars[.sumcheckUnivariates],
            let evaluations = scalars[.sumcheckEvaluations],
            let row = Row(evaluations),
            let libraEvaluation = scalars[.libraEvaluation]?.first,
            let foldEvaluations = scalars[.geminiAEvaluations],
            let libraOpenings = scalars[.libraPolyEvals].flatMap(LibraOpenings.init),
            let pairingPointObject = words[.pairingPointObject],
            let maskingPoly = points[.geminiMaskingPoly]?.first,
            let foldCommitments = points[.geminiFoldCommitments],
            let shplonkQuotient = points[.shplonkQ]?.first,
            let kzgQuotient = points[.kzgQuotient]?.first
        else { throw .proofLength(expected: expected, actual: bytes.count) }
        let witness: [ProofSection] = [.w1, .w2, .w3, .w4, .zPerm, .lookupInverses, .lookupReadCounts, .lookupReadTags]
        let libra: [ProofSection] = [.libraCommitment0, .libraCommitment1, .libraCommitment2]
        self.words = words
        self.pairingPointObject = pairingPointObject
        self.maskingPoly = maskingPoly
        self.witness = witness.flatMap { points[$0] ?? [] }
        self.libraCommitments = libra.flatMap { points[$0] ?? [] }
        self.libraSum = libraSum
        self.roundEvaluations = roundEvaluations
        self.row = row
        self.evaluations = evaluations
        self.libraEvaluation = libraEvaluation
        self.foldCommitments = foldCommitments
        self.foldEvaluations = foldEvaluations
        self.libraOpenings = libraOpenings
        self.shplonkQuotient = shplonkQuotient
        self.kzgQuotient = kzgQuotient
        self.points = located
    }

    /// The words of `section` as they came.
    func words(of section: ProofSection) -> [Word] { words[section] ?? [] }

    private static func scalars(_ words: [Word], _ range: Range<Int>) throws(UltraHonkFailure) -> [Fr] {
        var scalars: [Fr] = []
        for index in range {
            guard let scalar = Fr(canonical: words[index]) else { throw .scalarRange(word: index) }
            scalars.append(scalar)
        }
        return scalars
    }

    private static func points(_ words: [Word], _ range: Range<Int>) throws(UltraHonkFailure) -> [G1] {
        var points: [G1] = []
        for index in stride(from: range.lowerBound, to: range.upperBound - 1, by: 2) {
            guard let x = Fq(canonical: words[index]) else { throw .coordinateRange(word: index) }
            guard let y = Fq(canonical: words[index + 1]) else { throw .coordinateRange(word: index + 1) }
            points.append(G1(x: x, y: y))
        }
        return points
    }
}
