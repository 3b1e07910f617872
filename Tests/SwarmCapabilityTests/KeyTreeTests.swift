import SwarmCapability
import SwarmContracts
import Testing

@Suite("The key tree")
struct KeyTreeTests {
    let root: RootSecret
    let parent = NodeID(documentHash: Digest256.sha256(of: Array("parent".utf8)))

    init() throws { root = try #require(RootSecret(bytes: Array(0..<32))) }

    private func all(_ keys: NodeKeys) -> [[UInt8]] { [bytes(keys.read), bytes(keys.write), bytes(keys.net)] }

    @Test("a root secret has 32 bytes and no other count")
    func counts() {
        for count in [0, 16, 31, 33, 64] {
            #expect(RootSecret(bytes: [UInt8](repeating: 1, count: count)) == nil)
            #expect(ReadKey(bytes: [UInt8](repeating: 1, count: count)) == nil)
            #expect(NetKey(bytes: [UInt8](repeating: 1, count: count)) == nil)
        }
    }

    @Test("nodes that differ in one field alone share no key, forks of one node and moved field boundaries included")
    func nodesShareNothing() {
        let other = NodeID(documentHash: Digest256.sha256(of: Array("other".utf8)))
        let contexts: [(String, String, NodeID?, Int)] = [
            ("launch", "r1", parent, 3), ("launch", "r1", parent, 4), ("launch", "r1", other, 3),
            ("launch", "r1", nil, 3), ("launch", "r2", parent, 3), ("resume", "r1", parent, 3),
            ("fork", "a", parent, 3), ("fork", "b", parent, 3), ("launc", "hr1", parent, 3),
            ("launchr", "1", parent, 3),
        ]
        var seen: Set<[UInt8]> = [bytes(root), bytes(root.contentSecret())]
        for (operation, name, parent, step) in contexts {
            for key in all(root.nodeKeys(operation: operation, name: name, parent: parent, ratchetStep: step)) {
                #expect(seen.insert(key).inserted)
            }
        }
    }

    @Test("keys of one node are the same each time, and those of another root are others")
    func deterministic() throws {
        let other = try #require(RootSecret(bytes: Array(1..<33)))
        let keys = root.nodeKeys(operation: "launch", name: "r1", parent: parent, ratchetStep: 3)
        let again = root.nodeKeys(operation: "launch", name: "r1", parent: parent, ratchetStep: 3)
        let foreign = other.nodeKeys(operation: "launch", name: "r1", parent: parent, ratchetStep: 3)
        #expect(all(keys) == all(again))
        #expect(Set(all(keys)).isDisjoint(with: all(foreign)))
        #expect(other.keyID != root.keyID)
        #expect(KeyID(root.keyID.description) == root.keyID)
    }

    // Property 2: what a worker of N -> N+1 holds is used in every way that the doors offer, against N+2 and N-1.
    @Test("read(N), read(N+1) and write(N+1) open nothing of the step after, the step before or a sibling")
    func workerIsConfined() throws {
        func keys(_ name: String, _ step: Int) -> NodeKeys {
            root.nodeKeys(operation: "resume", name: name, parent: parent, ratchetStep: step)
        }
        let held = [keys("n", 5).read, keys("n1", 6).read]
        let heldWrite = keys("n1", 6).write
        let others = [keys("n2", 7), keys("before", 4), keys("sibling", 6)]
        let h = Digest256.sha256(of: Array("content".utf8))
        let (associated, t) = (Array("context".utf8), Digest256.sha256(of: Array("facts".utf8)))
        for other in others {
            let sealed = other.read.sealRoot([1, 2, 3], associated: associated)
            let times = other.read.sealTimes([1, 2, 3], associated: associated)
            var derived: Set<[UInt8]> = [heldWrite.name(of: h).bytes, bytes(heldWrite)]
            for key in held {
                #expect(throws: CapabilityFailure.self) { try key.openRoot(sealed, associated: associated) }
                #expect(throws: CapabilityFailure.self) { try key.openTimes(times, associated: associated) }
                derived.formUnion([bytes(key), key.requestSalt(), key.commitment(.state, t).bytes])
                derived.insert(key.commitment(.workspace, t).bytes)
            }
            heldWrite.key(of: h).withBytes { _ = derived.insert(Array($0)) }
            #expect(derived.isDisjoint(with: all(other)))
            #expect(!derived.contains(other.write.name(of: h).bytes))
            #expect(derived.isDisjoint(with: [other.read.requestSalt(), other.read.commitment(.state, t).bytes]))
        }
    }

    @Test("local keys of different purposes and fields that run together give different digests")
    func localKeys() {
        let digests = LocalPurpose.allCases.map { root.localKey($0).digest([Array("value".utf8)]) }
        #expect(Set(digests).count == LocalPurpose.allCases.count)
        let key = root.localKey(.environment)
        #expect(key.digest([[1, 2], [3]]) != key.digest([[1], [2, 3]]))
        #expect(key.digest([]) != key.digest([[]]))
        let name = root.localKey(.importNames).importName(t: Digest256.sha256(of: []))
        #expect(name.utf8.count == 16 && Hex.decode(name) != nil)
    }
}
