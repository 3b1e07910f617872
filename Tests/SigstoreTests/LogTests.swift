import Crypto
import Testing

@testable import Sigstore

@Suite("Transparency logs")
struct LogTests {
    /// The Merkle tree hash of RFC 6962 section 2.1, straight from its definition.
    private func treeHash(_ leaves: ArraySlice<[UInt8]>) -> [UInt8] {
        guard leaves.count > 1 else {
            return leaves.first.map(MerkleTree.leafHash) ?? HashAlgorithm.sha256.digest(of: [])
        }
        let split = leaves.startIndex + largestPower(below: leaves.count)
        return MerkleTree.nodeHash(treeHash(leaves[..<split]), treeHash(leaves[split...]))
    }

    /// The audit path of RFC 6962 section 2.1.1.
    private func path(_ index: Int, _ leaves: ArraySlice<[UInt8]>) -> [[UInt8]] {
        guard leaves.count > 1 else { return [] }
        let size = largestPower(below: leaves.count)
        let split = leaves.startIndex + size
        return index < size
            ? path(index, leaves[..<split]) + [treeHash(leaves[split...])]
            : path(index - size, leaves[split...]) + [treeHash(leaves[..<split])]
    }

    private func largestPower(below count: Int) -> Int {
        var power = 1
        while power * 2 < count { power *= 2 }
        return power
    }

