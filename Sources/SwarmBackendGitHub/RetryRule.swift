internal import SwarmContracts
package import SwarmHTTP

/// What is to be done about an answer, decided from the answer alone.
package enum RetryDecision: Sendable, Equatable {
    /// It is an answer to act on.
    case take
    /// Ask again after so many milliseconds. `wasProcessed` is false where GitHub says that it did nothing.
    case wait(milliseconds: Int64, wasProcessed: Bool)
    /// GitHub asks for a longer wait than is borne, in seconds.
    case tooLong(seconds: Int64)
}

/// GitHub's rules for asking again: retry-after; else the reset time where nothing remains; else at least a minute, doubling.
package struct RetryRule: Sendable {
    /// The longest wait that is borne, in seconds.
    package var longest: Int64 = 900
    private let backoff = Backoff(first: 1_000, longest: 30_000)

    package init() {}

    /// The decision about an answer to attempt number `attempt` (from 1).
    package func decision(_ answer: HTTPResponse, attempt: Int, now: Int64, chance: UInt64) -> RetryDecision {
        if RetryRule.isRateLimit(answer) { return limited(answer, attempt: attempt, now: now) }
        switch answer.status {
        case 429: return limited(answer, attempt: attempt, now: now)
        case 408, 500, 502, 503, 504:
            let asked = RetryRule.seconds(answer.fields["retry-after"])
            if let asked, asked > longest { return .tooLong(seconds: asked) }
            let wait = backoff.wait(after: attempt, asked: asked.map { $0 * 1000 }, random: chance)
            return .wait(milliseconds: wait ?? 30_000, wasProcessed: true)
        default: return .take
        }
    }

    /// How long to wait after a request to which no answer came.
    package func wait(afterLost attempt: Int, chance: UInt64) -> Int64 {
        backoff.wait(after: attempt, asked: nil, random: chance) ?? 30_000
    }

    private func limited(_ answer: HTTPResponse, attempt: Int, now: Int64) -> RetryDecision {
        let seconds: Int64
        if let asked = RetryRule.seconds(answer.fields["retry-after"]) {
            seconds = asked
        } else if answer.fields["x-ratelimit-remaining"] == "0",
            let reset = RetryRule.reset(answer.fields["x-ratelimit-reset"], now: now)
        {
            // A second more, since its clock and ours differ within one.
            seconds = max(reset - now, 0) + 1
        } else {
            seconds = 60 << Int64(min(max(attempt - 1, 0), 10))
        }
        return seconds <= longest
            ? .wait(milliseconds: seconds * 1000, wasProcessed: false) : .tooLong(seconds: seconds)
    }

    /// The longest wait that is believed, in seconds: a server that names another says what no wait could keep.
    private static let longestTold: Int64 = 86_400

    /// The seconds of a Retry-After field, from none to a day.
    static func seconds(_ field: String?) -> Int64? {
        field.flatMap { Int64($0) }.map { min(max($0, 0), longestTold) }
    }

    /// The time of an x-ratelimit-reset field in seconds since 1970, at most a day from now.
    static func reset(_ field: String?, now: Int64) -> Int64? {
        field.flatMap { Int64($0) }.map { min(max($0, 0), now + longestTold) }
    }

    /// Whether a 403 is a rate limit and no lack of permission.
    private static func isRateLimit(_ answer: HTTPResponse) -> Bool {
        guard answer.status == 403 else { return false }
        if answer.fields["retry-after"] != nil || answer.fields["x-ratelimit-remaining"] == "0" { return true }
        return GitHubMessage.text(of: answer.body).lowercased().contains("rate limit")
    }
}

/// The sentence of an error's body: `{"message", "errors": [{"message"|"code", ..}]}`.
enum GitHubMessage {
    static func text(of body: [UInt8]) -> String {
        guard let value = try? JSONParser.parse(body, numbers: .all), let message = value["message"]?.text else {
            return "no reason was given"
        }
        let more = (value["errors"]?.elements ?? []).compactMap { error -> String? in
            error.text ?? error["message"]?.text
                ?? error["code"]?.text.map { code in (error["field"]?.text.map { "\($0) " } ?? "") + code }
        }
        return shown(([message] + more.prefix(3)).joined(separator: "; "))
    }

    /// A stranger's sentence on one line, at most 300 characters of it.
    static func shown(_ text: String) -> String {
        let plain = text.unicodeScalars.map { $0.value < 32 || $0.value == 127 ? " " : String($0) }.joined()
        return plain.count <= 300 ? plain : plain.prefix(297) + "..."
    }
}
