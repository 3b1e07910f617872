internal import CPlatform
package import SwarmContracts
internal import SwarmPlatform

#if canImport(Glibc)
internal import Glibc
#endif

/// A program that ran to its end.
package struct ProgramRun: Sendable, CustomStringConvertible {
    package let exitCode: Int32
    package let output: [UInt8]
    package let messages: String

    /// Standard output as text.
    package var text: String { String(decoding: output, as: UTF8.self) }

    /// Standard output as JSON; null where it is none.
    package var json: JSONValue { (try? JSONParser.parse(output, numbers: .all)) ?? .null }

    /// What a failed expectation shows.
    package var description: String { "exit \(exitCode)\n\(text)\n--\n\(messages)" }

    /// The code of the error that `--json` printed, or of the last message.
    package var errorCode: String? {
        if let code = json["error"]?["code"]?.text { return code }
        guard let open = messages.lastIndex(of: "["), let close = messages.lastIndex(of: "]"), open < close else {
            return nil
        }
        return String(messages[messages.index(after: open)..<close])
    }

    /// The built program: it lies beside the tests.
    package static let swarm: String = {
        let tests = Files.realPath("/proc/self/exe") ?? ""
        let beside = Files.parent(of: tests) + "/swarm"
        if Files.kind(beside) != nil { return beside }
        // The runner of Swift Testing loads the test bundle instead of being it.
        for argument in CommandLine.arguments where argument.contains(".xctest") {
            let candidate = Files.parent(of: argument) + "/swarm"
            if Files.kind(candidate) != nil { return candidate }
        }
        return "swarm"
    }()

    /// Runs a program to its end.
    package static func run(
        _ program: String,
        _ arguments: [String],
        in directory: String,
        input: String = "",
        environment: [String: String] = ["PATH": "/usr/bin:/bin"]
    ) throws -> ProgramRun {
        let folder = "/tmp/swarm-run-" + Hex.encode(Randomness.bytes(8))
        try Files.makeFolder(folder)
        defer {
            for name in ["in", "out", "err"] { unlink("\(folder)/\(name)") }
            rmdir(folder)
        }
        let started = try StartedProgram(
            program,
            arguments,
            in: directory,
            environment: environment,
            folder: folder,
            input: input
        )
        return try started.wait()
    }
}

/// A program that is running.
package final class StartedProgram: Sendable {
    /// Its process id.
    package let id: Int32
    private let folder: String

    init(
        _ program: String,
        _ arguments: [String],
        in directory: String,
        environment: [String: String],
        folder: String,
        input: String = ""
    ) throws {
        let own =
            folder
            + (input.isEmpty && folder.contains("swarm-test") ? "/started-" + Hex.encode(Randomness.bytes(6)) : "")
        try Files.makeFolder(own)
        self.folder = own
        try Files.write(Array(input.utf8), to: own + "/in", sync: false)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, own + "/in", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, own + "/out", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, own + "/err", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        swarm_spawn_addchdir(&actions, directory)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A group of its own, so that a test can send it what a terminal would, and the default answer to every signal.
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(
            &attributes,
            Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF)
        )
        var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for word in words + variables { free(word) } }
        var child: pid_t = 0
        let result = posix_spawn(&child, program, &actions, &attributes, &words, &variables)
        guard result == 0 else { throw SystemError("start", program, result) }
        id = child
    }

    /// Sends a signal.
    package func signal(_ number: Int32) { kill(id, number) }

    /// What it has printed so far.
    package var outputSoFar: String { String(decoding: (try? Files.read(folder + "/out")) ?? [], as: UTF8.self) }

    /// Waits for its end.
    package func wait() throws -> ProgramRun {
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0 {
            if errno != EINTR { throw SystemError.last("wait for", "process \(id)") }
        }
        let code = status & 0x7f == 0 ? status >> 8 & 0xff : 128 + status & 0x7f
        return ProgramRun(
            exitCode: code,
            output: try Files.read(folder + "/out", limit: 1 << 30),
            messages: String(decoding: try Files.read(folder + "/err", limit: 1 << 30), as: UTF8.self)
        )
    }
}
