import Testing

@testable import UltraHonk

@Suite("Refusals", .enabled(if: Fixture.isPresent, Fixture.absence))
struct RefusalTests {
    private let fixture: Fixture
    private let layout: [(section: ProofSection, words: Range<Int>)]

    init() throws {
        fixture = try Fixture.shared
        layout = ProofSection.layout(rounds: fixture.key.rounds)
    }

    private func section(of word: Int) -> (section: ProofSection, words: Range<Int>)? {
        layout.first { $0.words.contains(word) }
    }

    private func word(_ index: Int) throws -> Word {
        try #require(Word(bytes: fixture.proof[(index * 32)..<(index * 32 + 32)]))
    }

    @Test("The real proof is accepted")
    func accepted() throws {
        try UltraHonk.verify(proof: fixture.proof, publicInputs: fixture.inputs, verificationKey: fixture.key)
    }

    /// The stage that the contract names, as this module's failure.
    private func failure(ofContract outcome: String, proof: [UInt8], inputs: [UInt8], word: Int) -> UltraHonkFailure? {
        switch outcome {
        case "sumcheck round 0": .sumcheckRound(0)
        case "sumcheck final": .sumcheckFinal
        case "libra consistency": .libraConsistency
        case "pairing": .pairing
        case "not on curve": .pointNotOnCurve(word: word / 2 * 2)
        case "proof length": .proofLength(expected: fixture.proof.count, actual: proof.count)
        case "pub len": .publicInputsLength(expected: fixture.inputs.count, actual: inputs.count)
        default: nil
        }
    }

    @Test("Every listed change of one bit is refused at its stage")
    func listedBits() throws {
        var seen = 0
        for mutation in fixture.vectors.mutations {
            guard let xor = mutation.xor else { continue }
            var (proof, inputs) = (fixture.proof, fixture.inputs)
            if let offset = mutation.byteOffset { proof[offset] ^= xor }
            if let offset = mutation.inputsByteOffset { inputs[offset] ^= xor }
            let word = (mutation.byteOffset ?? 0) / 32
            let expected = failure(ofContract: mutation.contractOutcome, proof: proof, inputs: inputs, word: word)
            #expect(expected != nil)
            #expect(fixture.lateRefusal(proof: proof, inputs: inputs) == expected, "\(mutation.field)")

            // The door looks at the points first, and so refuses some changes sooner.
            var atDoor = expected
            if let (section, words) = section(of: word), mutation.byteOffset != nil {
                let isSecond = (word - words.lowerBound) % 2
                if section.holdsPoints { atDoor = .pointNotOnCurve(word: word - isSecond) }
                if section == .pairingPointObject { atDoor = .pointNotOnCurve(word: word / 8 * 8) }
            }
            #expect(fixture.refusal(proof: proof, inputs: inputs) == atDoor, "\(mutation.field)")
            seen += 1
        }
        #expect(seen == 48)
    }

    @Test("Every listed change of a word or a length is refused at its stage")
    func listedWords() throws {
        var seen = 0
        for mutation in fixture.vectors.mutations where mutation.xor == nil {
            var (proof, inputs) = (fixture.proof, fixture.inputs)
            var expected: UltraHonkFailure?
            if let index = mutation.wordOffset {
                #expect(mutation.nativeShould == "reject")
                let word = try #require(mutation.replaceWordWith.flatMap(Word.init(hex:)))
                proof = fixture.proof(replacing: index, with: word)
                let holdsPoints = try #require(section(of: index)).section.holdsPoints
                expected = holdsPoints ? .coordinateRange(word: index) : .scalarRange(word: index)
            } else {
                switch mutation.field {
                case "publicInput[5] + r":
                    let input = try #require(Word(bytes: inputs[160..<192]))
                    inputs = replacing(5, of: inputs, with: input.adding(ScalarParameters.modulus))
                    expected = .publicInputRange(index: 5)
                case "proof shortened by one word": proof.removeLast(32)
                case "proof lengthened by one word": proof += [UInt8](repeating: 0, count: 32)
                case "83 public inputs": inputs.removeLast(32)
                default: Issue.record("an unknown change: \(mutation.field)")
                }
                let named = failure(ofContract: mutation.contractOutcome, proof: proof, inputs: inputs, word: 0)
                expected = expected ?? named
            }
            #expect(expected != nil)
            #expect(fixture.refusal(proof: proof, inputs: inputs) == expected, "\(mutation.field)")
            seen += 1
        }
        #expect(seen == 6)
    }

    @Test("Every word of the proof is refused when it is not canonical")
    func nonCanonicalWords() throws {
        for (section, words) in layout {
            let modulus = section.holdsPoints ? BaseParameters.modulus : ScalarParameters.modulus
            for index in words {
                let expected: UltraHonkFailure =
                    section.holdsPoints ? .coordinateRange(word: index) : .scalarRange(word: index)
                for word in [try word(index).adding(modulus), modulus, Word(.max, .max, .max, .max)] {
                    #expect(fixture.refusal(proof: fixture.proof(replacing: index, with: word)) == expected)
                }
            }
        }
    }

    @Test("Every word of the proof matters: another canonical value is refused")
    func changedWords() throws {
        for (section, words) in layout {
            let modulus = section.holdsPoints ? BaseParameters.modulus : ScalarParameters.modulus
            for index in words {
                let next = try word(index).adding(Word(1))
                let changed = fixture.proof(replacing: index, with: next.isLess(than: modulus) ? next : .zero)
                #expect(fixture.refusal(proof: changed) != nil, "\(section) word \(index)")
            }
        }
    }

