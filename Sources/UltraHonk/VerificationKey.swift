/// The verification key of a circuit, checked and prepared for use; make it once and use it for many proofs.
package struct VerificationKey: Sendable {
    /// The row of the first public input.
    static let publicInputsOffset: UInt64 = 1
    /// The sumcheck's rounds: the binary logarithm of the circuit's rows. For more the masking subgroup has no room.
    private static let possibleRounds = 3...28
    private static let commitmentNames = [
        "qm", "qc", "ql", "qr", "qo", "q4", "qLookup", "qArith", "qDeltaRange", "qElliptic", "qMemory", "qNnf",
        "qPoseidon2External", "qPoseidon2Internal", "s1", "s2", "s3", "s4", "id1", "id2", "id3", "id4",
        "t1", "t2", "t3", "t4", "lagrangeFirst", "lagrangeLast",
    ]

    let rounds: Int
    /// The circuit's own public inputs, without those that carry pairing points.
    let publicInputCount: Int
    let hash: Word
    let libraGenerator: Fr
    let libraGeneratorInverse: Fr
    let poseidonDiagonal: [Fr]
    /// In the order of their ``Column``.
    let commitments: [G1]
    let generatorLines: PreparedLines
    let setupLines: PreparedLines

    /// Reads and checks `fields`.
    ///
    /// The hash binds the sizes and the commitments. It does not bind the Poseidon2 diagonal, the subgroup's generator
    /// and the points of the second group, which belong to the proof system and not to the circuit: the caller answers
    /// for where the fields came from.
    ///
    /// - Throws: ``UltraHonkFailure/verificationKey(field:)`` with the name of the field that does not parse, is out of
    ///   range or off the curve, or ``UltraHonkFailure/verificationKeyHash`` where the commitments have another hash.
    package init(_ fields: VerificationKeyFields) throws(UltraHonkFailure) {
        try Self.require(fields.curve == "bn254", "curve")
        try Self.require(Self.possibleRounds.contains(fields.logCircuitSize), "logCircuitSize")
        // Every public input fills a row.
        let possibleInputs = CarriedPoints.wordCount..<(1 << fields.logCircuitSize)
        try Self.require(possibleInputs.contains(fields.publicInputsTotal), "publicInputsTotal")
        let own = fields.publicInputsTotal - CarriedPoints.wordCount
        try Self.require(fields.publicInputsUser == own, "publicInputsUser")
        try Self.require(fields.publicInputsOffset == Int(Self.publicInputsOffset), "publicInputsOffset")
        try Self.require(fields.libraSubgroupSize == Libra.subgroupSize, "libraSubgroupSize")
        try Self.require(fields.commitmentOrder == Self.commitmentNames, "commitmentOrder")
        try Self.require(fields.commitments.count == Self.commitmentNames.count, "commitments")
        rounds = fields.logCircuitSize
        publicInputCount = own

        let generator = try Self.scalar(fields.libraSubgroupGenerator, "libraSubgroupGenerator")
        let half = generator.power(Word(UInt64(Libra.subgroupSize / 2)))
        try Self.require(half == -.one, "libraSubgroupGenerator")
        let inverse = try Self.scalar(fields.libraSubgroupGeneratorInverse, "libraSubgroupGeneratorInverse")
        try Self.require(generator * inverse == .one, "libraSubgroupGeneratorInverse")
        libraGenerator = generator
        libraGeneratorInverse = inverse

        var diagonal: [Fr] = []
        for text in fields.poseidon2InternalDiagonal {
            diagonal.append(try Self.scalar(text, "poseidon2InternalDiagonal"))
        }
        try Self.require(diagonal.count == 4, "poseidon2InternalDiagonal")
        poseidonDiagonal = diagonal

        generatorLines = PreparedLines(try Self.point(fields.g2Generator, "g2Generator"))
        setupLines = PreparedLines(try Self.point(fields.g2SrsX, "g2SrsX"))

        var commitments: [G1] = []
        var transcript = Transcript()
        transcript.absorb([
            Word(UInt64(rounds)), Word(UInt64(fields.publicInputsTotal)), Word(Self.publicInputsOffset),
        ])
        for name in Self.commitmentNames {
            let point = try Self.point(fields.commitments[name], "commitments.\(name)")
            transcript.absorb([point.x.word, point.y.word])
            commitments.append(point)
        }
        self.commitments = commitments
        hash = transcript.hash().word
        let stated = try Self.scalar(fields.vkHash, "vkHash")
        guard stated.word == hash else { throw .verificationKeyHash }
    }

    private static func require(_ condition: Bool, _ field: String) throws(UltraHonkFailure) {
        if !condition { throw .verificationKey(field: field) }
    }

    private static func scalar(_ text: String, _ field: String) throws(UltraHonkFailure) -> Fr {
        guard let scalar = Word(hex: text).flatMap(Fr.init(canonical:)) else { throw .verificationKey(field: field) }
        return scalar
    }

    private static func coordinate(_ text: String, _ field: String) throws(UltraHonkFailure) -> Fq {
        guard let coordinate = Word(hex: text).flatMap(Fq.init(canonical:)) else {
            throw .verificationKey(field: field)
        }
        return coordinate
    }

    private static func point(
        _ fields: VerificationKeyFields.Point?,
        _ field: String
    ) throws(UltraHonkFailure) -> G1 {
        guard let fields else { throw .verificationKey(field: field) }
        let point = G1(x: try coordinate(fields.x, field), y: try coordinate(fields.y, field))
        try require(point.isOnCurve, field)
        return point
    }

    private static func point(
        _ fields: VerificationKeyFields.TwistPoint,
        _ field: String
    ) throws(UltraHonkFailure) -> G2 {
        let point = G2(
            x: Fq2(try coordinate(fields.x.c0, field), try coordinate(fields.x.c1, field)),
            y: Fq2(try coordinate(fields.y.c0, field), try coordinate(fields.y.c1, field))
        )
        try require(point.isInGroup, field)
        return point
    }
}
