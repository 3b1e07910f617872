import SwarmContracts
import SwarmVerify
import Testing

/// Chains whose documents agree with one another, and which are wrong all the same.
@Suite("Lineage of a chain")
struct ChainLineageTests {
    typealias Plan = ChainFixture.Plan

    static var root: Plan { Plan(.initial, .runID(.root)) }
    static var importing: Plan { Plan(.import, .runID(.importing(ChainFixture.digest("content")))) }

    static func launch(_ id: String) throws -> Plan { Plan(.launch, .runID(try RunID(stored: id))) }

    /// The code of the first failure of root and what follows it.
    func code(_ plans: [Plan]) throws -> String? { ChainVerifier.verify(try ChainFixture.of(plans)).failureCode }

    @Test("the first node is made by init at step 0")
    func first() throws {
        var late = ChainLineageTests.root
        late.step = 1
        #expect(try code([late]) == "CHAIN_STEP_MISMATCH")
        #expect(try code([try ChainLineageTests.launch("a")]) == "CHAIN_OPERATION_INVALID")
        var orphan = ChainLineageTests.root
        orphan.parentNodeID = NodeID(documentHash: ChainFixture.digest("other"))
        #expect(try code([orphan]) == "CHAIN_PARENT_MISMATCH")
    }

    @Test("init stands nowhere else")
    func initAgain() throws {
        #expect(try code([ChainLineageTests.root, ChainLineageTests.root]) == "CHAIN_OPERATION_INVALID")
    }

    @Test("an import stands below root alone")
    func imports() throws {
        #expect(try code([ChainLineageTests.root, ChainLineageTests.importing]) == nil)
        var other = ChainLineageTests.importing
        other.name = .runID(.importing(ChainFixture.digest("other")))
        #expect(
            try code([ChainLineageTests.root, ChainLineageTests.importing, other]) == "CHAIN_OPERATION_INVALID"
        )
    }

    @Test("an import names no certificate as its parent's")
    func importsParent() throws {
        var plan = ChainLineageTests.importing
        plan.parentCertificate = .some(ChainFixture.digest("other"))
        #expect(try code([ChainLineageTests.root, plan]) == "CHAIN_CERT_PARENT_MISMATCH")
    }

    @Test("a step that does not rise by one is refused", arguments: [0, 1, 3])
    func steps(step: Int) throws {
        var plan = try ChainLineageTests.launch("a")
        plan.step = step
        #expect(try code([ChainLineageTests.root, ChainLineageTests.importing, plan]) == "CHAIN_STEP_MISMATCH")
    }

    @Test("a node that names another parent is refused")
    func parent() throws {
        var plan = try ChainLineageTests.launch("a")
        plan.parentNodeID = NodeID(documentHash: ChainFixture.digest("other"))
        #expect(try code([ChainLineageTests.root, plan]) == "CHAIN_PARENT_MISMATCH")
    }

    @Test("a run has a person's id, an import one of its own", arguments: ["import.0123456789abcdef", "fork.side"])
    func reserved(id: String) throws {
        #expect(try code([ChainLineageTests.root, try ChainLineageTests.launch(id)]) == "CHAIN_OPERATION_INVALID")
        let plain = Plan(.import, .runID(try RunID("a")))
        #expect(try code([ChainLineageTests.root, plain]) == "CHAIN_OPERATION_INVALID")
    }

    @Test("no run id stands twice in a chain")
    func repeated() throws {
        let plan = try ChainLineageTests.launch("a")
        #expect(try code([ChainLineageTests.root, plan, plan]) == "CHAIN_RUN_REPEATED")
    }

    @Test("where nothing ran, nothing answered")
    func response() throws {
        var plan = ChainLineageTests.importing
        plan.response = ChainFixture.digest("response")
        #expect(try code([ChainLineageTests.root, plan]) == "CHAIN_RESPONSE_MISMATCH")
    }

    @Test("a node of another time or step than its descriptor's is refused")
    func times() throws {
        var plan = try ChainLineageTests.launch("a")
        plan.changeNode = { node in
            NodeDocument(
                parentNodeID: node.parentNodeID,
                createdAt: LogicalTime.text(step: 9),
                workspace: node.workspace,
                stateDB: node.stateDB,
                runtime: node.runtime,
                network: node.network,
                tags: node.tags
            )
        }
        #expect(try code([ChainLineageTests.root, plan]) == "CHAIN_TIME_MISMATCH")
        plan.changeNode = { node in
            let network = NodeDocument.Network(
                routeMode: node.network.routeMode,
                tokenRef: node.network.tokenRef,
                ratchetStep: 9
            )
            return NodeDocument(
                parentNodeID: node.parentNodeID,
                createdAt: node.createdAt,
                workspace: node.workspace,
                stateDB: node.stateDB,
                runtime: node.runtime,
                network: network,
                tags: node.tags
            )
        }
        #expect(try code([ChainLineageTests.root, plan]) == "CHAIN_STEP_MISMATCH")
    }

    @Test("a policy that is not one is refused though its hash fits")
    func policy() throws {
        var plan = try ChainLineageTests.launch("a")
        plan.policy = Array("{\"critical_x\":1}".utf8)
        #expect(try code([ChainLineageTests.root, plan]) == "CHAIN_POLICY_INVALID")
    }

    @Test("a fall-back to the host's network holds only where it was allowed", arguments: [true, false])
    func fallback(allowed: Bool) throws {
        var plan = try ChainLineageTests.launch("a")
        plan.route = Certificate.Route(mode: .direct, directFallback: allowed)
        plan.changeNode = { node in
            let network = NodeDocument.Network(
                routeMode: .clientExit,
                tokenRef: node.network.tokenRef,
                ratchetStep: node.network.ratchetStep
            )
            return NodeDocument(
                parentNodeID: node.parentNodeID,
                createdAt: node.createdAt,
                workspace: node.workspace,
                stateDB: node.stateDB,
                runtime: node.runtime,
                network: network,
                tags: node.tags
            )
        }
        #expect(try code([ChainLineageTests.root, plan]) == (allowed ? nil : "CHAIN_ROUTE_MISMATCH"))
    }
}
