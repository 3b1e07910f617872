import Glibc
import SwarmContracts
import SwarmPlatform
import Testing

@testable import SwarmSandbox

@Suite("What a sandbox enforces", .enabled(if: Machine.strict))
struct EnforcementTests {
    @Test("changes of an overlay land in upper alone, and the host never sees the mount", .enabled(if: Machine.overlay))
    func overlay() throws {
        let fixture = try Fixture()
        try Files.makeFolder(fixture.root + "/lower/top,a:b")
        try Files.makeFolder(fixture.root + "/lower/base")
        try Files.write([98], to: fixture.root + "/lower/base/file")
        try Files.write([98], to: fixture.root + "/lower/base/gone")
        try Files.write([116], to: fixture.root + "/lower/top,a:b/file")
        var request = fixture.shell("cat file; echo changed > file; echo new > new; rm gone; ls")
        request.workspace = .overlay(
            lower: [fixture.root + "/lower/top,a:b", fixture.root + "/lower/base"],
            upper: fixture.root + "/upper",
            work: fixture.root + "/work"
        )
        #expect(try fixture.run(request).succeeded)
        #expect(fixture.output.text == "tfile\nnew\n")
        #expect(fixture.content("/upper/file") == "changed\n" && fixture.content("/upper/new") == "new\n")
        #expect(fixture.content("/lower/base/gone") == "b" && Files.kind(fixture.root + "/upper/gone") == .other)
        let mounts = String(decoding: try Files.read("/proc/self/mountinfo"), as: UTF8.self)
        #expect(
            !mounts.split(separator: "\n").contains {
                $0.hasSuffix("swarm-sandbox-") || $0.split(separator: " ").contains(Substring(fixture.root + "/upper"))
            }
        )
    }

    @Test("an overlay that cannot be mounted is a failure of its own")
    func overlayFailure() throws {
        let fixture = try Fixture()
        var request = fixture.request(["true"])
        request.workspace = .overlay(lower: ["/proc"], upper: "/proc", work: "/proc")
        let failure = #expect(throws: SandboxFailure.self) { try fixture.run(request) }
        #expect(failure?.code == "OVERLAY_UNAVAILABLE")
    }

    @Test("a blocked tool cannot be run under any of its names")
    func blocked() throws {
        let fixture = try Fixture()
        var request = fixture.shell(
            "stat / >/dev/null || echo no; /bin/stat / >/dev/null || echo no; cat /dev/null && echo fine"
        )
        request.blockedTools = ["stat", "not-installed-at-all"]
        _ = try fixture.run(request)
        #expect(fixture.output.text == "no\nno\nfine\n")
    }

    @Test("blocking one name of a program with many is refused")
    func multiCall() throws {
        let fixture = try Fixture()
        let folder = fixture.root + "/lower"
        try Files.write(Array("#!/bin/sh\n".utf8), to: folder + "/busybox", mode: 0o755)
        symlink("busybox", folder + "/toolx")
        let failure = #expect(throws: SandboxFailure.self) {
            try ToolRules(blocked: ["toolx"], allowed: [], path: folder, advisory: [])
        }
        #expect(failure?.code == "POLICY_TOOL_UNENFORCEABLE" && failure?.category == .policy)
        #expect(try ToolRules(blocked: ["toolx"], allowed: [], path: folder, advisory: ["blocked_tools"]).blocked == [])
    }

    @Test("allowed tools are all that is on PATH, beside the shell's own needs")
    func allowed() throws {
        let fixture = try Fixture()
        var request = fixture.shell("cat /dev/null && sh -c 'exit 0' && echo here; ls / || echo none")
        request.allowedTools = ["cat", "not-installed-at-all"]
        _ = try fixture.run(request)
        #expect(fixture.output.text == "here\nnone\n")
    }

    @Test("without a sandbox no rule about programs is claimed")
    func bareRules() throws {
        let fixture = try Fixture()
        var request = fixture.bare(["true"])
        request.blockedTools = ["curl"]
        #expect(throws: SandboxFailure.self) { try fixture.run(request) }
        request.advisory = ["blocked_tools"]
        #expect(try fixture.run(request).succeeded)
    }

    @Test("memory over the limit is refused, and the kernel's kill is told")
    func memory() throws {
        let fixture = try Fixture()
        var request = fixture.shell("x=$(head -c 200000000 /dev/zero | tr '\\0' x); echo ${#x}")
        request.limits.memoryBytes = 64 << 20
        let outcome = try fixture.run(request)
        #expect(!outcome.succeeded && fixture.output.text.isEmpty)
        #expect(outcome.memoryLimitHit == Machine.controlGroups)
        #expect(outcome.limitsEngine != .none && (outcome.limitsEngine == .resourceLimits) != Machine.controlGroups)
    }

    @Test("processes over the limit are refused", arguments: SandboxLevel.allCases)
    func processes(level: SandboxLevel) throws {
        let fixture = try Fixture()
        let script = "for i in 1 2 3 4 5 6 7 8 9; do sleep 30 & done; wait; echo all"
        var request = level == .strict ? fixture.shell(script) : fixture.bare(["sh", "-c", script])
        request.limits.processes = 4
        guard Machine.controlGroups || (level == .strict && !Machine.isRoot) else {
            let failure = #expect(throws: SandboxFailure.self) { try fixture.run(request) }
            #expect(failure == .limitUnenforceable(item: "limits.max_processes"))
            request.advisory = ["limits.max_processes"]
            request.argv = ["true"]
            #expect(try fixture.run(request).limitsEngine == LimitsEngine.none)
            return
        }
        let outcome = try fixture.run(request)
        #expect(!fixture.output.text.contains("all"))
        #expect(outcome.limitsEngine != .none && outcome.exitCode != 0)
    }

    @Test("a failed step is told what was not to be seen, written or reached")
    func hints() throws {
        let fixture = try Fixture()
        try Files.write([120], to: fixture.root + "/lower/file")
        let path = fixture.root + "/lower/file"
        let script =
            "cat \(path); touch /usr/share/x; getent hosts example.org; echo 'Could not resolve host' >&2; exit 1"
        let outcome = try fixture.run(fixture.shell(script))
        let flags = Set(outcome.refusals.compactMap(\.flag))
        #expect(flags.isSuperset(of: ["--allow-write /usr/share/x", "--route-mode direct"]))
        var request = fixture.shell("cat /boot/../proc/cmdline /boot; exit 1")
        request.network = .host
        #expect(try fixture.run(request).refusals.contains { $0.flag == "--allow-read /boot" })
        #expect(try fixture.run(fixture.shell("echo /boot")).refusals.isEmpty)
    }

    @Test("a machine says what it can do, and leaves nothing behind")
    func probe() throws {
        let fixture = try Fixture()
        let findings = SandboxProbe.examine(directory: fixture.root + "/lower")
        #expect(findings["bubblewrap"]?.works == true)
        #expect(findings.items.count == 6)
        #expect(findings.items.allSatisfy { !$0.detail.isEmpty })
        #expect(try Files.names(in: fixture.root + "/lower").isEmpty)
    }

    @Test("bubblewrap's complaints about namespaces mean that there is no sandbox here")
    func complaints() {
        let refused = Bubblewrap.failure("bwrap: setting up uid map: Permission denied\n")
        #expect(refused.code == "SANDBOX_UNAVAILABLE" && refused.category.exitCode == 6 && refused.hint != nil)
        #expect(Bubblewrap.failure("bwrap: Can't mkdir /x: Read-only file system\n").code == "SANDBOX_SETUP_FAILED")
    }
}

