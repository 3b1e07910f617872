internal import SwarmContracts
internal import SwarmPlatform
internal import SwarmSandbox
internal import SwarmState
internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#endif

/// The check of a step's state database in a process of its own, inside the sandbox: SQLite reads hostile pages there,
/// and what comes back is one line of text and a file.
struct StateCheck {
    let level: SandboxLevel
    /// Holds the copy of the database and will hold the normal form.
    let folder: String
    let work: String

    func run(_ input: String, _ output: String) throws -> SanitiseReport {
        let home = work + "/check-home"
        let temporary = work + "/check-tmp"
        for path in [home, temporary] { try Files.makeFolder(path, mode: 0o700) }
        var request = StepRequest(
            argv: ["swarm", StateCheckCommand.argument, input, output, String(RunCollection.stateCheckSeconds)],
            workspace: .directory(folder),
            workdir: folder,
            home: Mount(host: home, target: "/run/swarm/home", writable: true),
            temporary: temporary,
            limits: StepLimits(wallSeconds: RunCollection.stateCheckSeconds + 30, outputBytes: 64 << 10)
        )
        request.level = level
        request.network = .none
        // Not by its path: another version may have been put there since this one began.
        request.program = try Descriptor.open("/proc/self/exe", O_RDONLY)
        request.mounts = LoadedFiles.mounts()
        let sink = LineSink()
        let outcome = try StepExecutor().run(request, sink: sink, cancellation: try Cancellation())
        if outcome.ending == .exited(126) || outcome.ending == .exited(127) {
            throw EngineFailure.stateCheckUnavailable(Int(outcome.exitCode))
        }
        guard outcome.succeeded else {
            throw EngineFailure.stateDatabaseInvalid("its check ended with exit code \(outcome.exitCode)")
        }
        do {
            return try StateDatabase.report(fromLine: sink.text)
        } catch {
            throw EngineFailure.stateDatabaseInvalid(error.message)
        }
    }

    private final class LineSink: OutputSink {
        private let bytes = Mutex<[UInt8]>([])

        var text: String {
            let text = String(decoding: bytes.withLock { $0 }, as: UTF8.self)
            return text.trimmed
        }

        func receive(_ stream: OutputStream, _ bytes: UnsafeRawBufferPointer, offset: Int64) {
            guard stream == .standardOutput else { return }
            self.bytes.withLock { $0 += bytes }
        }
    }
}

/// The libraries that the program runs with, so that it can run inside the sandbox too.
enum LoadedFiles {
    private static let visible = ["/usr/", "/lib", "/opt/", "/bin/", "/etc/"]

    static func mounts() -> [Mount] {
        var paths: Set<String> = []
        if let maps = try? Files.read("/proc/self/maps") {
            for line in String(decoding: maps, as: UTF8.self).split(separator: "\n") {
                guard let slash = line.firstIndex(of: "/") else { continue }
                let path = String(line[slash...])
                if path.contains(".so"), Files.kind(path) != nil { paths.insert(path) }
            }
        }
        return paths.filter { path in !visible.contains { path.hasPrefix($0) } }.sorted()
            .map { Mount(host: $0, target: $0, writable: false) }
    }
}

/// How the program is asked to be the checker.
package enum StateCheckCommand {
    /// The first argument that turns the program into the checker. No command has this name. Input, output and a limit in
    /// seconds follow.
    package static let argument = "__check-state"
}
