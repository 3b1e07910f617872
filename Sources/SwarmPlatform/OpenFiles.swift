internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// How many files the process may have open.
package enum OpenFiles {
    private static let before = Mutex<Int64?>(nil)

    /// Raises the soft limit to the hard one where it is below `needed` descriptors. Best effort: what is missing shows
    /// when a file is opened.
    package static func allow(_ needed: Int) {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < rlim_t(needed),
            limit.rlim_cur < limit.rlim_max
        else { return }
        let soft = Int64(clamping: limit.rlim_cur)
        limit.rlim_cur = limit.rlim_max
        guard setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        before.withLock { $0 = $0 ?? soft }
    }

    /// The soft limit as it was, where `allow` has raised it. Programs that swarm starts get it back: there are some that
    /// walk all descriptors up to the limit, or use select(2), which takes 1024.
    package static var softLimitBefore: Int64? { before.withLock { $0 } }
}