    @Test("Another point of the curve in the place of any point is refused")
    func otherPoints() throws {
        let (x, y) = (G1.generator.x.word, G1.generator.y.word)
        for (section, words) in layout where section.holdsPoints {
            for index in stride(from: words.lowerBound, to: words.upperBound, by: 2) {
                let negated = BaseParameters.modulus.subtracting(try word(index + 1)).difference
                let opposite = fixture.proof(replacing: index + 1, with: negated)
                let generator = replacing(index + 1, of: fixture.proof(replacing: index, with: x), with: y)
                for changed in [opposite, generator] {
                    let refusal = fixture.refusal(proof: changed)
                    let expected: UltraHonkFailure =
                        switch section {
                        case .shplonkQ, .kzgQuotient: .pairing
                        case .libraCommitment1, .libraCommitment2, .geminiFoldCommitments: .libraConsistency
                        default: .sumcheckRound(0)
                        }
                    #expect(refusal == expected, "\(section) word \(index)")
                }
            }
        }
    }

    @Test("The point (0, 0) is refused in the place of any point")
    func zeroPoints() throws {
        for (section, words) in layout where section.holdsPoints {
            for index in stride(from: words.lowerBound, to: words.upperBound, by: 2) {
                let changed = replacing(index + 1, of: fixture.proof(replacing: index, with: .zero), with: .zero)
                #expect(fixture.refusal(proof: changed) == .pointNotOnCurve(word: index))
            }
        }
    }

    @Test("Carried points are refused for wide limbs, wide coordinates and places off the curve")
    func carriedPoints() throws {
        for index in 0..<CarriedPoints.wordCount {
            let wide = fixture.proof(replacing: index, with: Word(0, 16, 0, 0))
            #expect(fixture.refusal(proof: wide) == .pairingPointLimbRange(word: index))
        }
        for start in stride(from: 0, to: 16, by: 4) {
            for highest in [Word(1 << 50), Word(1 << 52), Word(.max, 15, 0, 0)] {
                let wide = fixture.proof(replacing: start + 3, with: highest)
                #expect(fixture.refusal(proof: wide) == .pairingPointCoordinateRange(word: start))
            }
        }
        let off = fixture.proof(replacing: 8, with: try word(8).adding(Word(1)))
        #expect(fixture.refusal(proof: off) == .pointNotOnCurve(word: 8))
        // Points that are on the curve but not those of the proof.
        var generators = fixture.proof
        let ones: [UInt64] = [1, 0, 0, 0, 2, 0, 0, 0]
        for (index, limb) in (ones + ones).enumerated() {
            generators = replacing(index, of: generators, with: Word(limb))
        }
        #expect(fixture.refusal(proof: generators) == .sumcheckRound(0))
        #expect(throws: UltraHonkFailure.pairingPointCoordinateRange(word: 0)) { try CarriedPoints([]) }
        #expect(throws: UltraHonkFailure.pairingPointCoordinateRange(word: 0)) { try CarriedPoints([.zero]) }
    }

    @Test("A proof of any other length is refused")
    func proofLengths() {
        let proof = fixture.proof
        let lengths = [0, 1, 31, 32, 33, 512, proof.count - 32, proof.count - 1]
        let others = lengths.map { Array(proof.prefix($0)) } + [proof + [0], proof + proof.prefix(32), proof + proof]
        for other in others {
            let expected = UltraHonkFailure.proofLength(expected: proof.count, actual: other.count)
            #expect(fixture.refusal(proof: other) == expected)
        }
    }

    @Test("Public inputs of any other number, or above 255, are refused")
    func publicInputs() {
        let inputs = fixture.inputs
        let shorter: [[UInt8]] = [[], Array(inputs.dropLast()), Array(inputs.dropLast(32))]
        let longer: [[UInt8]] = [inputs + [0], inputs + inputs.prefix(32)]
        for other in shorter + longer {
            let expected = UltraHonkFailure.publicInputsLength(expected: inputs.count, actual: other.count)
            #expect(fixture.refusal(inputs: other) == expected)
        }
        for index in 0..<(inputs.count / 32) {
            for word in [Word(256), ScalarParameters.modulus, Word(.max, .max, .max, .max)] {
                let refusal = fixture.refusal(inputs: replacing(index, of: inputs, with: word))
                #expect(refusal == .publicInputRange(index: index))
            }
            var changed = inputs
            changed[32 * index + 31] ^= 0x80
            #expect(fixture.refusal(inputs: changed) == .sumcheckRound(0))
        }
    }

    @Test("Random bytes of the right length are refused")
    func randomBytes() {
        var generator = SeededGenerator(seed: 30)
        for _ in 0..<20 {
            let words = (0..<(fixture.proof.count / 32)).flatMap { _ in
                Fr(reducing: generator.word()).word.bytes
            }
            #expect(fixture.refusal(proof: words) != nil)
            #expect(fixture.refusal(proof: words.map { _ in UInt8.random(in: 0...255, using: &generator) }) != nil)
        }
        #expect(fixture.refusal(proof: [UInt8](repeating: 0, count: fixture.proof.count)) == .pointNotOnCurve(word: 16))
    }
}
