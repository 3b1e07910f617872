extension TrustedRoot {
    /// How many of each kind a root lists and this module can judge by.
    package struct Summary: Sendable, Equatable {
        package let certificateAuthorities: Int
        package let timestampAuthorities: Int
        package let transparencyLogs: Int
        package let certificateLogs: Int
    }

    /// What the root lists.
    package var summary: Summary {
        Summary(
            certificateAuthorities: certificateAuthorities.count,
            timestampAuthorities: timestampAuthorities.count,
            transparencyLogs: transparencyLogs.count,
            certificateLogs: certificateLogs.count
        )
    }
}
