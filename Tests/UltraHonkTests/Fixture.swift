import Testing

@testable import UltraHonk

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The shared proof with its key, its inputs and the values a verifier comes to; kept outside this project.
struct Fixture {
    let proof: [UInt8]
    let inputs: [UInt8]
    let fields: VerificationKeyFields
    let key: VerificationKey
    let vectors: Vectors

    static let absence: Comment = "TEST_SHARED_DIR does not name a folder with conformance/zkproof"
    static var isPresent: Bool { folder != nil }

    private static let folder: URL? = {
        guard let root = ProcessInfo.processInfo.environment["TEST_SHARED_DIR"], !root.isEmpty else { return nil }
        let folder = URL(fileURLWithPath: root).appendingPathComponent("conformance/zkproof")
        let proof = folder.appendingPathComponent("proof.bin")
        return FileManager.default.fileExists(atPath: proof.path) ? folder : nil
    }()

    private static let cached = Result { try Fixture() }
    static var shared: Fixture { get throws { try cached.get() } }

    private init() throws {
        let folder = try #require(Fixture.folder)
        func bytes(_ name: String) throws -> Data { try Data(contentsOf: folder.appendingPathComponent(name)) }
        proof = Array(try bytes("proof.bin"))
        inputs = Array(try bytes("inputs.bin"))
        fields = try JSONDecoder().decode(VerificationKeyFields.self, from: bytes("vk.json"))
        key = try VerificationKey(fields)
        vectors = try JSONDecoder().decode(Vectors.self, from: bytes("vectors.json"))
    }

    var statement: Statement {
        get throws { try Statement(proof: proof, publicInputs: inputs, key: key) }
    }

    /// The failure of the door for these bytes; nil where it accepts.
    func refusal(proof: [UInt8]? = nil, inputs: [UInt8]? = nil) -> UltraHonkFailure? {
        do {
            try UltraHonk.verify(
                proof: proof ?? self.proof,
                publicInputs: inputs ?? self.inputs,
                verificationKey: key
            )
            return nil
        } catch { return error }
    }

    /// The failure where points off the curve are not refused up front: the stages in the order of the contract.
    func lateRefusal(proof: [UInt8], inputs: [UInt8]) -> UltraHonkFailure? {
        do throws(UltraHonkFailure) {
            let statement = try Statement(proof: proof, publicInputs: inputs, key: key)
            let challenges = try statement.checkScalars(key: key)
            let carried = try statement.checkedPoints()
            let opening = try Shplemini(statement.proof, key: key, challenges: challenges)
            let claim = PairingClaim(opening: opening, quotient: statement.proof.kzgQuotient, carried: carried)
            return claim.holds(key: key) ? nil : .pairing
        } catch { return error }
    }

    /// The proof with `word` in the place of its word `index`.
    func proof(replacing index: Int, with word: Word) -> [UInt8] { replacing(index, of: proof, with: word) }
}

func replacing(_ index: Int, of bytes: [UInt8], with word: Word) -> [UInt8] {
    var changed = bytes
    changed.replaceSubrange((index * Word.byteCount)..<((index + 1) * Word.byteCount), with: word.bytes)
    return changed
}

extension Word {
    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return bytes
    }

    /// `0x` and 64 digits.
    var hex: String {
        let digits = Array("0123456789abcdef")
        return bytes.reduce(into: "0x") {
            $0.append(digits[Int($1 >> 4)])
            $0.append(digits[Int($1 & 15)])
        }
    }
}

extension AffinePoint where Coordinate == Fq {
    var hex: [String] { [x.word.hex, y.word.hex] }
}

/// The file of intermediate values and of changes that must be refused.
struct Vectors: Decodable {
    struct Section: Decodable {
        var name: String
        var wordOffset: Int
        var words: Int
        var kind: String
    }

    struct Mutation: Decodable {
        var field: String
        var byteOffset: Int?
        var inputsByteOffset: Int?
        var wordOffset: Int?
        var xor: UInt8?
        var replaceWordWith: String?
        var contractOutcome: String
        var nativeShould: String?
    }

    struct Values: Decodable {
        var eta, etaTwo, etaThree, beta, gamma, alpha, gateChallenge0, libraChallenge: String
        var sumcheckU: [String]
        var rho, geminiR, shplonkNu, shplonkZ: String
        var publicInputsDelta, sumcheckFinalTarget, powPartialEvaluation: String
        var subrelations: [String]
        var batchedRelation, rowDisabling, batchedEvaluation, foldPos0, constantTerm, challengePolyEval: String
        var msmScalars: [String]
        var msmScalarsCount: Int
        // The names of the points are the file's.
        var openingPoint: [String]
        var quotientPoint: [String]
        var aggregationPoints: [String]
        var recursionSeparator: String
        var pairingLeft: [String]
        var pairingRight: [String]

        enum CodingKeys: String, CodingKey {
            case eta, etaTwo, etaThree, beta, gamma, alpha, gateChallenge0, libraChallenge
            case sumcheckU, rho, geminiR, shplonkNu, shplonkZ
            case publicInputsDelta, sumcheckFinalTarget, powPartialEvaluation, subrelations
            case batchedRelation, rowDisabling, batchedEvaluation, foldPos0, constantTerm, challengePolyEval
            case msmScalars, msmScalarsCount
            case openingPoint = "P0"
            case quotientPoint = "P1"
            case aggregationPoints, recursionSeparator, pairingLeft, pairingRight
        }
    }

    var proofLayout: [Section]
    var values: Values
    var mutations: [Mutation]
}
