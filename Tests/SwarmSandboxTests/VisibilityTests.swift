import Glibc
import SwarmPlatform
import Testing

@testable import SwarmSandbox

@Suite("What a step in a strict sandbox sees", .enabled(if: Machine.strict))
struct VisibilityTests {
    @Test("the workspace stands at the project's path and is written in place")
    func workspace() throws {
        let fixture = try Fixture()
        #expect(try fixture.text("pwd; echo made > made") == fixture.project + "\n")
        #expect(fixture.content("/workspace/made") == "made\n")
    }

    @Test("the home is the private one, even where the workspace lies in it")
    func home() throws {
        let fixture = try Fixture()
        var request = fixture.shell("ls -A ~; echo x > ~/kept; echo y > here")
        request.workdir = fixture.home + "/code/project"
        #expect(try fixture.run(request).succeeded)
        #expect(fixture.output.text == "code\n")
        #expect(fixture.content("/home/kept") == "x\n")
        #expect(fixture.content("/workspace/here") == "y\n")
    }

    @Test(
        "accounts, services and other people's places are not there",
        arguments: [
            "/home", "/mnt", "/media", "/boot", "/sys", "/var/log", "/var/lib", "/run/lock",
        ]
    )
    func absent(path: String) throws {
        let fixture = try Fixture()
        #expect(try fixture.run(fixture.request(["test", "-e", path])).exitCode == 1)
    }

    @Test("programs and configuration can be read and not written")
    func system() throws {
        let fixture = try Fixture()
        let outcome = try fixture.run(
            fixture.shell("test -r /etc/passwd && test -x /usr/bin/env && ! touch /usr/x /etc/x /x")
        )
        #expect(outcome.exitCode == 0)
        #expect(!fixture.output.errors.isEmpty)
    }

    @Test("what only root may read in /etc is masked")
    func secrets() throws {
        let fixture = try Fixture()
        for path in SystemView.secrets() {
            #expect(try fixture.run(fixture.request(["cat", path])).exitCode != 0, "\(path)")
        }
        #expect(fixture.output.text.isEmpty)
    }

    @Test("kernel settings cannot be written, by root neither")
    func kernelSettings() throws {
        let fixture = try Fixture()
        #expect(try fixture.text("test -w /proc/sys/kernel/core_pattern || echo refused").contains("refused"))
        #expect(try fixture.text("(: >> /proc/sys/kernel/hostname) 2>/dev/null || echo kept").contains("kept"))
    }

    @Test("temporary files are private, and /var/tmp is the same place")
    func temporary() throws {
        let fixture = try Fixture()
        #expect(try fixture.text("ls -A /tmp; echo t > /var/tmp/a; cat /tmp/a") == "t\n")
        #expect(fixture.content("/tmp/a") == "t\n")
    }

    @Test("the environment is exactly what was given, and PWD")
    func environment() throws {
        let fixture = try Fixture()
        var request = fixture.request(["/usr/bin/env"])
        request.environment = [EnvironmentVariable("A", "1 2"), EnvironmentVariable("LD_PRELOAD", "")]
        #expect(try fixture.run(request).succeeded)
        let lines = Set(fixture.output.text.split(separator: "\n").map(String.init))
        #expect(lines == ["A=1 2", "LD_PRELOAD=", "PWD=" + fixture.project])
    }

    @Test("processes are its own and it has no capabilities and no new privileges")
    func privileges() throws {
        let fixture = try Fixture()
        let text = try fixture.text("grep -E 'CapEff|NoNewPrivs' /proc/self/status; ls -d /proc/[0-9]* | wc -l")
        #expect(text.contains("CapEff:\t0000000000000000") && text.contains("NoNewPrivs:\t1"))
        #expect((Int(text.split(separator: "\n").last ?? "") ?? 99) < 8)
    }

    @Test("mounts open exactly what they name, hidden paths stay masked inside them")
    func mounts() throws {
        let fixture = try Fixture()
        try Files.makeFolder(fixture.root + "/lower/store")
        try Files.write([120], to: fixture.root + "/lower/store/key")
        try Files.write([121], to: fixture.root + "/lower/open")
        var request = fixture.shell("cat /srv/m/open; cat /srv/m/store/key || echo hidden; touch /srv/m/n || echo kept")
        request.mounts = [Mount(host: fixture.root + "/lower", target: "/srv/m", writable: false)]
        request.hidden = [fixture.root + "/lower/store", "/nowhere/at/all"]
        _ = try fixture.run(request)
        #expect(fixture.output.text == "yhidden\nkept\n")
    }

