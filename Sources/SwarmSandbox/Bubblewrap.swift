internal import CSandbox
internal import Glibc
internal import SwarmPlatform

/// Where bubblewrap is, and what it means when it fails.
enum Bubblewrap {
    /// The program, looked for where systems keep it before `PATH` is asked.
    static func find() -> String? {
        let folders = ["/usr/bin", "/usr/local/bin", "/bin"]
        let path = (Environment.value("PATH") ?? "").split(separator: ":").map(String.init).filter { $0.hasPrefix("/") }
        return (folders + path).map { $0 + "/bwrap" }.first { access($0, X_OK) == 0 }
    }

    static let notInstalled = SandboxFailure.unavailable(
        reason: "bubblewrap is not installed",
        hint: "install the package bubblewrap, or allow --sandbox none in the policy"
    )

    private static let namespaceWords = [
        "namespace", "uid map", "gid map", "setgroups", "RTM_NEWADDR", "RTM_NEWLINK", "uid_map",
        "Failed to make / slave",
        "setcap", "unexpected capabilities",
    ]

    /// The failure behind bubblewrap's words, which it said before the step began.
    static func failure(_ words: String) -> SandboxFailure {
        let line = words.split(separator: "\n").last.map(String.init) ?? "bubblewrap ended without a word"
        let reason = line.hasPrefix("bwrap: ") ? String(line.dropFirst(7)) : line
        let parts = namespaceWords.filter { word in
            reason.indices.contains { reason[$0...].hasPrefix(word) }
        }
        return parts.isEmpty ? .setup(reason) : .unavailable(reason: reason, hint: namespaceAdvice())
    }

    /// The setting that keeps user namespaces from ordinary users here, as far as it can be told.
    static func namespaceAdvice() -> String {
        if setting("kernel/apparmor_restrict_unprivileged_userns") == "1" {
            return "give bwrap an AppArmor profile that allows userns, or: "
                + "sysctl kernel.apparmor_restrict_unprivileged_userns=0"
        }
        if setting("kernel/unprivileged_userns_clone") == "0" { return "sysctl kernel.unprivileged_userns_clone=1" }
        if setting("user/max_user_namespaces") == "0" { return "sysctl user.max_user_namespaces=15000" }
        return "allow user namespaces to this account (in a container: its seccomp profile), "
            + "or allow --sandbox none in the policy"
    }

    private static func setting(_ name: String) -> String? {
        guard let bytes = try? Files.read("/proc/sys/" + name, limit: 64) else { return nil }
        return String(decoding: bytes.prefix { $0 != 10 }, as: UTF8.self)
    }
}

/// The engine of strict sandboxes, for the certificate and `doctor`.
package enum SandboxEngine {
    /// bubblewrap's version (`0.8.0`), or nil where it is not installed.
    package static func bubblewrapVersion() -> String? {
        guard let program = Bubblewrap.find(), let pipe = try? Pipe(patient: true),
            let null = try? Descriptor.open("/dev/null", O_RDWR)
        else { return nil }
        var spawn = Spawn(input: null.number, output: pipe.writer.number, error: null.number)
        spawn.program = program
        spawn.argv = [program, "--version"]
        guard case .success(let pid) = spawn.start() else { return nil }
        pipe.writer.close()
        let output = (try? Files.read(pipe.reader, limit: 4096)) ?? []
        var end: (code: Int32, signal: Int32) = (-1, -1)
        swarm_reap(pid, 1, &end.code, &end.signal)
        return String(decoding: output, as: UTF8.self).split { $0 == " " || $0 == "\n" }.last.map(String.init)
    }
}
