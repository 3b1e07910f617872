import Testing

@testable import UltraHonk

@Suite("The values on the way", .enabled(if: Fixture.isPresent, Fixture.absence))
struct IntermediateValueTests {
    private let fixture: Fixture
    private let values: Vectors.Values
    private let statement: Statement
    private let challenges: Challenges

    init() throws {
        fixture = try Fixture.shared
        values = fixture.vectors.values
        statement = try fixture.statement
        challenges = Challenges(statement, key: fixture.key)
    }

    @Test("The proof's parts lie where the layout has them")
    func layout() {
        let layout = ProofSection.layout(rounds: fixture.key.rounds)
        #expect(layout.map(\.section.rawValue) == fixture.vectors.proofLayout.map(\.name))
        #expect(layout.map(\.words.lowerBound) == fixture.vectors.proofLayout.map(\.wordOffset))
        #expect(layout.map(\.words.count) == fixture.vectors.proofLayout.map(\.words))
        #expect(layout.map { $0.section.holdsPoints ? "g1" : "fr" } == fixture.vectors.proofLayout.map(\.kind))
    }

    @Test("The key's hash is that which the transcript starts with")
    func keyHash() {
        #expect(fixture.key.hash.hex == fixture.fields.vkHash)
    }

    @Test("The transcript gives every challenge")
    func transcript() {
        #expect(challenges.eta.word.hex == values.eta)
        #expect(challenges.eta2.word.hex == values.etaTwo)
        #expect(challenges.eta3.word.hex == values.etaThree)
        #expect(challenges.beta.word.hex == values.beta)
        #expect(challenges.gamma.word.hex == values.gamma)
        #expect(challenges.alpha.word.hex == values.alpha)
        #expect(challenges.gates.first?.word.hex == values.gateChallenge0)
        #expect(challenges.gates.count == fixture.key.rounds)
        #expect(challenges.libra.word.hex == values.libraChallenge)
        #expect(challenges.point.map(\.word.hex) == values.sumcheckU)
        #expect(challenges.rho.word.hex == values.rho)
        #expect(challenges.geminiPoint.word.hex == values.geminiR)
        #expect(challenges.nu.word.hex == values.shplonkNu)
        #expect(challenges.shplonkPoint.word.hex == values.shplonkZ)
    }

    @Test("The sumcheck ends at its target, and the relations meet it")
    func sumcheck() throws {
        let delta = try statement.publicInputsDelta(key: fixture.key, challenges: challenges)
        #expect(delta.word.hex == values.publicInputsDelta)
        let sumcheck = try Sumcheck(statement.proof, challenges: challenges)
        #expect(sumcheck.target.word.hex == values.sumcheckFinalTarget)
        #expect(sumcheck.gateSeparation.word.hex == values.powPartialEvaluation)
        let relations = sumcheck.subrelations(fixture.key, statement.proof, challenges, delta)
        #expect(relations.map(\.word.hex) == values.subrelations)
        let batched = Sumcheck.batched(relations, alpha: challenges.alpha)
        #expect(batched.word.hex == values.batchedRelation)
        #expect(Sumcheck.rowDisabling(at: challenges.point).word.hex == values.rowDisabling)
    }

    @Test("The opening comes to the same scalars")
    func opening() throws {
        let opening = try Shplemini(statement.proof, key: fixture.key, challenges: challenges)
        #expect(opening.batchedEvaluation.word.hex == values.batchedEvaluation)
        #expect(opening.firstFold.word.hex == values.foldPos0)
        #expect(opening.constant.word.hex == values.constantTerm)
        #expect(opening.terms.count == values.msmScalarsCount)
        #expect(opening.terms.map(\.scalar.word.hex) == values.msmScalars)
    }

    @Test("The masking argument comes to the same evaluation")
    func libra() throws {
        let libra = try Libra(challenges: challenges, key: fixture.key)
        #expect(libra.challengeEvaluation.word.hex == values.challengePolyEval)
        #expect(libra.accepts(statement.proof.libraOpenings, evaluation: statement.proof.libraEvaluation))
    }

    @Test("The points of the pairing are the same")
    func pairing() throws {
        let carried = try statement.checkedPoints()
        #expect(carried.left.hex + carried.right.hex == values.aggregationPoints)
        let opening = try Shplemini(statement.proof, key: fixture.key, challenges: challenges)
        let claim = PairingClaim(opening: opening, quotient: statement.proof.kzgQuotient, carried: carried)
        #expect(claim.opening?.hex == values.openingPoint)
        #expect(claim.negatedQuotient.hex == values.quotientPoint)
        #expect(claim.separator.word.hex == values.recursionSeparator)
        #expect(claim.left?.hex == values.pairingLeft)
        #expect(claim.right?.hex == values.pairingRight)
        #expect(claim.holds(key: fixture.key))
    }
}
