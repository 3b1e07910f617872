import SwarmBackend
import SwarmBackendGitHub
import SwarmCapability
import SwarmContracts
import SwarmHTTP
import SwarmPlatform
import SwarmTestSupport
import Synchronization
import Testing

/// GitHub as a test tells it: each request takes the next answer that was laid out for its method and path. What no answer
/// was laid out for, and what is left over, fails the test.
final class Script: HTTPTransport {
    enum Answer: Sendable {
        case json(Int, JSONValue, [(String, String)] = [])
        case empty(Int, [(String, String)] = [])
        case bytes([UInt8], [(String, String)] = [])
        case lost
        case unreachable
        /// A download that breaks in the middle.
        case broken(after: [UInt8])
    }

    struct Sent: Sendable {
        let method: String
        let url: String
        let fields: HTTPFields
        let body: JSONValue
    }

    private let state = Mutex<(answers: [String: [Answer]], sent: [Sent])>(([:], []))
    static let api = "https://api.test"

    /// Lays out answers for `GET /path?query`; the host is the API's unless a URL is given.
    func on(_ request: String, _ answers: Answer...) {
        let words = request.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        let url = words[1].isEmpty || words[1].hasPrefix("/") ? Script.api + "/repos/o/r" + words[1] : String(words[1])
        state.withLock { $0.answers["\(words[0]) \(url)", default: []] += answers }
    }

    var sent: [Sent] { state.withLock { $0.sent } }
    func count(_ method: String, _ part: String) -> Int {
        sent.count { $0.method == method && $0.url.contains(part) }
    }
    var left: Int { state.withLock { $0.answers.values.map(\.count).reduce(0, +) } }

    private func next(_ request: HTTPRequest) -> Answer {
        var body = JSONValue.null
        if case .bytes(let bytes) = request.body { body = (try? JSONParser.parse(bytes, numbers: .all)) ?? .null }
        let sent = Sent(method: request.method, url: request.url, fields: request.fields, body: body)
        return state.withLock { state in
            state.sent.append(sent)
            let key = "\(request.method) \(request.url)"
            guard var answers = state.answers[key], !answers.isEmpty else {
                Issue.record("nothing was laid out for \(key)")
                return .empty(404)
            }
            let answer = answers.removeFirst()
            state.answers[key] = answers
            return answer
        }
    }

    func send(_ request: HTTPRequest, limit: Int) throws(HTTPFailure) -> HTTPResponse {
        switch next(request) {
        case .json(let status, let value, let fields):
            return HTTPResponse(status: status, fields: HTTPFields(fields), body: CanonicalJSON.encode(value))
        case .empty(let status, let fields): return HTTPResponse(status: status, fields: HTTPFields(fields), body: [])
        case .bytes(let bytes, let fields): return HTTPResponse(status: 200, fields: HTTPFields(fields), body: bytes)
        case .lost, .broken: throw .broken(host: "api.test", reason: "reset by peer")
        case .unreachable: throw .unreachable(host: "api.test", reason: "refused")
        }
    }

    func download(_ request: HTTPRequest, to path: String, limit: Int64) throws(HTTPFailure) -> HTTPDownload {
        switch next(request) {
        case .bytes(let bytes, let fields):
            do { try Files.write(bytes, to: path, sync: false) } catch { throw .file("\(error)") }
            let digest = Digest256.sha256(of: bytes)
            return HTTPDownload(
                status: 200,
                fields: HTTPFields(fields),
                count: Int64(bytes.count),
                sha256: digest,
                refusal: []
            )
        case .empty(let status, let fields):
            return HTTPDownload(status: status, fields: HTTPFields(fields), count: 0, sha256: .zero, refusal: [])
        case .broken(let bytes):
            do { try Files.write(bytes, to: path, sync: false) } catch { throw .file("\(error)") }
            throw .broken(host: "blob.test", reason: "reset by peer")
        case .json, .lost: throw .broken(host: "blob.test", reason: "reset by peer")
        case .unreachable: throw .unreachable(host: "blob.test", reason: "refused")
        }
    }
}

struct Bench {
    let script = Script()
    let pacer = FastPacer()
    let backend: GitHubBackend

    init(attempts: Int = 4, gate: RateGate = RateGate()) throws {
        let address = try GitHubAddress(api: Script.api + "/", repository: "o/r")
        let api = GitHubAPI(
            address: address,
            token: SecretText("ghp_secret"),
            transport: script,
            pacer: pacer,
            attempts: attempts,
            gate: gate
        )
        backend = GitHubBackend(api)
    }

    static func order() throws -> DispatchOrder {
        DispatchOrder(
            runID: try RunID("first"),
            requestID: "req-0123456789abcdef",
            ref: "main",
            commit: String(repeating: "a", count: 40),
            routeMode: .none,
            checkpoint: "",
            request: "sealed",
            createdAt: 1_800_000_000
        )
    }

    static let dispatch = "POST /actions/workflows/swarm.yml/dispatches"
    static let search =
        "GET /actions/workflows/swarm.yml/runs?event=workflow_dispatch&created=%3E%3D2027-01-15T07%3A50%3A00Z&per_page=100"
    static let handle = RemoteHandle(id: "77", url: nil)

    static func run(_ status: String, _ conclusion: String? = nil, title: String = "swarm", id: Int = 77) -> JSONValue {
        [
            "id": JSONValue(id), "display_title": .string(title), "status": .string(status),
            "conclusion": JSONValue(conclusion), "html_url": "https://github.test/o/r/actions/runs/77",
        ]
    }

    static func runs(_ runs: JSONValue...) -> JSONValue {
        ["total_count": JSONValue(runs.count), "workflow_runs": .array(runs)]
    }
}

/// What a call threw.
func failure(_ body: () throws -> Void) -> (any Failure)? {
    do {
        try body()
        return nil
    } catch {
        return error as? any Failure
    }
}
