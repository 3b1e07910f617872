import CSodium
import SwarmBackend
import SwarmBackendGitHub
import SwarmCapability
import SwarmContracts
import Testing

@Suite("Setting a repository up, and looking at it")
struct SetupTests {
    private let bench: Bench

    init() throws { bench = try Bench() }

    @Test("the worker's key is sealed for GitHub, whose own library opens it; the operator's name is a variable")
    func setup() throws {
        #expect(sodium_init() >= 0)
        var publicKey = [UInt8](repeating: 0, count: Int(crypto_box_publickeybytes()))
        var secretKey = [UInt8](repeating: 0, count: Int(crypto_box_secretkeybytes()))
        #expect(crypto_box_keypair(&publicKey, &secretKey) == 0)
        let sealing: Script.Answer = .json(200, ["key_id": "k1", "key": .string(Base64.encode(publicKey, .standard))])
        let missing: Script.Answer = .json(404, ["message": "Not Found"])
        bench.script.on("PUT /environments/swarm", .json(200, [:]))
        bench.script.on("DELETE /environments/swarm/secrets/SWARM_WORKER_KEY", missing)
        bench.script.on("DELETE /environments/swarm/variables/SWARM_OPERATOR", .empty(204))
        bench.script.on("GET /actions/secrets/public-key", sealing)
        bench.script.on("PUT /actions/secrets/SWARM_WORKER_KEY", .empty(201))
        bench.script.on("PATCH /actions/variables/SWARM_WORKER_KEY_ID", missing)
        bench.script.on("POST /actions/variables", .json(201, [:]))
        bench.script.on("GET /actions/variables/SWARM_OPERATOR", .json(200, ["value": "did:key:zOther"]))
        bench.script.on("PATCH /actions/variables/SWARM_OPERATOR", .empty(204))
        let old: JSONValue = ["name": "SWARM_RUN_KEY_0A", "updated_at": "2027-01-01T00:00:00Z"]
        let fresh: JSONValue = ["name": "SWARM_RUN_KEY_0B", "updated_at": "2027-01-15T07:00:00Z"]
        let foreign: JSONValue = ["name": "DEPLOY", "updated_at": "2020-01-01T00:00:00Z"]
        bench.script.on("GET /actions/secrets?per_page=100", .json(200, ["secrets": [old, fresh, foreign]]))
        bench.script.on("DELETE /actions/secrets/SWARM_RUN_KEY_0A", .empty(204))
        try bench.backend.setUp(workerKey: SecretText("the secret"), keyID: "key-1", operatorDID: "did:key:z6Mk")
        let put = try #require(bench.script.sent.first { $0.url.hasSuffix("SWARM_WORKER_KEY") && $0.method == "PUT" })
        #expect(put.body["key_id"] == "k1")
        let sealed = try #require(put.body["encrypted_value"]?.text.flatMap { Base64.decode($0, .standard) })
        var opened = [UInt8](repeating: 0, count: sealed.count - Int(crypto_box_sealbytes()))
        #expect(crypto_box_seal_open(&opened, sealed, UInt64(sealed.count), publicKey, secretKey) == 0)
        #expect(String(decoding: opened, as: UTF8.self) == "the secret")
        let bodies = bench.script.sent.map(\.body)
        #expect(bodies.contains(["name": "SWARM_WORKER_KEY_ID", "value": "key-1"]))
        #expect(bodies.contains(["name": "SWARM_OPERATOR", "value": "did:key:zOther did:key:z6Mk"]))
        #expect(bench.script.left == 0)
    }

    @Test("where the pinned workflow lies in the same repository, the key is kept in the environment")
    func inEnvironment() throws {
        var setting = GitHubBackend.Setting()
        setting.pin = try WorkflowRef("O/R/.github/workflows/swarm-run.yml@\(String(repeating: "b", count: 40))")
        let backend = GitHubBackend(bench.backend.api, setting)
        #expect(backend.keepsEpochKeyInEnvironment)
        #expect(!bench.backend.keepsEpochKeyInEnvironment)
    }

    @Test("a key of GitHub's that is none is refused before anything is sealed")
    func badKey() throws {
        bench.script.on("PUT /environments/swarm", .json(200, [:]))
        bench.script.on("DELETE /environments/swarm/secrets/SWARM_WORKER_KEY", .empty(204))
        bench.script.on("DELETE /environments/swarm/variables/SWARM_OPERATOR", .empty(204))
        bench.script.on("GET /actions/secrets/public-key", .json(200, ["key_id": "k", "key": "AAAA"]))
        let problem = failure { try bench.backend.setUp(workerKey: SecretText("s"), keyID: "k", operatorDID: "d") }
        #expect(problem?.code == "GH_SETUP_FAILED")
    }

    // MARK: - Keys of one run

    private let runSecret = "/actions/secrets/SWARM_RUN_KEY_00FF"

