import SwarmBackend
import SwarmBackendGitHub
import SwarmCapability
import SwarmContracts
import SwarmHTTP
import SwarmTestSupport
import Synchronization
import TestTools

/// GitHub's REST as far as one run needs it, over real HTTP on this machine, going wrong as it is told.
final class GitHubStage: BackendStage {
    private struct Run {
        let id: Int
        let title: String
        var conclusion: String?
        var artifacts: [(id: Int, name: String, bytes: [UInt8])] = []
    }

    private struct State {
        var runs: [Run] = []
        var faults: [StageRequest: [StageFault]] = [:]
        var traffic: [String] = []
        var server = ""
        var secrets: Set<String> = []
    }

    /// What every run of an examination leaves: the archives are made once, since another program makes them.
    private static let archives = Result {
        var documents = BackendPromises.files
        let bundle = documents.removeValue(forKey: "bundle.tar") ?? ""
        return (documents: try ZipMaker.zip(documents), bundle: try ZipMaker.zip(["bundle.tar": bundle]))
    }

    let pacer = FastPacer()
    let secrets = ["ghp_the-token-of-the-stage"]
    private let far: FarSide
    private let server: SmallServer
    private let client = HTTPClient(idleSeconds: 5)

    init() throws {
        let far = FarSide()
        self.far = far
        server = try SmallServer { far.answer($0) }
        far.state.withLock { $0.server = server.url }
    }

    func stop() { server.stop() }

    func backend() throws -> any Backend {
        let api = GitHubAPI(
            address: try GitHubAddress(api: server.url, repository: "o/r"),
            token: SecretText(secrets[0]),
            transport: client,
            pacer: pacer,
            attempts: 4
        )
        return GitHubBackend(api)
    }

    func fail(_ request: StageRequest, _ fault: StageFault, times: Int) {
        far.state.withLock { $0.faults[request] = Array(repeating: fault, count: times) }
    }

    var runs: [String] { far.state.withLock { $0.runs.map { "\($0.id)" } } }
    var keysHeld: Int { far.state.withLock { $0.secrets.count } }
    var traffic: [String] { far.state.withLock { $0.traffic } }

    func end(_ id: String, _ conclusion: RemoteConclusion, files: [String: String]?) {
        far.state.withLock { state in
            guard let place = state.runs.firstIndex(where: { "\($0.id)" == id }) else { return }
            state.runs[place].conclusion = conclusion.word
            guard files != nil, let archives = try? GitHubStage.archives.get() else { return }
            // Nobody tells GitHub the id of a run in the store: the artifacts of each name that an examination uses are there.
            for (number, name) in ["door", "discreet", "files"].enumerated() {
                state.runs[place].artifacts += [
                    (id: 10 * number + 1, name: "swarm-\(name)", bytes: archives.documents),
                    (id: 10 * number + 2, name: "state-bundle-\(name)", bytes: archives.bundle),
                ]
            }
        }
    }

    private final class FarSide: Sendable {
        let state = Mutex(State())

