import Testing

@testable import UltraHonk

@Suite("Verification keys", .enabled(if: Fixture.isPresent, Fixture.absence))
struct VerificationKeyTests {
    private let fields: VerificationKeyFields

    init() throws { fields = try Fixture.shared.fields }

    private func expectRefusal(_ field: String, _ change: (inout VerificationKeyFields) -> Void) {
        var changed = fields
        change(&changed)
        #expect(throws: UltraHonkFailure.verificationKey(field: field), "\(field)") { try VerificationKey(changed) }
    }

    @Test("Fields out of their range are refused by name")
    func ranges() {
        expectRefusal("curve") { $0.curve = "bls12-381" }
        for size in [Int.min, -1, 0, 2, 29, 64, Int.max] {
            expectRefusal("logCircuitSize") { $0.logCircuitSize = size }
        }
        for count in [Int.min, -1, 0, 15, 1 << 20, Int.max] {
            expectRefusal("publicInputsTotal") { $0.publicInputsTotal = count }
        }
        expectRefusal("publicInputsUser") { $0.publicInputsUser = 83 }
        expectRefusal("publicInputsOffset") { $0.publicInputsOffset = 0 }
        expectRefusal("libraSubgroupSize") { $0.libraSubgroupSize = 128 }
        expectRefusal("libraSubgroupGenerator") { $0.libraSubgroupGenerator = Word(1).hex }
        expectRefusal("libraSubgroupGenerator") { $0.libraSubgroupGenerator = ScalarParameters.modulus.hex }
        expectRefusal("libraSubgroupGeneratorInverse") { $0.libraSubgroupGeneratorInverse = Word(1).hex }
        expectRefusal("poseidon2InternalDiagonal") { $0.poseidon2InternalDiagonal.removeLast() }
        expectRefusal("poseidon2InternalDiagonal") { $0.poseidon2InternalDiagonal[0] = "0x" }
        expectRefusal("commitmentOrder") { $0.commitmentOrder.swapAt(0, 1) }
        expectRefusal("commitments") { $0.commitments["s5"] = $0.commitments["s4"] }
        expectRefusal("vkHash") { $0.vkHash = "" }
    }

    @Test("Points off the curve, out of the group or not canonical are refused by name")
    func points() throws {
        expectRefusal("commitments.qm") { $0.commitments["qm"]?.x = Word(1).hex }
        expectRefusal("commitments.t4") { $0.commitments["t4"]?.y = BaseParameters.modulus.hex }
        expectRefusal("commitments.qc") { fields in
            fields.commitments["qc"] = nil
            fields.commitments["other"] = fields.commitments["qm"]
        }
        expectRefusal("g2Generator") { $0.g2Generator.x.c0 = Word(1).hex }
        expectRefusal("g2SrsX") { $0.g2SrsX.y.c1 = "1" }
        let stray = try #require(G2.twistSample)
        expectRefusal("g2SrsX") {
            $0.g2SrsX = .init(
                x: .init(c0: stray.x.real.word.hex, c1: stray.x.imaginary.word.hex),
                y: .init(c0: stray.y.real.word.hex, c1: stray.y.imaginary.word.hex)
            )
        }
    }

    @Test("Commitments and sizes other than those hashed are refused")
    func hash() {
        func expectRefusal(_ change: (inout VerificationKeyFields) -> Void) {
            var changed = fields
            change(&changed)
            #expect(throws: UltraHonkFailure.verificationKeyHash) { try VerificationKey(changed) }
        }
        expectRefusal { $0.vkHash = Word(1).hex }
        expectRefusal { $0.commitments["qm"] = $0.commitments["qc"] }
        expectRefusal { $0.logCircuitSize = 21 }
        expectRefusal {
            $0.publicInputsTotal = 101
            $0.publicInputsUser = 85
        }
    }

    @Test("Fields given one by one are those decoded")
    func fieldsOneByOne() {
        let copy = VerificationKeyFields(
            curve: fields.curve,
            logCircuitSize: fields.logCircuitSize,
            publicInputsTotal: fields.publicInputsTotal,
            publicInputsUser: fields.publicInputsUser,
            publicInputsOffset: fields.publicInputsOffset,
            vkHash: fields.vkHash,
            libraSubgroupSize: fields.libraSubgroupSize,
            libraSubgroupGenerator: fields.libraSubgroupGenerator,
            libraSubgroupGeneratorInverse: fields.libraSubgroupGeneratorInverse,
            poseidon2InternalDiagonal: fields.poseidon2InternalDiagonal,
            g2Generator: fields.g2Generator,
            g2SrsX: fields.g2SrsX,
            commitmentOrder: fields.commitmentOrder,
            commitments: fields.commitments
        )
        #expect(copy == fields)
    }

    @Test("A key for another setup or another Poseidon2 refuses the proof")
    func otherSetup() throws {
        let fixture = try Fixture.shared
        func refusal(_ change: (inout VerificationKeyFields) -> Void) throws -> UltraHonkFailure? {
            var changed = fields
            change(&changed)
            let key = try VerificationKey(changed)
            do {
                try UltraHonk.verify(proof: fixture.proof, publicInputs: fixture.inputs, verificationKey: key)
                return nil
            } catch { return error }
        }
        #expect(try refusal { $0.g2SrsX = $0.g2Generator } == .pairing)
        #expect(try refusal { $0.poseidon2InternalDiagonal.reverse() } == .sumcheckFinal)
        #expect(
            try refusal { swap(&$0.libraSubgroupGenerator, &$0.libraSubgroupGeneratorInverse) } == .libraConsistency
        )
    }
}
