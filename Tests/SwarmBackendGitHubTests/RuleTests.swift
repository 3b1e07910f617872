import SwarmContracts
import SwarmHTTP
import Testing

@testable import SwarmBackendGitHub

@Suite("GitHub's rules for asking again")
struct RuleTests {
    private func decision(_ status: Int, _ fields: [(String, String)], attempt: Int = 1, body: String = "")
        -> RetryDecision
    {
        let answer = HTTPResponse(status: status, fields: HTTPFields(fields), body: Array(body.utf8))
        return RetryRule().decision(answer, attempt: attempt, now: 1000, chance: 0)
    }

    @Test("retry-after comes before the reset, that before a minute that doubles")
    func order() {
        let reset = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1050")]
        #expect(decision(403, reset + [("Retry-After", "3")]) == .wait(milliseconds: 3000, wasProcessed: false))
        #expect(decision(403, reset) == .wait(milliseconds: 51_000, wasProcessed: false))
        let more = [("x-ratelimit-remaining", "9"), ("x-ratelimit-reset", "1050")]
        #expect(decision(429, more) == .wait(milliseconds: 60_000, wasProcessed: false))
        #expect(decision(429, [], attempt: 3) == .wait(milliseconds: 240_000, wasProcessed: false))
        #expect(decision(429, [], attempt: 60) == .tooLong(seconds: 61_440))
    }

    @Test("a wait or a reset that no clock could tell is a day at most", arguments: [403, 429, 503])
    func unbelievable(status: Int) {
        let day: Int64 = 86_400
        for text in ["9223372036854775807", "9223372036854775", "100000"] {
            #expect(decision(status, [("Retry-After", text)]) == .tooLong(seconds: day))
        }
        #expect(decision(429, [("Retry-After", "-9223372036854775808")]) == .wait(milliseconds: 0, wasProcessed: false))
        let none = ("x-ratelimit-remaining", "0")
        let far = decision(429, [none, ("x-ratelimit-reset", "9223372036854775807")])
        #expect(far == .tooLong(seconds: day + 1))
        let past = decision(429, [none, ("x-ratelimit-reset", "-9223372036854775808")])
        #expect(past == .wait(milliseconds: 1000, wasProcessed: false))
    }

    @Test("a time of GitHub's is one between 1970 and 9999, or none")
    func times() {
        #expect(Timestamp.seconds("2027-01-15T08:00:00Z") == 1_800_000_000)
        #expect(Timestamp.seconds("1970-01-01T00:00:00Z") == 0)
        for text in [
            "9223372036854775807-01-01T00:00:00Z", "10000-01-01T00:00:00Z", "1969-12-31T23:59:59Z",
            "2027-01-15T9223372036854775807:00:00Z", "2027-01-15T08:00:9223372036854775807Z",
            "2027-13-15T08:00:00Z", "2027-01-15T08:60:00Z",
        ] {
            #expect(Timestamp.seconds(text) == nil, "\(text)")
        }
    }

    @Test("a secondary limit is known by its words alone")
    func secondary() {
        let body = #"{"message":"You have exceeded a secondary rate limit."}"#
        #expect(decision(403, [], body: body) == .wait(milliseconds: 60_000, wasProcessed: false))
        #expect(decision(403, [], body: #"{"message":"Resource not accessible"}"#) == .take)
    }

    @Test("a server's own trouble is waited out with doubling", arguments: [500, 502, 503, 504])
    func trouble(status: Int) {
        #expect(decision(status, []) == .wait(milliseconds: 500, wasProcessed: true))
        #expect(decision(status, [], attempt: 3) == .wait(milliseconds: 2000, wasProcessed: true))
        #expect(decision(status, [("Retry-After", "5")]) == .wait(milliseconds: 5000, wasProcessed: true))
    }

    @Test("what GitHub decided is taken", arguments: [200, 204, 304, 400, 401, 404, 409, 410, 422])
    func taken(status: Int) { #expect(decision(status, []) == .take) }

    @Test(
        "the repository is found in a remote of git",
        arguments: [
            ("git@github.com:o/r.git", "o/r"), ("https://github.com/o/r", "o/r"),
            ("https://t@github.com/o/r.git/", "o/r"),
            ("ssh://git@github.com:22/o/r.git", "o/r"), ("/home/ada/r", nil), ("https://github.com/o", nil),
            ("git@github.com:o/../r", nil),
        ]
    )
    func remotes(url: String, repository: String?) { #expect(GitHubAddress.repository(ofRemote: url) == repository) }

    @Test("an address that could lead elsewhere is refused", arguments: ["o", "o/r/x", "o/..", "o /r", "o/r?x", ""])
    func addresses(repository: String) {
        #expect(throws: GitHubFailure.self) { try GitHubAddress(api: "https://api.test", repository: repository) }
    }

    @Test(
        "so is a base URL that is none, or holds a name and password",
        arguments: ["api.test", "ftp://x", "https://a@b"]
    )
    func bases(api: String) {
        #expect(throws: GitHubFailure.self) { try GitHubAddress(api: api, repository: "o/r") }
    }
}
