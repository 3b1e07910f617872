internal import ArgumentParser

/// What `--timeout-secs` may be.
enum TimeLimit {
    /// Seconds of a year: whoever wants no limit leaves the flag out.
    static let longest: Int64 = 366 * 86_400

    /// Throws where a person gave no time that a command can keep.
    static func check(_ seconds: Int64) throws {
        guard (1...longest).contains(seconds) else {
            throw ValidationError("--timeout-secs must be from 1 to \(longest).")
        }
    }
}
