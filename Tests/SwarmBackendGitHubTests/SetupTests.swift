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
        let base = "/environments/swarm"
        bench.script.on("PUT \(base)", .json(200, [:]))
        bench.script.on(
            "GET \(base)/secrets/public-key",
            .json(200, ["key_id": "k1", "key": .string(Base64.encode(publicKey, .standard))])
        )
        bench.script.on("PUT \(base)/secrets/SWARM_WORKER_KEY", .empty(201))
        bench.script.on("PATCH \(base)/variables/SWARM_OPERATOR", .json(404, ["message": "Not Found"]))
        bench.script.on("POST \(base)/variables", .json(201, [:]))
        try bench.backend.setUp(workerKey: SecretText("the secret"), operatorDID: "did:key:z6Mk")
        let put = try #require(bench.script.sent.first { $0.url.hasSuffix("SWARM_WORKER_KEY") })
        #expect(put.body["key_id"] == "k1")
        let sealed = try #require(put.body["encrypted_value"]?.text.flatMap { Base64.decode($0, .standard) })
        var opened = [UInt8](repeating: 0, count: sealed.count - Int(crypto_box_sealbytes()))
        #expect(crypto_box_seal_open(&opened, sealed, UInt64(sealed.count), publicKey, secretKey) == 0)
        #expect(String(decoding: opened, as: UTF8.self) == "the secret")
        #expect(bench.script.sent.last?.body == ["name": "SWARM_OPERATOR", "value": "did:key:z6Mk"])
    }

    @Test("a key of GitHub's that is none is refused before anything is sealed")
    func badKey() throws {
        bench.script.on("PUT /environments/swarm", .json(200, [:]))
        bench.script.on("GET /environments/swarm/secrets/public-key", .json(200, ["key_id": "k", "key": "AAAA"]))
        let problem = failure { try bench.backend.setUp(workerKey: SecretText("s"), operatorDID: "d") }
        #expect(problem?.code == "GH_SETUP_FAILED")
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
        let caller = "jobs:\n  run:\n    uses: swarm/swarm/.github/workflows/swarm-run.yml@\(commit) # v1\n"
        bench.script.on("GET /contents/.github/workflows/swarm.yml?ref=trunk", .bytes(Array(caller.utf8)))
        bench.script.on("GET /environments/swarm/secrets/SWARM_WORKER_KEY", .json(404, ["message": "Not Found"]))
        bench.script.on("GET /actions/permissions/artifact-and-log-retention", .json(403, ["message": "no"]))
        let findings = Dictionary(uniqueKeysWithValues: backend.probe().map { ($0.name, $0) })
        #expect(findings["github token"]?.detail == "scopes repo, workflow")
        #expect(findings["github caller"]?.works == true)
        #expect(findings["github pin"]?.works == true)
        #expect(findings["github retention"]?.works == true)
        for name in ["clock", "workflow", "worker key", "rate limit"] {
            let finding = try #require(findings["github \(name)"])
            #expect(!finding.works)
            #expect(finding.advice != nil)
        }
    }
}
