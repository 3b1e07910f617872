import SwarmHTTP
import Testing

@Suite("Waiting before a request is sent again")
struct BackoffTests {
    @Test("waits double up to the longest, and jitter never makes them shorter than half", arguments: 1...40)
    func doubling(attempt: Int) throws {
        let backoff = Backoff(first: 100, longest: 1_000)
        let full = min(Int64(100) << Int64(min(attempt - 1, 10)), 1_000)
        for random in [UInt64(0), 1, 77, .max] {
            let wait = try #require(backoff.wait(after: attempt, asked: nil, random: random))
            #expect((full / 2...full).contains(wait))
        }
    }

    @Test("what the server asks for is waited for, as long as it is bearable")
    func asked() {
        let backoff = Backoff(longestAsked: 10_000)
        #expect(backoff.wait(after: 1, asked: 7_000, random: 5) == 7_000)
        #expect(backoff.wait(after: 9, asked: 0, random: 5) == 0)
        #expect(backoff.wait(after: 1, asked: 10_001, random: 5) == nil)
    }
}
