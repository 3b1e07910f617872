internal import CSandbox
internal import Glibc
internal import SwarmPlatform

/// One thing that a machine can or cannot do for a sandbox.
package struct SandboxFinding: Sendable, Equatable {
    /// `bubblewrap`, `user_namespaces`, `overlay`, `cgroup_v2`, `cgroup_v1` or `reflink`.
    package let name: String
    package let works: Bool
    /// What was found, in one sentence.
    package let detail: String
    /// What to do about it; nil where it works or is no loss.
    package let advice: String?
}

/// What a machine can enforce.
package struct SandboxFindings: Sendable, Equatable {
    package let items: [SandboxFinding]

    /// The finding of that name.
    package subscript(name: String) -> SandboxFinding? { items.first { $0.name == name } }
}

/// Tries out what this machine can do, for `doctor`. Nothing is left behind.
package enum SandboxProbe {
    /// Tries everything; overlay and reflink with files made in `directory`.
    package static func examine(directory: String) -> SandboxFindings {
        SandboxFindings(items: [
            bubblewrap(), namespaces(), overlay(directory),
            group("cgroup_v2", .controlGroup2), group("cgroup_v1", .controlGroup1), reflink(directory),
        ])
    }

    private static func bubblewrap() -> SandboxFinding {
        guard let path = Bubblewrap.find(), let version = SandboxEngine.bubblewrapVersion() else {
            return SandboxFinding(
                name: "bubblewrap",
                works: false,
                detail: "bwrap is not installed",
                advice: "install the package bubblewrap"
            )
        }
        return SandboxFinding(name: "bubblewrap", works: true, detail: "\(path), version \(version)", advice: nil)
    }

    private static func namespaces() -> SandboxFinding {
        let works = attempt {
            $0.userNamespace = true; $0.namespaceOnly = true
        }
        return SandboxFinding(
            name: "user_namespaces",
            works: works,
            detail: works ? "this account can make user namespaces" : "this account cannot make user namespaces",
            advice: works ? nil : Bubblewrap.namespaceAdvice()
        )
    }

    private static func overlay(_ directory: String) -> SandboxFinding {
        let works = canMountOverlay(in: directory)
        return SandboxFinding(
            name: "overlay",
            works: works,
            detail: works ? "overlays can be mounted here" : "overlays cannot be mounted here: workspaces are copied",
            advice: works ? nil : "keep the store on ext4, xfs or btrfs, with Linux 5.11 or newer"
        )
    }

    private static func group(_ name: String, _ engine: LimitsEngine) -> SandboxFinding {
        let group = ControlGroup.make(memory: 1 << 30, processes: 1000)
        group?.close()
        let works = group?.engine == engine
        let advice = "run under systemd with Delegate=yes, or list the limits under the policy's \"advisory\""
        return SandboxFinding(
            name: name,
            works: works,
            detail: works ? "limits of memory and processes can be held" : "not used here",
            advice: works || group != nil ? nil : advice
        )
    }

    private static func reflink(_ directory: String) -> SandboxFinding {
        let works = withFolder(in: directory) { folder in
            guard let source = try? Descriptor.open(folder + "/a", O_RDWR | O_CREAT),
                let target = try? Descriptor.open(folder + "/b", O_RDWR | O_CREAT)
            else { return false }
            _ = try? source.write([UInt8](repeating: 1, count: 4096))
            return swarm_sandbox_reflink(target.number, source.number) == 0
        }
        let detail = works ? "copies can share their blocks" : "copies cannot share their blocks"
        return SandboxFinding(name: "reflink", works: works, detail: detail, advice: nil)
    }

    /// Whether a process gets through the preparation given.
    fileprivate static func attempt(_ prepare: (inout Spawn) -> Void) -> Bool {
        guard let null = try? Descriptor.open("/dev/null", O_RDWR) else { return false }
        var spawn = Spawn(input: null.number, output: null.number, error: null.number)
        prepare(&spawn)
        guard case .success(let pid) = spawn.start() else { return false }
        var end: (code: Int32, signal: Int32) = (-1, -1)
        swarm_reap(pid, 1, &end.code, &end.signal)
        return end.code == 0
    }

    fileprivate static func withFolder(in directory: String, _ body: (String) -> Bool) -> Bool {
        let digits = Randomness.bytes(8).map { String($0, radix: 16) }.joined()
        let folder = "\(directory)/.probe-\(digits)"
        guard mkdir(folder, 0o700) == 0 else { return false }
        defer {
            // The kernel makes these folders, which nobody may enter, and in the last one the mark of a volatile overlay.
            let made = ["work/work", "work/work/incompat", "work/work/incompat/volatile"]
            for name in made { chmod("\(folder)/\(name)", 0o700) }
            unlink("\(folder)/work/work/incompat/volatile/dirty")
            for name in made.reversed() + ["lower", "upper", "work"] { rmdir("\(folder)/\(name)") }
            for name in ["a", "b"] { unlink("\(folder)/\(name)") }
            rmdir(folder)
        }
        return body(folder)
    }
}

/// Whether an overlay can be mounted with its directories in `directory`. Costs a process: keep the answer.
package func canMountOverlay(in directory: String) -> Bool {
    SandboxProbe.withFolder(in: directory) { folder in
        for name in ["lower", "upper", "work"] where mkdir("\(folder)/\(name)", 0o700) != 0 { return false }
        return SandboxProbe.attempt {
            $0.userNamespace = !SystemView.mayMount
            $0.overlay = ([folder + "/lower"], folder + "/upper", folder + "/work")
        }
    }
}