        func answer(_ request: SmallServer.Request) -> SmallServer.Answer {
            let kind = kind(request)
            let fault = state.withLock { state -> StageFault? in
                let fields = request.fields.filter { $0.key != "authorization" }.map { "\($0.key): \($0.value)" }
                let parts = [request.method, request.target, String(decoding: request.body, as: UTF8.self)] + fields
                state.traffic.append(parts.joined(separator: "\n"))
                // What stores the bytes is somebody else: a token that goes there is a leak.
                if request.path.hasPrefix("/blob/"), let sent = request.fields["authorization"] {
                    state.traffic.append(sent)
                }
                guard let kind, var faults = state.faults[kind], !faults.isEmpty else { return nil }
                defer { state.faults[kind] = faults }
                return faults.removeFirst()
            }
            switch fault {
            case nil: return good(request, isAltered: false)
            case .altered: return good(request, isAltered: true)
            case .stale: return json(200, ["total_count": 0, "workflow_runs": []])
            case .lost(let processed):
                if processed { _ = good(request, isAltered: false) }
                return .reset
            case .refused: return json(401, ["message": "Bad credentials"])
            case .missing: return json(404, ["message": "Not Found"])
            case .trouble(let seconds):
                return json(502, ["message": "Bad Gateway"], seconds.map { [("Retry-After", "\($0)")] } ?? [])
            case .limited(let seconds): return json(429, ["message": "slow down"], [("Retry-After", "\(seconds)")])
            case .limitedUntil(let time):
                let fields = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "\(time)")]
                return json(403, ["message": "API rate limit exceeded"], fields)
            }
        }

        private func json(_ status: Int, _ value: JSONValue, _ fields: [(String, String)] = []) -> SmallServer.Answer {
            .reply(status: status, fields: fields.map { (name: $0.0, value: $0.1) }, body: CanonicalJSON.encode(value))
        }

        /// What a request is for; nil for one that no examination disturbs.
        private func kind(_ request: SmallServer.Request) -> StageRequest? {
            let path = request.path
            if path.hasSuffix("/dispatches") { return .dispatch }
            if path.hasSuffix("/swarm.yml/runs") { return .search }
            if path.hasSuffix("/cancel") || path.hasSuffix("/force-cancel") { return .cancel }
            if path.hasPrefix("/blob/") { return nil }
            if path.hasSuffix("/zip") { return .files }
            return path.contains("/actions/runs/") && !path.hasSuffix("/jobs") && !path.hasSuffix("/artifacts")
                ? .status : nil
        }

        private func good(_ request: SmallServer.Request, isAltered: Bool) -> SmallServer.Answer {
            let words = request.path.split(separator: "/").map(String.init)
            return state.withLock { state in
                if request.path.hasSuffix("/dispatches") { return make(request, &state) }
                if request.path.hasSuffix("/swarm.yml/runs") {
                    let runs = state.runs.map { self.value($0) }
                    return json(200, ["total_count": JSONValue(runs.count), "workflow_runs": .array(runs)])
                }
                if words.first == "blob" {
                    let found = state.runs.flatMap(\.artifacts).first { "\($0.id)" == words.last }
                    let end: [UInt8] = words[1] == "altered" ? [0] : []
                    return .reply(status: 200, body: (found?.bytes ?? []) + end)
                }
                if words.last == "zip", words.count > 2 {
                    let place = "\(state.server)/blob/\(isAltered ? "altered" : "true")/\(words[words.count - 2])"
                    return .reply(status: 302, fields: [("Location", place)])
                }
                if words.dropLast().last == "secrets" { return secret(request, words[words.count - 1], &state) }
                guard words.count > 5, let place = state.runs.firstIndex(where: { "\($0.id)" == words[5] }) else {
                    return json(404, ["message": "Not Found"])
                }
                return about(state.runs[place], words.count > 6 ? words[6] : "")
            }
        }

        private func secret(_ request: SmallServer.Request, _ name: String, _ state: inout State) -> SmallServer.Answer
        {
            switch request.method {
            // The base point of the curve: a public key like any other.
            case "GET":
                return json(
                    200,
                    ["key_id": "1", "key": .string(Base64.encode([9] + [UInt8](repeating: 0, count: 31), .standard))]
                )
            case "PUT": return .reply(status: state.secrets.insert(name).inserted ? 201 : 204)
            default: return .reply(status: state.secrets.remove(name) == nil ? 404 : 204)
            }
        }

        private func about(_ run: Run, _ what: String) -> SmallServer.Answer {
            switch what {
            case "jobs": return json(200, ["total_count": 0, "jobs": []])
            case "cancel", "force-cancel":
                return run.conclusion == nil ? json(202, [:]) : json(409, ["message": "Cannot cancel"])
            case "artifacts":
                let artifacts = run.artifacts.map { artifact -> JSONValue in
                    [
                        "id": JSONValue(artifact.id), "name": .string(artifact.name), "expired": false,
                        "size_in_bytes": JSONValue(artifact.bytes.count),
                        "digest": .string(Digest256.sha256(of: artifact.bytes).description),
                    ]
                }
                return json(200, ["total_count": JSONValue(artifacts.count), "artifacts": .array(artifacts)])
            default: return json(200, value(run))
            }
        }

        private func make(_ request: SmallServer.Request, _ state: inout State) -> SmallServer.Answer {
            let body = (try? JSONParser.parse(request.body, numbers: .all)) ?? .null
            let id = 70 + state.runs.count
            state.runs.append(Run(id: id, title: "swarm \(body["inputs"]?["request_id"]?.text ?? "")"))
            return json(200, ["workflow_run_id": JSONValue(id), "html_url": .string("https://github.test/\(id)")])
        }

        private func value(_ run: Run) -> JSONValue {
            [
                "id": JSONValue(run.id), "display_title": .string(run.title),
                "status": run.conclusion == nil ? "in_progress" : "completed", "conclusion": JSONValue(run.conclusion),
                "html_url": .string("https://github.test/o/r/actions/runs/\(run.id)"),
            ]
        }
    }
}
