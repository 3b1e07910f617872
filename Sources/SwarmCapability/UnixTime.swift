internal import FoundationEssentials

enum UnixTime {
    /// The last second of the year 9999: RFC 3339 has no later one.
    static let latest: Int64 = 253_402_300_799

    /// Seconds since 1970 as RFC 3339 writes them, in UTC.
    static func text(_ seconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(min(max(seconds, 0), latest))).ISO8601Format()
    }
}
