import Testing

@testable import UltraHonk

@Suite("Single stages", .enabled(if: Fixture.isPresent, Fixture.absence))
struct StageTests {
    private let fixture: Fixture
    private let statement: Statement
    private let challenges: Challenges

    init() throws {
        fixture = try Fixture.shared
        statement = try fixture.statement
        challenges = Challenges(statement, key: fixture.key)
    }

    @Test("A challenge that divides by zero is refused and not computed with")
    func degenerateChallenges() {
        for point in [Fr.one, fixture.key.libraGenerator, -Fr.one] {
            var changed = challenges
            changed.geminiPoint = point
            #expect(throws: UltraHonkFailure.degenerateChallenge(.libra)) {
                try Libra(challenges: changed, key: fixture.key)
            }
        }
        let point = challenges.geminiPoint
        let poles = [point, -point, point.squared, -point.squared, point * fixture.key.libraGenerator]
        for final in poles {
            var changed = challenges
            changed.shplonkPoint = final
            #expect(throws: UltraHonkFailure.degenerateChallenge(.shplemini)) {
                try Shplemini(statement.proof, key: fixture.key, challenges: changed)
            }
        }
        var changed = challenges
        changed.geminiPoint = .zero
        #expect(throws: UltraHonkFailure.degenerateChallenge(.shplemini)) {
            try Shplemini(statement.proof, key: fixture.key, challenges: changed)
        }
        changed.beta = .zero
        changed.gamma = -Fr(reducing: statement.publicInputs[0])
        #expect(throws: UltraHonkFailure.degenerateChallenge(.publicInputs)) {
            try statement.publicInputsDelta(key: fixture.key, challenges: changed)
        }
    }

    @Test("Every round of the sumcheck is checked against the one before")
    func everyRound() throws {
        let layout = ProofSection.layout(rounds: fixture.key.rounds)
        let rounds = try #require(layout.first { $0.section == .sumcheckUnivariates }).words
        for round in 0..<fixture.key.rounds {
            let changed = fixture.proof(replacing: rounds.lowerBound + 9 * round + round % 2, with: Word(1))
            #expect(fixture.refusal(proof: changed) == .sumcheckRound(round))
        }
    }

    @Test("A round polynomial is interpolated at its nodes and between them")
    func interpolation() {
        var generator = SeededGenerator(seed: 40)
        let coefficients = (0..<9).map { _ in Fr.random(&generator) }
        func value(_ point: Fr) -> Fr { coefficients.reversed().reduce(.zero) { $0 * point + $1 } }
        let values = (UInt64(0)..<9).map { value(Fr($0)) }
        for (node, expected) in values.enumerated() {
            #expect(Sumcheck.interpolate(values, at: Fr(UInt64(node))) == expected)
        }
        for _ in 0..<20 {
            let point = Fr.random(&generator)
            #expect(Sumcheck.interpolate(values, at: point) == value(point))
        }
    }

    @Test("Every relation depends on the columns it is about")
    func relationsAreBound() throws {
        let delta = try statement.publicInputsDelta(key: fixture.key, challenges: challenges)
        func relations(_ evaluations: [Fr]) throws -> [Fr] {
            Relations(
                row: try #require(Row(evaluations)),
                challenges: challenges,
                publicInputsDelta: delta,
                poseidonDiagonal: fixture.key.poseidonDiagonal
            ).values
        }
        let original = try relations(statement.proof.evaluations)
        var touched = Set<Int>()
        for column in Column.allCases {
            var changed = statement.proof.evaluations
            changed[column.rawValue] += .one
            let values = try relations(changed)
            let differing = values.indices.filter { values[$0] != original[$0] }
            // The masking polynomial is opened with the columns but is none of the circuit's.
            #expect(differing.isEmpty == (column == .maskingPoly), "\(column)")
            touched.formUnion(differing)
        }
        #expect(touched == Set(0..<28))
        #expect(Row([]) == nil)
        #expect(LibraOpenings([.one]) == nil)
    }
}
