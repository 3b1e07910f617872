import SwarmBackend
import SwarmContracts
import SwarmEngine
import Testing

@Suite("The ledger of a remote run")
struct RemoteLedgerTests {
    private func ledger() throws -> RemoteLedger {
        let hash = Digest256.sha256(of: [1])
        let parent = NodeID(documentHash: hash)
        let id = try RunID("first")
        let commit = String(repeating: "a", count: 40)
        let expectation = RemoteExpectation(
            requestID: "req",
            child: StepIdentity(
                keyID: "key-1",
                parentNodeID: parent,
                operation: .launch,
                name: .runID(id),
                ratchetStep: 1
            ),
            parentNodeID: parent,
            parentBundleSHA256: hash,
            requestHash: hash,
            policyHash: hash,
            workflowRef: "o/r/.github/workflows/swarm-run.yml@\(commit)",
            runnerClass: .githubHosted,
            workerKey: .run,
            routeMode: .none,
            sandbox: .strict,
            sandboxIsAdvisory: false,
            allowColdStart: false,
            allowDirectFallback: false,
            source: .checkout(commit: commit),
            bundle: .full,
            command: "make test"
        )
        let order = DispatchOrder(
            runID: id,
            requestID: "req",
            ref: "main",
            commit: commit,
            routeMode: .none,
            checkpoint: "",
            request: "sealed-for-the-worker",
            createdAt: 1_800_000_000
        )
        let policy = try PolicyDocument(
            reading: Array(
                """
                {"allowed_tools":[],"blocked_tools":[],"limits":{"max_retries":0,"max_runtime_sec":60},"network":{},\
                "policy_id":"run","provenance":{"generated_at":"1970-01-01T00:00:00Z","generator":"swarm"},\
                "route_mode":"none","schema_version":"agent_swarm-policy-v1"}
                """.utf8
            )
        )
        return RemoteLedger(backend: "github", place: "p", order: order, expectation: expectation, policy: policy)
    }

    private let handle = RemoteHandle(id: "77", url: "https://github.test/77")
    private let refused = RemoteEvent.refused(code: "C", message: "m", aside: "/x/1")

    /// Every way from the beginning to an end.
    private var ways: [[RemoteEvent]] {
        [
            [
                .sending, .sent(handle), .seen(.queued), .seen(.running), .seen(.finished(.success)),
                .collected(unverified: false),
            ],
            [
                .sending, .sending, .sent(handle), .seen(.finished(.failure)), refused, refused,
                .collected(unverified: true),
            ],
            [.sending, .sent(handle), .seen(.finished(.cancelled)), .ended(code: "GH_RUN_CANCELLED", message: "m")],
            [.withdrawn(code: "W", message: "m")], [.sending, .withdrawn(code: "W", message: "m")],
        ]
    }

    @Test("after a crash behind any event, what is read back goes on at the same place")
    func crash() throws {
        for way in ways {
            var ledger = try ledger()
            for event in way {
                ledger.take(event)
                let read = try RemoteLedger(reading: ledger.canonicalBytes)
                #expect(read == ledger)
                #expect(read.next == ledger.next)
                #expect(read.handle == ledger.handle)
            }
            #expect(ledger.next == .rest)
            #expect(ledger.state.isAtRest)
        }
    }

    @Test("what may have been sent is looked for before it is sent again")
    func mayExist() throws {
        var ledger = try ledger()
        #expect(ledger.next == .send(mayExist: false))
        ledger.take(.sending)
        #expect(ledger.next == .send(mayExist: true))
    }

    @Test("an event out of place unlearns nothing")
    func outOfPlace() throws {
        var ledger = try ledger()
        for event in ways[0] { ledger.take(event) }
        let done = ledger
        for event in ways.joined() where event != refused {
            ledger.take(event)
            #expect(ledger == done)
        }
        ledger.take(refused)
        #expect(ledger == done)
    }

    @Test("a run that was refused has its problem and no node until it is verified after all")
    func problem() throws {
        var ledger = try ledger()
        for event in ways[1].prefix(5) { ledger.take(event) }
        #expect(ledger.state == .failedVerification)
        #expect(ledger.problem?.aside == "/x/1")
        ledger.take(.collected(unverified: false))
        #expect(ledger.problem == nil)
    }

    @Test("what is shown of it holds no sealed request")
    func shown() throws {
        let text = String(decoding: CanonicalJSON.encode(try ledger().shown), as: UTF8.self)
        #expect(!text.contains("sealed-for-the-worker"))
    }
}
