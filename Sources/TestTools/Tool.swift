#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Another program that a test compares ours with.
package struct Tool: Sendable {
    /// Where it lies.
    package let path: String

    /// The program of that name in one of the usual folders or in PATH; nil where there is none.
    package init?(_ name: String) {
        let search = getenv("PATH").map { String(cString: $0) } ?? ""
        let folders = search.split(separator: ":").map(String.init) + ["/usr/bin", "/bin", "/usr/local/bin"]
        guard let folder = folders.first(where: { access("\($0)/\(name)", X_OK) == 0 }) else { return nil }
        path = "\(folder)/\(name)"
    }

    /// What a program left behind.
    package struct Outcome: Sendable {
        /// The exit code, or -1 where a signal ended it or it could not be started.
        package let status: Int32
        /// Standard output and standard error, as they came.
        package let output: [UInt8]
    }

    /// Runs it to its end with `input` as standard input, in `folder`.
    package func run(_ arguments: [String], in folder: String, input: [UInt8] = []) -> Outcome {
        guard let scratch = try? TemporaryFolder() else { return Outcome(status: -1, output: []) }
        guard scratch.write(input, to: "in"), scratch.write([], to: "out") else {
            return Outcome(status: -1, output: [])
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, scratch.path + "/in", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, scratch.path + "/out", O_WRONLY | O_APPEND, 0)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        let shell = ["/bin/sh", "-c", "cd \"$1\" && shift && exec \"$@\"", "sh", folder, path] + arguments
        var words = shell.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var process = pid_t()
        guard posix_spawn(&process, shell[0], &actions, nil, &words, environ) == 0 else {
            return Outcome(status: -1, output: [])
        }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        let exited = status & 0x7f == 0
        return Outcome(status: exited ? (status >> 8) & 0xff : -1, output: scratch.read("out") ?? [])
    }
}
