import Glibc
import SwarmPlatform
import Testing

@testable import SwarmSandbox

@Suite("How a step ends", .enabled(if: Machine.strict))
struct EndingTests {
    private static func request(_ fixture: Fixture, _ level: SandboxLevel, _ argv: [String]) -> StepRequest {
        level == .strict ? fixture.request(argv) : fixture.bare(argv)
    }

    @Test("its exit status is reported", arguments: SandboxLevel.allCases, [0, 1, 7, 100, 255] as [Int32])
    func status(level: SandboxLevel, code: Int32) throws {
        let fixture = try Fixture()
        let outcome = try fixture.run(EndingTests.request(fixture, level, ["sh", "-c", "exit \(code)"]))
        #expect(outcome.ending == .exited(code) && outcome.exitCode == code && outcome.succeeded == (code == 0))
    }

    @Test("its signal is reported", arguments: SandboxLevel.allCases, [SIGKILL, SIGTERM, SIGSEGV, SIGINT])
    func signal(level: SandboxLevel, number: Int32) throws {
        let fixture = try Fixture()
        let outcome = try fixture.run(EndingTests.request(fixture, level, ["sh", "-c", "kill -\(number) $$"]))
        #expect(outcome.ending == .signalled(number) && outcome.exitCode == 128 + number)
    }

    @Test("a program that is not there is 127, one that is none 126", arguments: SandboxLevel.allCases)
    func notFound(level: SandboxLevel) throws {
        let fixture = try Fixture()
        #expect(try fixture.run(EndingTests.request(fixture, level, ["no-such-program"])).ending == .exited(127))
        #expect(fixture.output.errors == "swarm: no-such-program: command not found\n")
        #expect(try fixture.run(EndingTests.request(fixture, level, ["/etc/passwd"])).ending == .exited(126))
    }

    @Test("words that look like bubblewrap's are the step's own where it ran")
    func likeBubblewrap() throws {
        let fixture = try Fixture()
        let outcome = try fixture.run(fixture.shell("echo 'bwrap: execvp x: No such file or directory' >&2; exit 1"))
        #expect(outcome.ending == .exited(1))
        #expect(fixture.output.errors == "bwrap: execvp x: No such file or directory\n")
    }

    @Test("what it left running is gone when it has ended", arguments: SandboxLevel.allCases)
    func daemons(level: SandboxLevel) throws {
        let fixture = try Fixture()
        let mark = "86\(Randomness.bytes(3).map(String.init).joined())"
        let script = "setsid sleep \(mark) & (setsid sh -c 'sleep \(mark) & sleep \(mark)' &) ; sleep 0.1; exit 3"
        #expect(try fixture.run(EndingTests.request(fixture, level, ["sh", "-c", script])).exitCode == 3)
        #expect(!Machine.runs(mark))
    }

    @Test("its limit of time ends it, though it ignores SIGTERM", arguments: SandboxLevel.allCases)
    func timeOut(level: SandboxLevel) throws {
        let fixture = try Fixture()
        let mark = "87\(Randomness.bytes(3).map(String.init).joined())"
        let script = "trap '' TERM; echo on; sleep \(mark); sleep \(mark); sleep \(mark)"
        var request = EndingTests.request(fixture, level, ["sh", "-c", script])
        request.limits.wallSeconds = 10
        let outcome = try fixture.run(request)
        #expect(outcome.ending == .timedOut && outcome.exitCode == 137)
        #expect(fixture.output.text == "on\n")
        #expect(!Machine.runs(mark))
    }

    @Test("cancelling lets it tidy up after SIGTERM", arguments: SandboxLevel.allCases)
    func cancel(level: SandboxLevel) throws {
        let cancellation = try Cancellation()
        let fixture = try Fixture(onOutput: { if $0 == "ready\n", !cancellation.requested { cancellation.cancel() } })
        let script = "trap 'echo tidy; exit 4' TERM; echo ready; while :; do sleep 0.05; done"
        var request = EndingTests.request(fixture, level, ["sh", "-c", script])
        request.limits.graceMilliseconds = 30_000
        let outcome = try fixture.run(request, cancellation)
        #expect(outcome.ending == .cancelled)
        #expect(outcome.exitCode == 4)
        #expect(fixture.output.text == "ready\ntidy\n")
        #expect(cancellation.requested)
    }

    @Test("cancelling twice kills it at once", arguments: SandboxLevel.allCases)
    func cancelTwice(level: SandboxLevel) throws {
        let cancellation = try Cancellation()
        let fixture = try Fixture(onOutput: { _ in
            cancellation.cancel()
            cancellation.cancel()
        })
        let script = "trap '' TERM; echo ready; while :; do sleep 0.05; done"
        var request = EndingTests.request(fixture, level, ["sh", "-c", script])
        request.limits.graceMilliseconds = 10_000_000
        let outcome = try fixture.run(request, cancellation)
        #expect(outcome.ending == .cancelled && outcome.exitCode == 137)
    }

    @Test("a step cancelled before it began still ends as cancelled", arguments: SandboxLevel.allCases)
    func cancelledBefore(level: SandboxLevel) throws {
        let fixture = try Fixture()
        let cancellation = try Cancellation()
        cancellation.cancel()
        let mark = "88\(Randomness.bytes(3).map(String.init).joined())"
        let outcome = try fixture.run(EndingTests.request(fixture, level, ["sleep", mark]), cancellation)
        #expect(outcome.ending == .cancelled)
        #expect(!Machine.runs(mark))
    }

    @Test("it may delete its own working directory's content and make very many files")
    func unruly() throws {
        let fixture = try Fixture()
        let script = "rm -rf \"$PWD\" 2>/dev/null; mkdir d; cd d; seq 20000 | xargs touch; ls | wc -l"
        #expect(try fixture.text(script) == "20000\n")
    }

    @Test("a shell script without a first line runs", arguments: SandboxLevel.allCases)
    func plainScript(level: SandboxLevel) throws {
        let fixture = try Fixture()
        // Written by another program: a process that a test beside this one starts would inherit our descriptor, and a file
        // that is open for writing does not run.
        _ = try fixture.text("echo 'echo ran $1' > script; chmod +x script")
        #expect(try fixture.run(EndingTests.request(fixture, level, ["./script", "it"])).succeeded)
        #expect(fixture.output.text == "ran it\n")
    }
}
