internal import SwarmContracts
internal import SwarmEngine
internal import SwarmHTTP
internal import SwarmPlatform

/// Finds the parent's content: beside the worker, or behind a URL.
struct ParentFetch {
    let arguments: WorkerArguments
    let folder: String
    let observer: WorkerDisplay

    private static let largest: Int64 = 1 << 40
    private static let attempts = 5
    private static let redirects = 5

    func source(_ source: ParentSource) throws -> WorkerRun.Source {
        switch source {
        case .checkout:
            guard let checkout = arguments.checkout else {
                throw WorkerFailure.usage("a launch from root needs --checkout")
            }
            return .checkout(checkout)
        case .artifact(_, let name, _):
            guard let bundle = arguments.parentBundle, Files.kind(bundle) == .regular else {
                throw WorkerFailure.parentUnavailable("the job has not fetched the artifact \(Name.shown(name))")
            }
            return .bundle(bundle)
        case .path(let path, _):
            guard Files.kind(path) == .regular else {
                throw WorkerFailure.parentUnavailable("\(Name.shown(path)) is not there")
            }
            return .bundle(path)
        case .url(let url, _): return .bundle(try fetch(url))
        }
    }

    /// Fetches a URL, which is a secret: no message names more of it than the host.
    private func fetch(_ url: String) throws -> String {
        let target = folder + "/parent.tar"
        let client = HTTPClient()
        let backoff = Backoff()
        var attempt = 1
        while true {
            let problem: String
            let mayPass: Bool
            do throws(HTTPFailure) {
                let answer = try follow(url, client, target)
                if answer.status == 200 { return target }
                problem = "the server answered \(answer.status)"
                mayPass = answer.status >= 500 || answer.status == 429
            } catch {
                problem = error.message
                mayPass = error.retryable
            }
            guard mayPass, attempt < ParentFetch.attempts else { throw WorkerFailure.parentUnavailable(problem) }
            try? Files.remove(target)
            let random = Randomness.bytes(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            WorkerDisplay.pause(milliseconds: backoff.wait(after: attempt, asked: nil, random: random) ?? 1000)
            attempt += 1
        }
    }

    private func follow(_ url: String, _ client: HTTPClient, _ target: String) throws(HTTPFailure) -> HTTPDownload {
        var url = url
        for _ in 0..<ParentFetch.redirects {
            let answer = try client.download(HTTPRequest("GET", url), to: target, limit: ParentFetch.largest)
            guard (300..<400).contains(answer.status), let next = answer.fields["location"], next.hasPrefix("http")
            else {
                return answer
            }
            url = next
        }
        return try client.download(HTTPRequest("GET", url), to: target, limit: ParentFetch.largest)
    }
}
