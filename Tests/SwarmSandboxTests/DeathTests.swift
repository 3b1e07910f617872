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

@Suite("What a step inherits", .enabled(if: Machine.strict))
struct InheritanceTests {
    @Test("a step inherits no descriptor but its three")
    func descriptors() throws {
        let fixture = try Fixture()
        let request = fixture.request(["true"])
        for _ in 0..<5 { #expect(try fixture.run(request).succeeded) }
        #expect(try fixture.text("ls /proc/self/fd | wc -l") == "4\n")
    }
}

@Suite("A person at a terminal", .enabled(if: Machine.strict))
struct PersonTests {
    /// Runs a step in a terminal whose person presses Ctrl-C; returns its exit status.
    private static func interrupt(_ level: SandboxLevel) throws -> Int32 {
        let person = try Terminal()
        dup2(person.inner.number, STDIN_FILENO)
        let key = Descriptor(owning: dup(person.outer.number), path: "keyboard")
        let fixture = try Fixture(onOutput: { if $0.hasSuffix("ready\r\n") { _ = try? key.write([3]) } })
        let argv = ["sh", "-c", "trap 'echo interrupted; exit 5' INT; echo ready; while :; do sleep 0.05; done"]
        var request = level == .strict ? fixture.request(argv) : fixture.bare(argv)
        request.input = .terminal
        var before = termios()
        tcgetattr(STDIN_FILENO, &before)
        let outcome = try fixture.run(request)
        var after = termios()
        tcgetattr(STDIN_FILENO, &after)
        return before.c_lflag == after.c_lflag && fixture.output.text.contains("interrupted") ? outcome.exitCode : 99
    }

    @Test("interrupts the step, not the sandbox, and has the terminal back as it was")
    func strict() async {
        await #expect(processExitsWith: .exitCode(5)) { exit(try PersonTests.interrupt(.strict)) }
    }

    @Test("interrupts the step where there is no sandbox too")
    func none() async {
        await #expect(processExitsWith: .exitCode(5)) { exit(try PersonTests.interrupt(.none)) }
    }
}
