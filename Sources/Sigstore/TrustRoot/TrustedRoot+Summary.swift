extension TrustedRoot {
    /// How many of each kind a root lists and this module can judge by.
    public struct Summary: Sendable, Equatable {
        public let certificateAuthorities: Int
        public let timestampAuthorities: Int
        public let transparencyLogs: Int
        public let certificateLogs: Int
    }

    /// What the root lists.
    public var summary: Summary {
        Summary(
            certificateAuthorities: certificateAuthorities.count,
            timestampAuthorities: timestampAuthorities.count,
            transparencyLogs: transparencyLogs.count,
            certificateLogs: certificateLogs.count
        )
    }
}
