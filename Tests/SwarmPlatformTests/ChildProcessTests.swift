import Glibc
import SwarmPlatform
import Testing

@Suite("Programs that are no steps")
struct ChildProcessTests {
    @Test("a child begins with no signal blocked, and broken pipes end it, whatever its parent does")
    func signals() throws {
        let output = try blocking {
            try ChildProcess.run(
                "/bin/sh",
                ["-c", "grep -E 'SigBlk|SigIgn' /proc/self/status"],
                environment: [],
                folder: "/tmp"
            )
            .output
        }
        let lines = String(decoding: output, as: UTF8.self).split(separator: "\n")
        let masks = lines.compactMap { line in UInt64(line.split(separator: "\t").last ?? "", radix: 16) }
        try #require(masks.count == 2)
        #expect(masks[0] == 0)
        #expect(masks[1] & (1 << UInt64(SIGPIPE - 1)) == 0)
    }

    /// Runs a body with the signals blocked that `SignalWatcher` blocks.
    private func blocking<T>(_ body: () throws -> T) rethrows -> T {
        var set = sigset_t()
        var before = sigset_t()
        sigemptyset(&set)
        for signal in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&set, signal) }
        pthread_sigmask(SIG_BLOCK, &set, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        return try body()
    }
}
