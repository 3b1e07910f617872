import Glibc
import SwarmPlatform
import Testing

@testable import SwarmSandbox

@Suite("When swarm itself is killed", .enabled(if: Machine.strict))
struct DeathTests {
    /// Runs a step that leaves a daemon, and dies while it runs.
    private static func die(_ level: SandboxLevel, _ mark: String) throws {
        let fixture = try Fixture(onOutput: { if $0.hasSuffix("ready\n") { kill(getpid(), SIGKILL) } })
        let argv = [
            "sh", "-c", "setsid sleep \(mark) & sleep 0.1; echo ready; trap '' TERM; sleep \(mark); sleep \(mark)",
        ]
        _ = try fixture.run(level == .strict ? fixture.request(argv) : fixture.bare(argv))
    }

    private func vanishes(_ mark: String) -> Bool {
        for _ in 0..<600 {
            if !Machine.runs(mark) { return true }
            usleep(50_000)
        }
        return false
    }

    @Test("the sandbox dies with it")
    func strict() async {
        await #expect(processExitsWith: .signal(SIGKILL)) { try DeathTests.die(.strict, "86400.125") }
        #expect(vanishes("86400.125"))
    }

    @Test("without a sandbox the guardian kills the step and its daemons")
    func none() async {
        await #expect(processExitsWith: .signal(SIGKILL)) { try DeathTests.die(.none, "86400.375") }
        #expect(vanishes("86400.375"))
    }
}

@Suite("What a run costs", .enabled(if: Machine.strict))
struct LeftoverTests {
    @Test("a step inherits no descriptor but its three")
    func descriptors() throws {
        let fixture = try Fixture()
        let request = fixture.request(["true"])
        let start = Clock.monotonic()
        for _ in 0..<20 { #expect(try fixture.run(request).succeeded) }
        print("per run", (Clock.monotonic() - start) / 20 / 1000, "us")
        #expect(try fixture.text("ls /proc/self/fd | wc -l") == "4\n")
    }
}