    @Test("The leaf hash of an empty entry is the one of the certificate transparency tests")
    func knownLeaf() {
        #expect(
            TextEncoding.hexEncode(MerkleTree.leafHash([]))
                == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
        )
    }

    @Test("Every path in every tree of up to 40 leaves leads to the root, and no changed one does")
    func inclusion() {
        for size in 1...40 {
            let leaves = (0..<size).map { [UInt8($0), 1] }
            let root = treeHash(leaves[...])
            for index in 0..<size {
                let leaf = MerkleTree.leafHash(leaves[index])
                let path = path(index, leaves[...])
                func result(_ index: Int, _ size: Int, _ path: [[UInt8]]) -> [UInt8]? {
                    MerkleTree.root(leafHash: leaf, index: UInt64(index), size: UInt64(size), path: path)
                }
                #expect(result(index, size, path) == root)
                #expect(result(index, size, path + [leaf]) != root)
                if !path.isEmpty { #expect(result(index, size, path.dropLast()) != root) }
                if size > 1 { #expect(result((index + 1) % size, size, path) != root) }
                #expect(result(index, index, path) == nil)
            }
        }
    }

    @Test("Indexes and sizes near the limit of 64 bits end and do not trap")
    func extremes() {
        let path = [[UInt8]](repeating: [UInt8](repeating: 0, count: 32), count: 64)
        for index in [0, 1, UInt64.max - 1, UInt64.max / 2] {
            _ = MerkleTree.root(leafHash: [], index: index, size: .max, path: path)
        }
        #expect(MerkleTree.root(leafHash: [], index: .max, size: .max, path: path) == nil)
    }

    private let root = [UInt8](repeating: 7, count: 32)

    private func note(_ lines: [String]) -> String { lines.joined(separator: "\n") + "\n" }

    private func trustedLog(_ instance: TestInstance) throws -> TrustedRoot.Log {
        try #require(try TrustedRoot(json: instance.trustedRootJSON()).transparencyLogs.first)
    }

    @Test("A checkpoint is read with its extension lines and signatures")
    func readCheckpoint() throws {
        let text = note([
            "log.test - 12", "5", TextEncoding.base64Encode(root), "Timestamp: 1", "",
            "\u{2014} log.test AAAAAQEB", "\u{2014} witness AAAAAgIC",
        ])
        let checkpoint = try #require(Checkpoint(text))
        #expect(checkpoint.origin == "log.test - 12")
        #expect(checkpoint.signerName == "log.test")
        #expect(checkpoint.treeSize == 5)
        #expect(checkpoint.rootHash == root)
        #expect(checkpoint.signatures.map(\.name) == ["log.test", "witness"])
        #expect(checkpoint.signatures.first?.hint == [0, 0, 0, 1])
    }

    @Test("A checkpoint that breaks the format is not read", arguments: 0..<12)
    func malformedCheckpoints(which: Int) {
        let hash = TextEncoding.base64Encode(root)
        let line = "\u{2014} log.test AAAAAAEB"
        let broken = [
            note(["5", hash, "", line]),
            note(["log.test", hash, "", line]),
            note(["", "5", hash, "", line]),
            note(["log.test", "05", hash, "", line]),
            note(["log.test", "-5", hash, "", line]),
            note(["log.test", "5", "AAAA", "", line]),
            note(["log.test", "5", hash, ""]),
            note(["log.test", "5", hash, line]),
            note(["log.test", "5", hash, "", "- log.test AAAAAAEB"]),
            note(["log.test", "5", hash, "", "\u{2014} log.test AAAA"]),
            note(["log.test", "5", hash, "", "\u{2014} log test AAAAAAEB"]),
            String(note(["log.test", "5", hash, "", line]).dropLast()),
        ]
        #expect(Checkpoint(broken[which]) == nil)
    }

    @Test("Only the log's own line makes a checkpoint signed")
    func signedCheckpoint() throws {
        let instance = try TestInstance()
        let log = try trustedLog(instance)
        let good = try instance.checkpoint(size: 2, root: root)
        #expect(try #require(Checkpoint(good)).isSigned(by: log))

        let witnessed = good + "\u{2014} witness AAAAAQEB\n\u{2014} \(TestInstance.logName) AAAAAQEB\n"
        #expect(try #require(Checkpoint(witnessed)).isSigned(by: log))

        let resized = good.replacing("\n2\n", with: "\n3\n")
        #expect(try !#require(Checkpoint(resized)).isSigned(by: log))

        let renamed = try instance.checkpoint(size: 2, root: root, name: "other.test")
        #expect(try !#require(Checkpoint(renamed)).isSigned(by: log))

        let ownBroken =
            good + "\u{2014} \(TestInstance.logName) \(TextEncoding.base64Encode(instance.logID.prefix(4) + [1]))\n"
        #expect(try !#require(Checkpoint(ownBroken)).isSigned(by: log))
    }

    @Test("A bundle whose checkpoint is of another tree fails")
    func foreignCheckpoint() throws {
        let instance = try TestInstance()
        let bundle = try instance.bundle { $0.checkpoint = try instance.checkpoint(size: 2, root: root) }
        #expect(try instance.verdict(bundle).failure?.code == .logEntryInvalid)
    }

    @Test("A promise signs the canonical JSON of the entry")
    func promise() {
        let entry = LogEntry(
            index: 9,
            logID: [0xab],
            kind: "",
            version: "",
            integratedTime: 12,
            promise: nil,
            proof: nil,
            body: [1, 2]
        )
        #expect(
            String(decoding: entry.promisedMessage, as: UTF8.self)
                == #"{"body":"AQI=","integratedTime":12,"logID":"ab","logIndex":9}"#
        )
    }

    @Test(
        "The bodies of all shared bundles' entries are read",
        .enabled(if: Conformance.isAvailable, Comment(rawValue: Conformance.absence))
    )
    func sharedBodies() throws {
        var kinds: Set<String> = []
        for item in Conformance.cases where item.expected == "pass" {
            let bundle = try Bundle(json: Conformance.bytes(item.bundle))
            for entry in bundle.logEntries {
                let body = try LogEntryBody(entry)
                #expect(body.signature == bundle.signature)
                kinds.insert("\(entry.kind) \(entry.version)")
            }
        }
        #expect(kinds == ["hashedrekord 0.0.1", "hashedrekord 0.0.2", "dsse 0.0.1", "intoto 0.0.2"])
    }

    @Test(
        "An intoto entry that holds the payload binds to its envelope and to no other signer",
        .enabled(if: Conformance.isAvailable, Comment(rawValue: Conformance.absence))
    )
    func intotoWithPayload() throws {
        let name = "conformance/intoto-tsa-timestamp-outside-cert-validity_fail"
        let item = try #require(Conformance.cases.first { $0.name == name })
        let bundle = try Bundle(json: Conformance.bytes(item.bundle))
        guard case .certificate(let leaf) = bundle.signer, let entry = bundle.logEntries.first else {
            Issue.record("not a bundle with certificate and entry")
            return
        }
        #expect(try LogEntryBody(entry).payload != nil)
        let artifact = try item.digestArtifact()
        #expect(throws: Never.self) {
            try entry.verifyBinding(bundle, artifact: artifact, verifier: .certificate(leaf))
        }
        #expect(throws: SigstoreError.self) {
            try entry.verifyBinding(bundle, artifact: artifact, verifier: .publicKey(leaf))
        }
    }
}
