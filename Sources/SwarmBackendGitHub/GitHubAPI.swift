package import SwarmBackend
package import SwarmCapability
internal import SwarmContracts
package import SwarmHTTP
internal import Synchronization

/// Requests to GitHub's REST API: the token, the version, retries by GitHub's rules, conditional requests, pages.
package final class GitHubAPI: Sendable {
    package let address: GitHubAddress
    let transport: any HTTPTransport
    package let pacer: any Pacer
    /// How often a request is sent before it counts as failed.
    let attempts: Int
    private let token: SecretText?
    private let rule = RetryRule()
    private let seen = Mutex<[String: (tag: String, answer: HTTPResponse)]>([:])
    let gate: RateGate

    /// The version that both api.github.com and Enterprise servers speak.
    static let version = "2022-11-28"
    private static let largestAnswer = 32 << 20

    package init(
        address: GitHubAddress,
        token: SecretText?,
        transport: any HTTPTransport,
        pacer: any Pacer,
        attempts: Int = 5,
        gate: RateGate = RateGate()
    ) {
        self.address = address
        self.token = token
        self.transport = transport
        self.pacer = pacer
        self.attempts = max(attempts, 1)
        self.gate = gate
    }

    /// The same API behind the same gate for whoever waits by another clock, and speaks over other connections: to cancel runs
    /// after Ctrl-C, say.
    package func with(pacer: any Pacer, transport: any HTTPTransport) -> GitHubAPI {
        GitHubAPI(
            address: address,
            token: token,
            transport: transport,
            pacer: pacer,
            attempts: attempts,
            gate: gate
        )
    }

    /// Requests that GitHub lets us send until the reset (seconds since 1970), by its last answer.
    package var rateLimit: (remaining: Int64, reset: Int64)? { gate.limit }

    /// One request as it goes out.
    func request(_ method: String, _ url: String, body: JSONValue? = nil, accept: String? = nil) throws -> HTTPRequest {
        guard GitHubAddress.origin(of: url) == GitHubAddress.origin(of: address.api) else {
            throw GitHubFailure.failed(.watch, "GitHub names a page on another host", retryable: false)
        }
        var fields = HTTPFields([
            ("Accept", accept ?? "application/vnd.github+json"), ("X-GitHub-Api-Version", GitHubAPI.version),
            ("User-Agent", "swarm"),
        ])
        token?.withText { fields.add("Authorization", "Bearer \($0)") }
        guard let body else { return HTTPRequest(method, url, fields: fields) }
        fields.add("Content-Type", "application/json")
        return HTTPRequest(method, url, fields: fields, body: .bytes(CanonicalJSON.encode(body)))
    }

    /// Sends a request that may be sent twice without harm, until there is an answer to act on.
    func send(_ task: GitHubTask, _ request: HTTPRequest) throws -> HTTPResponse {
        var attempt = 1
        while true {
            try gate.pass(task, pacer)
            let wait: Int64
            let problem: GitHubFailure
            switch outcome(request) {
            case .success(let answer):
                switch rule.decision(answer, attempt: attempt, now: pacer.now(), chance: pacer.chance()) {
                case .take: return answer
                case .tooLong(let seconds):
                    gate.close(milliseconds: seconds * 1000, pacer)
                    throw GitHubFailure.rateLimited(task, seconds: seconds)
                case .wait(let milliseconds, wasProcessed: true):
                    wait = milliseconds
                    problem = .failed(task, "GitHub answered \(answer.status)", retryable: true)
                case .wait(let milliseconds, wasProcessed: false):
                    // Nobody else asks meanwhile either.
                    gate.close(milliseconds: milliseconds, pacer)
                    wait = 0
                    problem = .rateLimited(task, seconds: milliseconds / 1000)
                }
            case .failure(let error):
                guard error.retryable else { throw GitHubAPI.failure(task, error) }
                wait = rule.wait(afterLost: attempt, chance: pacer.chance())
                problem = .failed(task, error.message, retryable: true)
            }
            guard attempt < attempts else { throw problem }
            if wait > 0 { try pause(wait, after: problem) }
            attempt += 1
        }
    }

    /// Waits before the next attempt; where the time for that is not left, the failure says what went wrong before.
    func pause(_ milliseconds: Int64, after problem: GitHubFailure) throws {
        do { try pacer.wait(milliseconds: milliseconds) } catch WaitFailure.timeout(let seconds, _) {
            throw WaitFailure.timeout(seconds: seconds, why: problem.message)
        }
    }

    private func outcome(_ request: HTTPRequest) -> Result<HTTPResponse, HTTPFailure> {
        do throws(HTTPFailure) {
            let answer = try transport.send(request, limit: GitHubAPI.largestAnswer)
            note(answer)
            return .success(answer)
        } catch {
            return .failure(error)
        }
    }

    static func failure(_ task: GitHubTask, _ error: HTTPFailure) -> any Failure {
        switch error {
        case .unreachable, .broken, .silent, .tooLarge:
            GitHubFailure.failed(task, error.message, retryable: error.retryable)
        case .cancelled: WaitFailure.cancelled
        case .badURL, .file: error
        }
    }

    func note(_ answer: HTTPResponse) {
        guard let remaining = answer.fields["x-ratelimit-remaining"].flatMap({ Int64($0) }),
            let reset = RetryRule.reset(answer.fields["x-ratelimit-reset"], now: pacer.now())
        else { return }
        gate.note(remaining: remaining, reset: reset)
    }

    /// A GET whose answer is JSON. `what` names the thing where it is not there. With `conditional` an answer that has not
    /// changed since the last one costs nothing of the limit.
    func get(
        _ task: GitHubTask,
        _ url: String,
        what: String,
        conditional: Bool = false
    ) throws -> JSONValue {
        try json(task, try answer(task, url, what: what, conditional: conditional))
    }

    func answer(
        _ task: GitHubTask,
        _ url: String,
        what: String,
        conditional: Bool = false,
        accept: String? = nil
    ) throws -> HTTPResponse {
        var request = try request("GET", url, accept: accept)
        let known = conditional ? seen.withLock { $0[url] } : nil
        if let known { request.fields.add("If-None-Match", known.tag) }
        let answer = try send(task, request)
        if answer.status == 304, let known { return known.answer }
        try check(task, answer, what: what)
        if conditional, let tag = answer.fields["etag"] { seen.withLock { $0[url] = (tag, answer) } }
        return answer
    }

    /// The elements of a list over all its pages, at most `most` of them.
    func list(
        _ task: GitHubTask,
        _ url: String,
        member: String,
        what: String,
        most: Int = 1000,
        conditional: Bool = false
    ) throws -> [JSONValue] {
        var elements: [JSONValue] = []
        var next: String? = url
        var pages = 0
        while let page = next, elements.count < most, pages < 100 {
            let answer = try answer(task, page, what: what, conditional: conditional)
            guard let found = try json(task, answer)[member]?.elements else {
                throw GitHubFailure.failed(task, "GitHub's answer has no list \(member)", retryable: false)
            }
            elements += found
            next = answer.fields["link"].flatMap(GitHubAPI.next)
            pages += 1
        }
        return elements
    }

    /// The URL with `rel="next"` in a Link field (RFC 8288).
    static func next(_ link: String) -> String? {
        for part in link.split(separator: ",") {
            let pieces = part.split(separator: ";").map { $0.filter { $0 != " " } }
            guard let target = pieces.first, target.hasPrefix("<"), target.hasSuffix(">") else { continue }
            if pieces.dropFirst().contains(where: { $0 == "rel=\"next\"" || $0 == "rel=next" }) {
                return String(target.dropFirst().dropLast())
            }
        }
        return nil
    }

    /// Throws the failure that an answer of 300 and above is.
    func check(_ task: GitHubTask, _ answer: HTTPResponse, what: String) throws {
        switch answer.status {
        case 200..<300: return
        case 401, 403: throw GitHubFailure.refused(task, status: answer.status, GitHubMessage.text(of: answer.body))
        case 404: throw GitHubFailure.missing(task, what)
        default:
            throw GitHubFailure.failed(
                task,
                "GitHub answered \(answer.status) for \(what): \(GitHubMessage.text(of: answer.body))",
                retryable: answer.status >= 500
            )
        }
    }

    func json(_ task: GitHubTask, _ answer: HTTPResponse) throws -> JSONValue {
        do { return try JSONParser.parse(answer.body, numbers: .all) } catch {
            throw GitHubFailure.failed(task, "GitHub's answer is no JSON: \(error.reason)", retryable: true)
        }
    }
}
