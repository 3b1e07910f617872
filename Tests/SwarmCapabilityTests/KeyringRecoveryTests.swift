import SwarmCapability
import Testing

@Suite("The recovery strings of a rotated key")
struct KeyringRecoveryTests {
    private let roots: [RootSecret]

    init() throws {
        roots = try (0..<3).map { number in
            try #require(RootSecret(bytes: [UInt8](repeating: UInt8(number + 1), count: 32)))
        }
    }

    private func ring(_ order: [Int], current: Int) -> Keyring {
        var ring = Keyring(current: roots[order[0]])
        for number in order { ring.add(roots[number]) }
        ring.rotate(to: roots[current])
        return ring
    }

    private func ids(_ ring: Keyring) -> [String] { ring.all.map(\.keyID.description) }

    @Test("every root has a line, the current one the first, and all read back as they were", arguments: 1...3)
    func thereAndBack(count: Int) throws {
        let ring = ring(Array(0..<count), current: count - 1)
        let text = ring.recoveryText()
        let lines = text.withText { $0.split(separator: "\n").map(String.init) }
        #expect(lines.count == count)
        #expect(try RootSecret(recoveryString: SecretText(lines[0])).keyID == ring.current.keyID)
        let read = try Keyring(recoveryText: text)
        #expect(ids(read) == ids(ring) && read.current.keyID == ring.current.keyID)
    }

    @Test("a current root that is not the newest stays the current one")
    func olderCurrent() throws {
        let ring = ring([0, 1, 2], current: 1)
        let read = try Keyring(recoveryText: ring.recoveryText())
        #expect(read.current.keyID == roots[1].keyID && Set(ids(read)) == Set(ids(ring)))
    }

    @Test("a slip in one of several lines is found, and its line is named")
    func slip() throws {
        var lines = ring([0, 1], current: 1).recoveryText().withText { $0.split(separator: "\n").map(String.init) }
        let last = lines[1].last == "q" ? "p" : "q"
        lines[1] = lines[1].dropLast() + last
        let text = "\n" + lines[0] + "\r\n  \n" + lines[1]
        #expect(throws: KeyFailure.recoveryLineInvalid(2, .checksum)) { try Keyring(recoveryText: SecretText(text)) }
        #expect(throws: KeyFailure.recoveryStringInvalid(.checksum)) { try Keyring(recoveryText: SecretText(lines[1])) }
        #expect(throws: KeyFailure.recoveryStringInvalid(.length(found: 0))) {
            try Keyring(recoveryText: SecretText(" \n\n"))
        }
    }

    @Test("more lines than a key file takes are refused")
    func tooMany() {
        let text = String(repeating: "swarm1\n", count: Keyring.mostRoots + 1)
        #expect(throws: KeyFailure.ringFull) { try Keyring(recoveryText: SecretText(text)) }
    }

    @Test("a ring that was rotated later brings its current root along; an older or another one does not")
    func merge() {
        var behind = ring([0], current: 0)
        behind.merge(ring([0, 1], current: 1))
        #expect(ids(behind) == ids(ring([0, 1], current: 1)) && behind.current.keyID == roots[1].keyID)
        var ahead = ring([0, 1], current: 1)
        ahead.merge(ring([0], current: 0))
        #expect(ids(ahead).count == 2 && ahead.current.keyID == roots[1].keyID)
        var apart = ring([0, 1], current: 1)
        apart.merge(ring([0, 2], current: 2))
        #expect(ids(apart).count == 3 && apart.current.keyID == roots[1].keyID)
    }
}