    @Test("a hidden path stays masked where a mount shows it again inside another mask")
    func maskInMask() throws {
        let fixture = try Fixture()
        let outer = fixture.root + "/lower/outer"
        for path in [outer + "/key", outer + "/open/file", outer + "/open/inner/key"] {
            try Files.makeFolder(Files.parent(of: path))
            try Files.write([120], to: path)
        }
        var request = fixture.shell(
            "cd /srv/m/outer; cat key || echo no; cat open/file; cat open/inner/key || echo no; touch open/inner/x || echo no"
        )
        request.mounts = [
            Mount(host: fixture.root + "/lower", target: "/srv/m", writable: false),
            Mount(host: outer + "/open", target: "/srv/m/outer/open", writable: true),
        ]
        request.hidden = [outer, outer + "/open/inner"]
        _ = try fixture.run(request)
        #expect(fixture.output.text == "no\nxno\nno\n")
    }

    @Test(
        "a link that a step left is not followed to where a mount would be put",
        arguments: ["/home", "/workspace"],
        ["way", "way/deep"]
    )
    func linkedMountPoint(place: String, rest: String) throws {
        let fixture = try Fixture()
        symlink("/oldroot" + fixture.root + "/lower", fixture.root + place + "/way")
        try Files.makeFolder(fixture.root + "/upper/file")
        var request = fixture.request(["true"])
        let target = (place == "/home" ? fixture.home : fixture.project) + "/" + rest
        request.mounts = [Mount(host: fixture.root + "/upper", target: target, writable: false)]
        #expect { try fixture.run(request) } throws: { ($0 as? SandboxFailure)?.code == "SANDBOX_REQUEST_INVALID" }
        #expect(try Files.names(in: fixture.root + "/lower").isEmpty)
    }

    @Test("an open file runs in place of the program, though its path is not there", arguments: SandboxLevel.allCases)
    func openProgram(level: SandboxLevel) throws {
        let fixture = try Fixture()
        var request = level == .strict ? fixture.request(["gone", "hello"]) : fixture.bare(["gone", "hello"])
        // Copied by another program: a file that is open for writing does not run, and a process that a test beside this one
        // starts would inherit our descriptor.
        let copy = fixture.root + "/workspace/echo"
        #expect(try fixture.text("cp /bin/echo echo") == "")
        request.program = try Descriptor.open(copy, O_RDONLY)
        try Files.remove(copy)
        #expect(try fixture.run(request).succeeded)
        #expect(fixture.output.text == "hello\n")
    }

    @Test("opening the whole disk hides stores still, and keeps home and /tmp private")
    func wholeDisk() throws {
        let fixture = try Fixture()
        let script = "test -d /boot && ls -A /tmp /usr/share/doc; cat /etc/shadow 2>/dev/null || echo no; pwd; ls -A ~"
        var request = fixture.shell(script)
        request.mounts = [Mount(host: "/", target: "/", writable: false)]
        request.workdir = "/srv"
        request.home = Mount(host: fixture.root + "/home", target: "/opt", writable: true)
        request.environment[1] = EnvironmentVariable("HOME", "/opt")
        request.hidden = ["/usr/share/doc"]
        #expect(try fixture.run(request).succeeded)
        #expect(fixture.output.text == "/tmp:\n\n/usr/share/doc:\nno\n/srv\n")
    }

    @Test("without a network nothing but an own loopback is there")
    func network() throws {
        let fixture = try Fixture()
        #expect(
            try fixture.text("tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '; wc -l < /proc/net/route") == "lo\n1\n"
        )
    }

    @Test("with the host's network its devices are there")
    func hostNetwork() throws {
        let fixture = try Fixture()
        var request = fixture.shell("readlink /proc/self/ns/net")
        request.network = .host
        #expect(try fixture.run(request).succeeded)
        #expect(fixture.output.text == (SystemView.link("/proc/self/ns/net") ?? "") + "\n")
    }

    @Test("the path of the workspace cannot cover the system", arguments: ["/", "/proc/x", "/usr", "/dev", "/etc"])
    func reserved(path: String) throws {
        let fixture = try Fixture()
        var request = fixture.request(["true"])
        request.workdir = path
        #expect(throws: SandboxFailure.self) { try fixture.run(request) }
    }

    @Test("a path to open that does not exist is named")
    func missing() throws {
        let fixture = try Fixture()
        var request = fixture.request(["true"])
        request.mounts = [Mount(host: "/no/such", target: "/no/such", writable: false)]
        #expect(throws: SandboxFailure.invalid("/no/such, which the step is to see, does not exist")) {
            try fixture.run(request)
        }
    }
}
