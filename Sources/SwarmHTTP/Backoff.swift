/// How long to wait before a request is sent again: what the server said, else twice as long each time, with jitter.
package struct Backoff: Sendable {
    /// The first wait and the longest one that is made up, in milliseconds.
    package var first: Int64
    package var longest: Int64
    /// The longest wait that a server may ask for; one that asks for more is not waited for.
    package var longestAsked: Int64

    package init(first: Int64 = 500, longest: Int64 = 30_000, longestAsked: Int64 = 3_600_000) {
        self.first = first
        self.longest = longest
        self.longestAsked = longestAsked
    }

    /// Milliseconds to wait after failure number `attempt` (from 1). `asked` is what the server asked for, in milliseconds;
    /// `random` any number, which spreads clients that failed together over the second half of the wait. Nil where the server
    /// asks for more than `longestAsked`.
    package func wait(after attempt: Int, asked: Int64?, random: UInt64) -> Int64? {
        if let asked {
            return asked <= longestAsked ? max(asked, 0) : nil
        }
        let doublings = min(max(attempt - 1, 0), 20)
        let full = min(first << Int64(doublings), longest)
        let half = full / 2
        return half + Int64(random % UInt64(max(full - half, 1) + 1))
    }
}
