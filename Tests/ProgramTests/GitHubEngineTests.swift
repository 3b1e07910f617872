import SwarmPlatform
import SwarmTestSupport
import Testing

/// The engines that nobody here wrote, as `scripts/install-test-tools` fetches them.
enum GitHubEngines {
    static let root = Files.parent(of: Files.parent(of: Files.parent(of: #filePath)))
    static let python = root + "/.build-tools/main/bin/python"
    static let areThere =
        Files.kind(root + "/.build-tools/main/installed.txt") != nil
        && Files.kind(root + "/.build-tools/models/installed.txt") != nil

    /// Runs a script of `Tests/Scripts` to its end.
    static func run(_ script: String, _ arguments: [String] = []) throws -> ProgramRun {
        let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        return try ProgramRun.run(
            python,
            ["\(root)/Tests/Scripts/\(script)"] + arguments,
            in: root,
            environment: [
                "PATH": path, "PYTHONDONTWRITEBYTECODE": "1", "SWARM": ProgramRun.swarm,
                "SWARM_WORKER": Files.parent(of: ProgramRun.swarm) + "/swarm-worker",
            ]
        )
    }
}

@Suite(
    "On GitHub's engines",
    .enabled(if: GitHubEngines.areThere, "scripts/install-test-tools has not fetched act and gh")
)
struct GitHubEngineTests {
    @Test("the shipped workflow runs under act; gh drives the double and verifies what the run attested")
    func double() throws {
        let run = try GitHubEngines.run("github_double.py")
        #expect(run.exitCode == 0, "\(run)")
    }

    @Test("each run has a key of its own there, or says that it has none")
    func keys() throws {
        let run = try GitHubEngines.run("github_keys.py")
        #expect(run.exitCode == 0, "\(run)")
    }

    @Test("a run goes there and comes back verified; what is forged, lost or late is refused or waited out")
    func flow() throws {
        let run = try GitHubEngines.run("github_flow.py")
        #expect(run.exitCode == 0, "\(run)")
    }

    @Test("runs there are watched, followed, stopped, gone on with and sent by many; each fault has its code")
    func live() throws {
        let run = try GitHubEngines.run("github_live.py")
        #expect(run.exitCode == 0, "\(run)")
    }
}