@Suite("Where a program is installed")
struct ToolDiscoveryTests {
    private func make(_ path: String, _ text: String) throws {
        try Files.makeFolder(Files.parent(of: path))
        try Files.write(Array(text.utf8), to: path, mode: 0o755)
    }

    @Test("links, interpreters and the folders around them are found; the home itself is not opened")
    func discovery() throws {
        let fixture = try Fixture()
        let home = fixture.root + "/home"
        try make(home + "/.nvm/versions/node/v20/bin/node", "elf")
        try make(home + "/.nvm/versions/node/v20/lib/node_modules/agent/cli.js", "#!/usr/bin/env node\n")
        try make(home + "/.local/share/x/versions/1/bin/x", "elf")
        try Files.makeFolder(home + "/.local/bin")
        symlink("../share/x/versions/1/bin/x", home + "/.local/bin/x")
        symlink("../lib/node_modules/agent/cli.js", home + "/.nvm/versions/node/v20/bin/agent")
        try make(home + "/.cargo/bin/tool", "elf")
        let path = [home + "/.local/bin", home + "/.nvm/versions/node/v20/bin", "/usr/bin", home + "/none"].joined(
            separator: ":"
        )
        func hosts(_ program: String) -> [String] {
            ToolDiscovery.mounts(program: program, path: path, home: home).map { String($0.host.dropFirst(home.count)) }
        }
        #expect(hosts("x") == ["/.local/bin", "/.local/share/x/versions/1", "/.nvm/versions/node/v20/bin"])
        #expect(hosts("agent") == ["/.local/bin", "/.nvm/versions/node/v20"])
        #expect(hosts(home + "/.cargo/bin/tool") == ["/.cargo/bin", "/.local/bin", "/.nvm/versions/node/v20/bin"])
        #expect(hosts("cat") == ["/.local/bin", "/.nvm/versions/node/v20/bin"])
        #expect(ToolDiscovery.prefix(of: home + "/run.sh", home: home) == home + "/run.sh")
        func narrow(_ program: String, closed: String...) -> String {
            ToolDiscovery.prefix(of: home + program, home: home) { closed.contains(String($0.dropFirst(home.count))) }
        }
        #expect(narrow("/src/other/bin/tool", closed: "/src/other") == home + "/src/other/bin")
        #expect(narrow("/a/b/bin/tool", closed: "/a/b", "/a/b/bin") == home + "/a/b/bin/tool")
    }
}
