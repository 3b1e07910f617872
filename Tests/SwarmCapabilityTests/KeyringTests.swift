import SwarmCapability
import SwarmContracts
import Testing

@Suite("The key file")
struct KeyringTests {
    let ring: Keyring
    let (old, new): (RootSecret, RootSecret)
    let random: [UInt8] = Array(100..<128)

    init() throws {
        old = try #require(RootSecret(bytes: Array(0..<32)))
        new = try #require(RootSecret(bytes: Array(32..<64)))
        var ring = Keyring(current: old)
        ring.rotate(to: new)
        self.ring = ring
    }

    private func failure(_ bytes: [UInt8], _ passphrase: String? = nil) -> KeyFailure? {
        do throws(KeyFailure) {
            _ = try Keyring(decoding: bytes, passphrase: passphrase.map { SecretText($0) })
            return nil
        } catch { return error }
    }

    private func isMalformed(_ failure: KeyFailure?) -> Bool {
        guard case .fileMalformed = failure else { return false }
        return true
    }

    @Test("a rotated ring keeps the old root, and adding one twice changes nothing")
    func rotation() {
        var ring = ring
        ring.rotate(to: new)
        ring.add(old)
        #expect(ring.all.map(\.keyID) == [old.keyID, new.keyID])
        #expect(ring.current.keyID == new.keyID)
        #expect(ring.root(old.keyID).map(bytes) == bytes(old))
        #expect(KeyID("key-0000000000000000").flatMap { ring.root($0)?.keyID } == nil)
    }

    @Test("a plain file reads back, names its roots in clear and says that it is plain")
    func plain() throws {
        let file = ring.encode()
        let read = try Keyring(decoding: file, passphrase: nil)
        #expect(read.all.map(bytes) == [bytes(old), bytes(new)])
        #expect(bytes(read.current) == bytes(new))
        let summary = try Keyring.summary(of: file)
        #expect(summary.all == [old.keyID, new.keyID] && summary.current == new.keyID && !summary.isWrapped)
    }

    // One test for all of it: each scrypt takes most of a second.
    @Test("a wrapped file opens with its passphrase alone, and tells a wrong passphrase from damage")
    func wrapped() throws {
        let file = try ring.encode(passphrase: SecretText("correct horse"), random: random)
        let read = try Keyring(decoding: file, passphrase: SecretText("correct horse"))
        #expect(read.all.map(bytes) == [bytes(old), bytes(new)])
        #expect(try Keyring.summary(of: file).isWrapped)
        #expect(failure(file, "correct hors") == .passphraseWrong)
        #expect(failure(file) == .passphraseRequired)
        #expect(failure(file, "") == .passphraseRequired)
        for broken in flips(file) { #expect(isMalformed(failure(broken, "correct horse"))) }
        let shown = String(decoding: file, as: UTF8.self)
        for secret in [old, new] {
            #expect(!shown.contains(Base64.encode(bytes(secret), .url).dropLast(2)))
            #expect(!shown.contains(Hex.encode(bytes(secret))))
        }
    }

    @Test("an empty passphrase protects nothing and is refused")
    func emptyPassphrase() {
        #expect(throws: KeyFailure.passphraseRequired) { try ring.encode(passphrase: SecretText(""), random: random) }
    }

    @Test("a plain file is refused after any flipped, missing or added byte")
    func everyByteCounts() {
        let file = ring.encode()
        for broken in flips(file) { #expect(isMalformed(failure(broken))) }
        for count in file.indices { #expect(isMalformed(failure(Array(file[..<count])))) }
        #expect(isMalformed(failure(file + [0x0a])))
        #expect(isMalformed(failure([0x20] + file)))
    }

    @Test(
        "a file that lies about itself is refused even where its checksum holds",
        arguments: [
            ["current": "key-0123456789abcdef"], ["keys": []], ["keys": ["key-0123456789abcdef"]],
            ["schema_version": "swarm-keyring-v2"], ["secrets": "AAAA"], ["secrets": .null], ["more": 1],
        ] as [[String: JSONValue]]
    )
    func lies(change: [String: JSONValue]) throws {
        guard case .object(var members) = try JSONParser.parse(ring.encode()) else {
            Issue.record("not an object")
            return
        }
        members["checksum"] = nil
        members.merge(change) { $1 }
        let checksum = Digest256.sha256(of: CanonicalJSON.encode(.object(members)))
        members["checksum"] = .string(checksum.description)
        #expect(isMalformed(failure(CanonicalJSON.encode(.object(members)) + [0x0a])))
    }

    @Test("key failures are invalid input, each with a code of its own")
    func codes() {
        let failures: [KeyFailure] = [
            .fileMalformed("x"), .passphraseWrong, .passphraseRequired, .recoveryStringInvalid(.checksum),
            .recipientInvalid("x"),
        ]
        #expect(
            failures.map(\.code) == [
                "KEY_FILE_MALFORMED", "KEY_PASSPHRASE_WRONG", "KEY_PASSPHRASE_REQUIRED", "KEY_RECOVERY_STRING_INVALID",
                "RECIPIENT_KEY_INVALID",
            ]
        )
        #expect(failures.allSatisfy { $0.category.exitCode == 2 && $0.hint != nil })
    }
}
