internal import SwarmContracts
internal import SwarmPlatform

#if canImport(Glibc)
internal import Glibc
#endif

/// A temporary folder of one test, with a project in it; removed with the last reference.
package final class Scratch: Sendable {
    package let folder: String

    /// Makes the folder and an empty project in it.
    package init() throws {
        let base = Environment.value("TMPDIR") ?? "/tmp"
        folder = (Files.realPath(base) ?? base) + "/swarm-test-" + Hex.encode(Randomness.bytes(8))
        try Files.makeFolder(project)
        try Files.makeFolder(home)
    }

    deinit {
        _ = try? ProgramRun.run("/bin/chmod", ["-R", "u+rwx", folder], in: "/")
        _ = try? ProgramRun.run("/bin/rm", ["-rf", folder], in: "/")
    }

    /// The project directory.
    package var project: String { folder + "/project" }
    /// The HOME of the programs that the test runs.
    package var home: String { folder + "/home" }
    package var store: String { project + "/.swarm" }

    /// Writes a file of the project; folders on the way are made.
    package func write(_ path: String, _ text: String) throws { try write(path, Array(text.utf8)) }

    /// Writes a file of the project; folders on the way are made.
    package func write(_ path: String, _ bytes: [UInt8]) throws {
        let full = path.hasPrefix("/") ? path : project + "/" + path
        try Files.makeFolder(Files.parent(of: full))
        try? Files.remove(full)
        try Files.write(bytes, to: full, sync: false)
    }

    /// A file of the project as text.
    package func read(_ path: String) throws -> String {
        String(decoding: try Files.read(path.hasPrefix("/") ? path : project + "/" + path), as: UTF8.self)
    }

    /// Whether something stands at a path of the project.
    package func has(_ path: String) -> Bool {
        Files.kind(path.hasPrefix("/") ? path : project + "/" + path) != nil
    }

    /// Runs the built program in the project directory.
    @discardableResult
    package func swarm(_ arguments: String..., input: String = "", environment: [String: String] = [:]) throws
        -> ProgramRun
    {
        try swarm(arguments, input: input, environment: environment)
    }

    /// Runs the built program in the project directory.
    @discardableResult
    package func swarm(
        _ arguments: [String],
        in directory: String? = nil,
        input: String = "",
        environment: [String: String] = [:]
    ) throws -> ProgramRun {
        try ProgramRun.run(
            ProgramRun.swarm,
            arguments,
            in: directory ?? project,
            input: input,
            environment: self.environment.merging(environment) { _, new in new }
        )
    }

    /// Starts the built program in the project directory and does not wait for it.
    package func start(_ arguments: String..., environment: [String: String] = [:]) throws -> StartedProgram {
        try start(arguments, environment: environment)
    }

    /// Starts the built program in the project directory and does not wait for it.
    package func start(_ arguments: [String], environment: [String: String] = [:]) throws -> StartedProgram {
        try StartedProgram(
            ProgramRun.swarm,
            arguments,
            in: project,
            environment: self.environment.merging(environment) { _, new in new },
            folder: folder
        )
    }

    /// What the program sees of the environment: nothing of the test runner's but PATH.
    package var environment: [String: String] {
        ["HOME": home, "PATH": Environment.value("PATH") ?? "/usr/bin:/bin", "LANG": "C.UTF-8"]
    }

    /// Runs a line of shell in the project directory.
    @discardableResult
    package func shell(_ line: String) throws -> ProgramRun {
        try ProgramRun.run("/bin/bash", ["-c", line], in: project, environment: environment)
    }
}
