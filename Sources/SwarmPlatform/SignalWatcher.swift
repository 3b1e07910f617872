internal import CPlatform
internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Takes the signals that ask a program to stop (SIGINT, SIGTERM, SIGHUP, SIGQUIT) on a thread of its own, so that what
/// they start may be any code. What whoever started the program had ignored (`nohup`, a shell's `&`) stays
/// ignored; but for SIGTERM, which is also how another swarm asks.
package final class SignalWatcher: Sendable {
    private static let watched = [SIGINT, SIGTERM, SIGHUP, SIGQUIT]

    private let state = Mutex<(last: Int32?, stopped: Bool)>((nil, false))

    private init() {}

    /// The last signal that came, if any.
    package var last: Int32? { state.withLock { $0.last } }

    /// Begins to watch; `action` runs once for each signal, with `once` for the first alone: the next then ends the program, as
    /// it does by default. To be called before other threads exist, since they inherit what is blocked here.
    package static func start(once: Bool = false, _ action: @escaping @Sendable () -> Void) -> SignalWatcher {
        let watcher = SignalWatcher()
        var set = sigset_t()
        sigemptyset(&set)
        for signal in watched where signal == SIGTERM || swarm_is_ignored(signal) == 0 { sigaddset(&set, signal) }
        pthread_sigmask(SIG_BLOCK, &set, nil)
        let mask = set
        _ = try? WorkerThread {
            var mask = mask
            while true {
                var number: Int32 = 0
                guard sigwait(&mask, &number) == 0 else { return }
                let stopped = watcher.state.withLock { state in
                    defer { if once { state.stopped = true } }
                    if !state.stopped { state.last = number }
                    return state.stopped
                }
                if stopped {
                    // Nobody is left to act on it: the signal does what it does by default.
                    signal(number, SIG_DFL)
                    var one = sigset_t()
                    sigemptyset(&one)
                    sigaddset(&one, number)
                    pthread_sigmask(SIG_UNBLOCK, &one, nil)
                    kill(getpid(), number)
                    return
                }
                action()
            }
        }
        return watcher
    }

    /// Signals that come from now on end the program, as they do by default.
    package func stop() { state.withLock { $0.stopped = true } }
}
