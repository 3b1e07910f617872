internal import SwarmBackend
internal import SwarmContracts
internal import SwarmHTTP
internal import SwarmPlatform

extension GitHubBackend {
    /// What came of following a link of the API to the host that holds the bytes.
    enum Transfer {
        case done(HTTPDownload)
        case gone
        case missing
    }

    /// Fetches what `path` redirects to into a file. The link that GitHub gives lives a minute and the token never goes to
    /// the other host, so that every attempt begins at the API.
    func fetch(_ task: GitHubTask, _ path: String, to file: String, limit: Int64, what: String) throws -> Transfer {
        var attempt = 1
        while true {
            let problem: any Failure
            let answer = try api.send(task, try api.request("GET", api.address.url(path)))
            switch answer.status {
            case 301, 302, 303, 307, 308:
                guard let location = answer.fields["location"], let target = target(location) else {
                    throw GitHubFailure.failed(task, "GitHub's link to \(what) is none", retryable: false)
                }
                do throws(HTTPFailure) {
                    let request = HTTPRequest("GET", target, fields: HTTPFields([("User-Agent", "swarm")]))
                    let download = try api.transport.download(request, to: file, limit: limit)
                    if download.status == 200 {
                        let told = download.fields["content-length"].flatMap { Int64($0) }
                        if told == nil || told == download.count { return .done(download) }
                        problem = GitHubFailure.failed(task, "\(what) was cut off", retryable: true)
                    } else if download.status == 404 || download.status == 410 {
                        return download.status == 410 ? .gone : .missing
                    } else {
                        problem = GitHubFailure.failed(
                            task,
                            "the host of \(what) answered \(download.status)",
                            retryable: download.status >= 500 || download.status == 403
                        )
                    }
                } catch {
                    guard error.retryable else { throw GitHubAPI.failure(task, error) }
                    problem = GitHubAPI.failure(task, error)
                }
            case 200:
                // A server that keeps the bytes itself.
                try? Files.remove(file)
                try Files.write(answer.body, to: file, mode: 0o600, sync: false)
                return .done(
                    HTTPDownload(
                        status: 200,
                        fields: answer.fields,
                        count: Int64(answer.body.count),
                        sha256: .sha256(of: answer.body),
                        refusal: []
                    )
                )
            case 410: return .gone
            case 404: return .missing
            default:
                try api.check(task, answer, what: what)
                throw GitHubFailure.failed(task, "GitHub answered \(answer.status) for \(what)", retryable: false)
            }
            guard problem.retryable, attempt < api.attempts else { throw problem }
            try api.pacer.wait(milliseconds: RetryRule().wait(afterLost: attempt, chance: api.pacer.chance()))
            attempt += 1
        }
    }

    /// The URL of a Location field: absolute, and not from https down to http.
    private func target(_ location: String) -> String? {
        if location.hasPrefix("/"), let origin = GitHubAddress.origin(of: api.address.api) { return origin + location }
        guard GitHubAddress.origin(of: location) != nil else { return nil }
        let isSecure = location.hasPrefix("https://")
        return isSecure || (location.hasPrefix("http://") && api.address.api.hasPrefix("http://")) ? location : nil
    }
}
