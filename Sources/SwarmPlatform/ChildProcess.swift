internal import CPlatform

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Child processes that are no steps: a detached copy of swarm, git.
package enum ChildProcess {
    /// Starts a program in a session of its own, its input and messages nowhere, its output in a file. Gives its id.
    package static func startDetached(_ program: String, _ arguments: [String], output: String) throws(SystemError)
        -> Int32
    {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        return try spawn(program, arguments, nil, &actions, &attributes, flags: SWARM_SPAWN_SETSID)
    }

    /// What a program that ran to its end gave.
    package struct Result: Sendable {
        package let exitCode: Int32
        package let output: [UInt8]
        package let messages: [UInt8]
    }

    /// Runs a program to its end with exactly this environment, its input nowhere. Output and messages go through files
    /// in `folder`. Throws where it cannot be started.
    package static func run(
        _ program: String,
        _ arguments: [String],
        environment: [String],
        folder: String
    ) throws(SystemError) -> Result {
        let name = folder + "/child-" + Hex16.random()
        defer {
            unlink(name + ".out")
            unlink(name + ".err")
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, name + ".out", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, name + ".err", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        let child = try spawn(program, arguments, environment, &actions, &attributes)
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0 {
            if errno != EINTR { throw .last("wait for", program) }
        }
        let code = status & 0x7f == 0 ? status >> 8 & 0xff : 128 + status & 0x7f
        return Result(exitCode: code, output: try Files.read(name + ".out"), messages: try Files.read(name + ".err"))
    }

    private static func spawn(
        _ program: String,
        _ arguments: [String],
        _ environment: [String]?,
        _ actions: inout posix_spawn_file_actions_t,
        _ attributes: inout posix_spawnattr_t,
        flags: Int = 0
    ) throws(SystemError) -> Int32 {
        // What swarm blocks and ignores for itself is not meant for others: Ctrl-C has to end them.
        var set = sigset_t()
        sigemptyset(&set)
        posix_spawnattr_setsigmask(&attributes, &set)
        sigaddset(&set, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &set)
        posix_spawnattr_setflags(
            &attributes,
            Int16(flags | Int(POSIX_SPAWN_SETSIGMASK) | Int(POSIX_SPAWN_SETSIGDEF))
        )
        var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = (environment ?? []).map { strdup($0) } + [nil]
        defer { for word in words + variables { free(word) } }
        var child: pid_t = 0
        let result =
            environment == nil
            ? posix_spawnp(&child, program, &actions, &attributes, &words, swarm_environment())
            : posix_spawnp(&child, program, &actions, &attributes, &words, &variables)
        guard result == 0 else { throw SystemError("start", program, result) }
        return child
    }
}