    private func publicKey() -> Script.Answer {
        var publicKey = [UInt8](repeating: 0, count: Int(crypto_box_publickeybytes()))
        var secretKey = [UInt8](repeating: 0, count: Int(crypto_box_secretkeybytes()))
        _ = sodium_init()
        _ = crypto_box_keypair(&publicKey, &secretKey)
        return .json(200, ["key_id": "k1", "key": .string(Base64.encode(publicKey, .standard))])
    }

    @Test("a key of one run is a secret named for its request, and taking it back twice is once")
    func lend() throws {
        bench.script.on("GET /actions/secrets/public-key", publicKey())
        bench.script.on("PUT \(runSecret)", .empty(201))
        #expect(try bench.backend.lend(SecretText("the secret"), requestID: "00ff") == .lent)
        #expect(!bench.script.sent.contains { "\($0.body)".contains("the secret") })
        bench.script.on("DELETE \(runSecret)", .empty(204), .json(404, ["message": "Not Found"]))
        try bench.backend.takeBack(requestID: "00ff")
        try bench.backend.takeBack(requestID: "00ff")
        #expect(bench.script.left == 0)
    }

    @Test(
        "a token that may not write secrets, and a repository that has no room, are no failure",
        arguments: [403, 404, 422]
    )
    func refusedLoan(status: Int) throws {
        bench.script.on("GET /actions/secrets/public-key", publicKey())
        bench.script.on("PUT \(runSecret)", .json(status, ["message": "no"]))
        let loan = try bench.backend.lend(SecretText("s"), requestID: "00ff")
        guard case .refused(let why) = loan else { return #expect(Bool(false), "it was lent") }
        #expect(!why.isEmpty)
    }

    @Test("trouble on the way is a failure that a retry may mend: the run is not sent with another key")
    func troubledLoan() throws {
        for _ in 0..<4 { bench.script.on("GET /actions/secrets/public-key", .empty(502)) }
        let problem = failure { _ = try bench.backend.lend(SecretText("s"), requestID: "00ff") }
        #expect(problem?.retryable == true)
    }

    @Test("a request id that no secret can be named for is not sent", arguments: ["a-b", "a/../b", "ä"])
    func oddRequest(id: String) throws {
        guard case .refused = try bench.backend.lend(SecretText("s"), requestID: id) else {
            return #expect(Bool(false), "it was lent")
        }
        #expect(bench.script.sent.isEmpty)
    }

    @Test("a repository that is not there is one finding with advice, and nothing more is asked")
    func noRepository() throws {
        bench.script.on("GET ", .json(404, ["message": "Not Found"]))
        let findings = bench.backend.probe()
        #expect(findings.map(\.name) == ["github repository"])
        #expect(findings[0].works == false && findings[0].isNeeded && findings[0].advice != nil)
    }

    @Test("everything is looked at, and each thing that does not work has something to do")
    func all() throws {
        let commit = String(repeating: "b", count: 40)
        var setting = GitHubBackend.Setting()
        setting.pin = try WorkflowRef("swarm/swarm/.github/workflows/swarm-run.yml@\(commit)")
        let backend = GitHubBackend(bench.backend.api, setting)
        bench.script.on(
            "GET ",
            .json(
                200,
                ["default_branch": "trunk", "permissions": ["push": true]],
                [
                    ("X-OAuth-Scopes", "repo, workflow"), ("Date", "Fri, 15 Jan 2027 07:00:00 GMT"),
                    ("x-ratelimit-remaining", "12"), ("x-ratelimit-reset", "1800000600"),
                ]
            )
        )
        bench.script.on("GET /actions/permissions", .json(200, ["enabled": true, "allowed_actions": "all"]))
        bench.script.on("GET /actions/workflows/swarm.yml", .json(200, ["state": "disabled_manually", "path": "p"]))
        bench.script.on("GET \(Script.api)/repos/swarm/swarm/commits/\(commit)", .json(200, ["sha": .string(commit)]))
        let caller =
            "jobs:\n  run:\n    uses: swarm/swarm/.github/workflows/swarm-run.yml@\(commit) # v1\n    # SWARM_RUN_KEY_\n"
        bench.script.on("GET /contents/.github/workflows/swarm.yml?ref=trunk", .bytes(Array(caller.utf8)))
        bench.script.on("GET /actions/secrets/public-key", .json(403, ["message": "no"]))
        bench.script.on("GET /actions/secrets/SWARM_WORKER_KEY", .json(404, ["message": "Not Found"]))
        bench.script.on("GET /actions/variables/SWARM_OPERATOR", .json(404, ["message": "Not Found"]))
        bench.script.on("GET /actions/permissions/artifact-and-log-retention", .json(403, ["message": "no"]))
        let findings = Dictionary(uniqueKeysWithValues: backend.probe().map { ($0.name, $0) })
        #expect(findings["github token"]?.detail == "scopes repo, workflow")
        #expect(findings["github caller"]?.works == true)
        #expect(findings["github pin"]?.works == true)
        #expect(findings["github retention"]?.works == true)
        for name in ["clock", "workflow", "epoch key", "rate limit"] {
            let finding = try #require(findings["github \(name)"])
            #expect(!finding.works)
            #expect(finding.advice != nil)
        }
    }
}
