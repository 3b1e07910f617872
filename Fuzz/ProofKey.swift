@testable import UltraHonk

/// A key of our own making for a circuit of 2^5 rows with four public inputs: every commitment is the generator. It belongs to
/// no circuit, but every stage of a verification can be reached under it.
enum ProofKey {
    static let inputCount = 4
    private static let rounds = 5

    static let key: VerificationKey = {
        do {
            return try VerificationKey(fields)
        } catch {
            preconditionFailure("the key is not one: \(error)")
        }
    }()

    private static var fields: VerificationKeyFields {
        let names = [
            "qm", "qc", "ql", "qr", "qo", "q4", "qLookup", "qArith", "qDeltaRange", "qElliptic", "qMemory", "qNnf",
            "qPoseidon2External", "qPoseidon2Internal", "s1", "s2", "s3", "s4", "id1", "id2", "id3", "id4",
            "t1", "t2", "t3", "t4", "lagrangeFirst", "lagrangeLast",
        ]
        let total = inputCount + 16
        var transcript = Transcript()
        transcript.absorb([Word(UInt64(rounds)), Word(UInt64(total)), Word(1)])
        for _ in names { transcript.absorb([Word(1), Word(2)]) }
        // 5 generates the scalars' multiplicative group, so this has the order 256.
        let order = ScalarParameters.modulus.subtracting(Word(1)).difference.shiftedRight(by: 8)
        let subgroup = Fr(reducing: Word(5)).power(order)
        let point = VerificationKeyFields.Point(x: hex(Word(1)), y: hex(Word(2)))
        return VerificationKeyFields(
            curve: "bn254",
            logCircuitSize: rounds,
            publicInputsTotal: total,
            publicInputsUser: inputCount,
            publicInputsOffset: 1,
            vkHash: hex(transcript.hash().word),
            libraSubgroupSize: 256,
            libraSubgroupGenerator: hex(subgroup.word),
            libraSubgroupGeneratorInverse: hex(subgroup.power(Word(255)).word),
            poseidon2InternalDiagonal: (2...5).map { hex(Word($0)) },
            g2Generator: generator,
            g2SrsX: generator,
            commitmentOrder: names,
            commitments: Dictionary(uniqueKeysWithValues: names.map { ($0, point) })
        )
    }

    /// The second group's generator (EIP-197).
    private static let generator = VerificationKeyFields.TwistPoint(
        x: .init(
            c0: "0x1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed",
            c1: "0x198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2"
        ),
        y: .init(
            c0: "0x12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa",
            c1: "0x090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b"
        )
    )

    private static func hex(_ word: Word) -> String {
        var bytes: [UInt8] = []
        word.append(to: &bytes)
        let digits = Array("0123456789abcdef")
        return bytes.reduce(into: "0x") {
            $0.append(digits[Int($1 >> 4)])
            $0.append(digits[Int($1 & 15)])
        }
    }
}
