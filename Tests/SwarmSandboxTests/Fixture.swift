import Glibc
import SwarmPlatform
import Synchronization

@testable import SwarmSandbox

/// Collects a step's output.
final class Collector: OutputSink {
    private let streams = Mutex<[OutputStream: [UInt8]]>([:])
    private let onOutput: (@Sendable (String) -> Void)?

    init(onOutput: (@Sendable (String) -> Void)? = nil) { self.onOutput = onOutput }

    func receive(_ stream: OutputStream, _ bytes: UnsafeRawBufferPointer, offset: Int64) {
        streams.withLock { $0[stream, default: []].append(contentsOf: bytes) }
        onOutput?(text)
    }

    var text: String { text(.standardOutput) }
    var errors: String { text(.standardError) }

    private func text(_ stream: OutputStream) -> String {
        streams.withLock { String(decoding: $0[stream] ?? [], as: UTF8.self) }
    }
}

/// A project, a home and a temporary folder of their own on the host, removed at the end.
final class Fixture: Sendable {
    let root: String
    let project = "/srv/swarm-test/project"
    let home = "/root/swarm-test-home"
    let output: Collector

    init(onOutput: (@Sendable (String) -> Void)? = nil) throws {
        output = Collector(onOutput: onOutput)
        let digits = Randomness.bytes(8).map { String($0, radix: 16) }.joined()
        root = "/tmp/swarm-sandbox-\(digits)"
        for name in ["", "/workspace", "/home", "/tmp", "/lower", "/upper", "/work"] {
            try Files.makeFolder(root + name, mode: 0o700)
        }
    }

    deinit { Fixture.remove(root) }

    private static func remove(_ path: String) {
        if Files.kind(path) == .directory {
            chmod(path, 0o700)
            for name in (try? Files.names(in: path)) ?? [] { remove(path + "/" + name) }
            rmdir(path)
        } else {
            unlink(path)
        }
    }

    func request(_ argv: [String]) -> StepRequest {
        var request = StepRequest(
            argv: argv,
            workspace: .directory(root + "/workspace"),
            workdir: project,
            home: Mount(host: root + "/home", target: home, writable: true),
            temporary: root + "/tmp",
            limits: StepLimits(wallSeconds: 60, outputBytes: 1 << 20, graceMilliseconds: 300)
        )
        request.environment = [
            EnvironmentVariable("PATH", "/usr/local/bin:/usr/bin:/bin"), EnvironmentVariable("HOME", home),
        ]
        return request
    }

    func bare(_ argv: [String]) -> StepRequest {
        var request = request(argv)
        request.level = .none
        request.workdir = root + "/workspace"
        return request
    }

    func shell(_ script: String) -> StepRequest { request(["sh", "-c", script]) }

    func run(_ request: StepRequest, _ cancellation: Cancellation? = nil) throws -> StepOutcome {
        try StepExecutor().run(request, sink: output, cancellation: cancellation ?? Cancellation())
    }

    /// Runs a shell script in a strict sandbox and returns its standard output.
    func text(_ script: String) throws -> String {
        _ = try run(shell(script))
        return output.text
    }

    func content(_ path: String) -> String? {
        (try? Files.read(root + path)).map { String(decoding: $0, as: UTF8.self) }
    }
}

/// What this machine can do.
enum Machine {
    static let strict: Bool = {
        guard let fixture = try? Fixture() else { return false }
        return (try? fixture.run(fixture.request(["true"]))) != nil
    }()
    static let overlay = strict && canMountOverlay(in: "/tmp")
    static let controlGroups: Bool = {
        let group = ControlGroup.make(memory: 1 << 30, processes: 100)
        group?.close()
        return group != nil
    }()
    static let isRoot = geteuid() == 0

    /// Whether a process with this word in its command line lives.
    static func runs(_ word: String) -> Bool {
        for name in (try? Files.names(in: "/proc")) ?? [] where Int32(name) != nil {
            guard let line = try? Files.read("/proc/\(name)/cmdline", limit: 1 << 16) else { continue }
            let words = line.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            if words.contains(word) { return true }
        }
        return false
    }
}
