import SwarmCapability
import SwarmContracts
import Testing

@Suite("The recovery string")
struct RecoveryStringTests {
    private func defect(_ text: String) -> RecoveryStringDefect? {
        do throws(KeyFailure) {
            _ = try RootSecret(recoveryString: SecretText(text))
            return nil
        } catch {
            guard case .recoveryStringInvalid(let defect) = error else { return nil }
            return defect
        }
    }

    @Test(
        "it gives back the secret, also in capitals, in one piece or over several lines",
        arguments: 0..<20 as Range<UInt64>
    )
    func roundTrip(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        let secret = (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }
        let string = text(try #require(RootSecret(bytes: secret)).recoveryString())
        let plain = string.filter { $0 != "-" }
        for form in [string, string.uppercased(), plain, plain + "\n", plain.map { "\($0) " }.joined()] {
            #expect(bytes(try RootSecret(recoveryString: SecretText(form))) == secret)
        }
    }

    @Test("any wrong, missing, added or swapped character is found")
    func everyTypo() throws {
        let root = try #require(RootSecret(bytes: Array(0..<32)))
        let plain = text(root.recoveryString()).filter { $0 != "-" }
        let characters = Array(plain)
        for position in characters.indices {
            for replacement in "qpzry9x8gf2tvdw0s3jn54khce6mua7l1bioQ!\u{e9}" where replacement != characters[position]
            {
                var typo = characters
                typo[position] = replacement
                #expect(defect(String(typo)) != nil, "\(position) \(replacement)")
            }
            var missing = characters
            missing.remove(at: position)
            #expect(defect(String(missing)) != nil)
            var added = characters
            added.insert("q", at: position)
            #expect(defect(String(added)) != nil)
            if position + 1 < characters.count, characters[position] != characters[position + 1] {
                var swapped = characters
                swapped.swapAt(position, position + 1)
                #expect(defect(String(swapped)) != nil)
            }
        }
    }

    @Test("what is wrong is said, and no part of the string with it")
    func kinds() throws {
        let root = try #require(RootSecret(bytes: Array(0..<32)))
        let plain = text(root.recoveryString()).filter { $0 != "-" }
        #expect(defect("") == .prefix)
        #expect(defect("swarn1" + plain.dropFirst(6)) == .prefix)
        #expect(defect(plain.prefix(20) + plain.dropFirst(20).uppercased()) == .mixedCase)
        #expect(defect(plain.prefix(9) + "b" + plain.dropFirst(10)) == .foreignCharacter(at: 10))
        #expect(defect(String(plain.dropLast())) == .length(found: 64))
        #expect(defect(plain + "qq") == .length(found: 67))
        #expect(defect(plain.dropLast() + (plain.hasSuffix("q") ? "p" : "q")) == .checksum)
        let failure = KeyFailure.recoveryStringInvalid(.checksum)
        #expect(failure.code == "KEY_RECOVERY_STRING_INVALID" && failure.category.exitCode == 2)
        #expect(KeyFailure.recoveryStringInvalid(.length(found: 64)).message.contains("1 of 65 characters"))
        #expect(KeyFailure.recoveryStringInvalid(.length(found: 67)).message.contains("2 characters too long"))
    }
}
