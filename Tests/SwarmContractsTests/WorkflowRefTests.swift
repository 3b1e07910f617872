import SwarmContracts
import Testing

@Suite("Names and references")
struct WorkflowRefTests {
    static let commit = "0123456789abcdef0123456789abcdef01234567"

    @Test(
        "a workflow pinned to a full commit is taken",
        arguments: ["owner/repo/.github/workflows/run.yml", "local/swarm", "o/r/a@b.yml"]
    )
    func pinned(path: String) throws {
        let reference = try WorkflowRef("\(path)@\(WorkflowRefTests.commit)")
        #expect(reference.path == path)
        #expect(reference.commit == WorkflowRefTests.commit)
    }

    @Test(
        "anything else than a full commit is no pin",
        arguments: [
            "o/r/w.yml", "o/r/w.yml@main", "o/r/w.yml@v1", "o/r/w.yml@0123456", "o/r/w@\(commit.uppercased())", "@",
        ]
    )
    func unpinned(text: String) throws {
        let failure = try #require(throws: WorkflowRefError.self) { try WorkflowRef(text) }
        #expect(failure.code == "WORKFLOW_REF_UNPINNED")
        #expect(failure.category.exitCode == 2)
    }

    @Test("a pin of nothing is refused", arguments: ["", "repo", "o//r", "/o/r", "o/r ", "o/r\u{212a}"])
    func malformed(path: String) throws {
        let failure = try #require(throws: WorkflowRefError.self) {
            try WorkflowRef("\(path)@\(WorkflowRefTests.commit)")
        }
        #expect(failure.code == "WORKFLOW_REF_INVALID")
    }

    @Test("swarm's own run ids are refused to a person and read from documents")
    func runIDs() throws {
        let digest = Samples.digest("content")
        let ids = [RunID.importing(digest), RunID.fork(try Label("side"))]
        #expect(ids.map(\.description) == ["import." + digest.hex.prefix(16), "fork.side"])
        for id in ids {
            #expect(id.isReserved)
            #expect(throws: IdentifierError.reservedRunID(id.description)) { try RunID(id.description) }
            #expect(try RunID(stored: id.description) == id)
        }
    }

    @Test("a state id is the beginning of its commitment")
    func stateID() throws {
        let id = StateID(commitment: Samples.digest("state"))
        #expect(id.description == "state-" + Samples.digest("state").hex.prefix(32))
        #expect(StateID(id.description) == id)
        #expect(StateID("state-" + String(repeating: "A", count: 32)) == nil)
        #expect(StateID("node-" + String(repeating: "0", count: 32)) == nil)
    }
}
