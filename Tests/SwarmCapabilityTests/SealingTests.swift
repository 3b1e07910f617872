import SwarmCapability
import SwarmContracts
import Testing

@Suite("Sealing of a node's objects and of local caches")
struct SealingTests {
    let keys: NodeKeys
    let root: RootSecret
    let associated: [UInt8]

    init() throws {
        root = try #require(RootSecret(bytes: Array(0..<32)))
        keys = root.nodeKeys(operation: "launch", name: "r1", parent: nil, ratchetStep: 1)
        associated = Array("the context of the node".utf8)
    }

    @Test("a sealed root opens to what was sealed, the empty one too", arguments: [0, 1, 15, 16, 17, 1000])
    func roundTrip(count: Int) throws {
        let plaintext = [UInt8](repeating: 7, count: count)
        let sealed = keys.read.sealRoot(plaintext, associated: associated)
        #expect(sealed.count == count + 16)
        #expect(sealed == keys.read.sealRoot(plaintext, associated: associated))
        #expect(try keys.read.openRoot(sealed, associated: associated) == plaintext)
    }

    @Test("a sealed root is refused after any flipped or missing byte, of it or of its context")
    func everyByteCounts() {
        let sealed = keys.read.sealRoot(Array("root".utf8), associated: associated)
        let failure = CapabilityFailure.sealBroken("sealed root")
        for broken in flips(sealed) {
            #expect(throws: failure) { try keys.read.openRoot(broken, associated: associated) }
        }
        for broken in flips(associated) {
            #expect(throws: failure) { try keys.read.openRoot(sealed, associated: broken) }
        }
        for count in sealed.indices {
            #expect(throws: failure) { try keys.read.openRoot(Array(sealed[..<count]), associated: associated) }
        }
        #expect(failure.code == "SEAL_BROKEN" && failure.category.exitCode == 3)
    }

    @Test("root, times and ticket are sealed apart, so that none passes for another")
    func purposesAreApart() throws {
        let plaintext = Array("same".utf8)
        let sealedRoot = keys.read.sealRoot(plaintext, associated: associated)
        let times = keys.read.sealTimes(plaintext, associated: associated)
        let ticket = keys.net.sealTicket(plaintext, associated: associated)
        #expect(Set([sealedRoot, times, ticket]).count == 3)
        #expect(try keys.read.openTimes(times, associated: associated) == plaintext)
        #expect(try keys.net.openTicket(ticket, associated: associated) == plaintext)
        #expect(throws: CapabilityFailure.self) { try keys.read.openTimes(sealedRoot, associated: associated) }
        #expect(throws: CapabilityFailure.self) { try keys.read.openRoot(times, associated: associated) }
        #expect(throws: CapabilityFailure.self) { try keys.net.openTicket(sealedRoot, associated: associated) }
    }

    @Test("a commitment speaks for one kind, one content and one node")
    func commitments() {
        let (t, u) = (Digest256.sha256(of: [1]), Digest256.sha256(of: [2]))
        let other = root.nodeKeys(operation: "launch", name: "r2", parent: nil, ratchetStep: 1).read
        let all = [
            keys.read.commitment(.workspace, t), keys.read.commitment(.state, t), keys.read.commitment(.workspace, u),
            other.commitment(.workspace, t), t,
        ]
        #expect(Set(all).count == all.count)
        #expect(keys.read.requestSalt().count == 32)
        #expect(keys.read.requestSalt() != other.requestSalt())
    }

    @Test("a local cache opens under its own purpose, nonce and context alone")
    func localCache() throws {
        let key = root.localKey(.statCache)
        let sealed = key.seal(Array("facts".utf8), nonce: [UInt8](repeating: 9, count: 12), associated: [1])
        #expect(try key.open(sealed, associated: [1]) == Array("facts".utf8))
        let failure = CapabilityFailure.sealBroken("local cache")
        #expect(throws: failure) { try root.localKey(.index).open(sealed, associated: [1]) }
        #expect(throws: failure) { try key.open(sealed, associated: [2]) }
        #expect(throws: failure) { try key.open([], associated: [1]) }
        for broken in flips(sealed) {
            #expect(throws: failure) { try key.open(broken, associated: [1]) }
        }
    }
}
