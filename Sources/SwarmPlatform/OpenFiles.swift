internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// How many files the process may have open.
package enum OpenFiles {
    private static let before = Mutex<Int64?>(nil)

    /// Raises the soft limit to the hard one where it is below `needed` descriptors. Gives the limit that now holds; it may
    /// be less than what is needed.
    package static func allow(_ needed: Int) -> Int {
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return needed }
        let soft = limit.rlim_cur
        guard soft < rlim_t(needed), soft < limit.rlim_max else { return Int(clamping: soft) }
        limit.rlim_cur = limit.rlim_max
        guard setrlimit(resource, &limit) == 0 else { return Int(clamping: soft) }
        before.withLock { $0 = $0 ?? Int64(clamping: soft) }
        return Int(clamping: limit.rlim_max)
    }

    /// The soft limit as it was, where `allow` has raised it. Programs that swarm starts get it back: there are some that
    /// walk all descriptors up to the limit, or use select(2), which takes 1024.
    package static var softLimitBefore: Int64? { before.withLock { $0 } }
}
