/// bubblewrap's options for a layout.
///
/// They reach it through a file in memory (`--args`), and so does the environment: no value stands in an argument list,
/// and no variable of the step's (`LD_PRELOAD`) acts on bubblewrap, which runs outside the sandbox.
enum BubblewrapArguments {
    /// The options, in order. `statusDescriptor` and `blockDescriptor` are numbers in the child.
    static func options(
        _ request: StepRequest,
        layout: SandboxLayout,
        environment: [EnvironmentVariable],
        statusDescriptor: Int32,
        blockDescriptor: Int32?,
        userNamespace: Bool
    ) -> [String] {
        var options = ["--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
        if userNamespace { options.append("--unshare-user") }
        if request.network == .none { options.append("--unshare-net") }
        options += ["--die-with-parent", "--cap-drop", "ALL", "--new-session"]
        options += ["--json-status-fd", String(statusDescriptor)]
        if let blockDescriptor { options += ["--block-fd", String(blockDescriptor)] }
        for operation in layout.operations { options += words(operation) }
        if !request.mounts.contains(where: { $0.target == "/" }) { options += ["--remount-ro", "/"] }
        options += ["--remount-ro", "/dev"]
        for case .maskFolder(let path) in layout.operations { options += ["--remount-ro", path] }
        options += ["--chdir", request.workdir, "--clearenv"]
        for variable in environment { options += ["--setenv", variable.name, variable.value] }
        return options
    }

    private static func words(_ operation: SandboxOperation) -> [String] {
        switch operation {
        case .bind(let mount): [mount.writable ? "--bind" : "--ro-bind", mount.host, mount.target]
        case .link(let target, let path): ["--symlink", target, path]
        case .folder(let path): ["--dir", path]
        case .maskFolder(let path), .memory(let path): ["--tmpfs", path]
        case .maskFile(let path): ["--ro-bind", "/dev/null", path]
        case .processes: ["--proc", "/proc"]
        case .devices: ["--dev", "/dev"]
        }
    }

    /// The options as `--args` wants them.
    static func encode(_ options: [String]) -> [UInt8] {
        options.flatMap { Array($0.utf8) + [0] }
    }
}
