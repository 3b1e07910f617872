package import SwarmPlatform

/// How much of the machine a step sees.
package enum SandboxLevel: String, Sendable, CaseIterable {
    /// bubblewrap: its own processes, files as listed, capabilities dropped.
    case strict
    /// As the user: only limits, output and teardown are ours.
    case none
}

/// The network that a step in a strict sandbox sees.
package enum NetworkAccess: Sendable, Equatable {
    /// An empty namespace with a loopback device of its own.
    case none
    /// The host's.
    case host
}

/// What becomes the step's workspace.
package enum Workspace: Sendable, Equatable {
    /// A host directory, written in place.
    case directory(String)
    /// An overlay whose changes land in `upper`; `lower[0]` is the topmost. `upper` and `work` exist on one file system.
    case overlay(lower: [String], upper: String, work: String)
}

/// A host path that is opened inside the sandbox.
package struct Mount: Sendable, Equatable {
    /// The path outside.
    package let host: String
    /// The path inside.
    package let target: String
    package let writable: Bool

    package init(host: String, target: String, writable: Bool) {
        self.host = host
        self.target = target
        self.writable = writable
    }
}

/// What a step may use up.
package struct StepLimits: Sendable, Equatable {
    /// Seconds by the wall clock until SIGTERM.
    package var wallSeconds: Int
    /// Memory of all processes together, in bytes, where a cgroup enforces it; of each where rlimits do.
    package var memoryBytes: Int?
    /// Processes and threads at one time.
    package var processes: Int?
    /// Bytes of output handed on; the rest is read and dropped.
    package var outputBytes: Int
    /// Milliseconds between SIGTERM and SIGKILL.
    package var graceMilliseconds: Int

    package init(
        wallSeconds: Int,
        memoryBytes: Int? = nil,
        processes: Int? = nil,
        outputBytes: Int,
        graceMilliseconds: Int = 10_000
    ) {
        self.wallSeconds = wallSeconds
        self.memoryBytes = memoryBytes
        self.processes = processes
        self.outputBytes = outputBytes
        self.graceMilliseconds = graceMilliseconds
    }
}

/// Where the step's standard input comes from.
package enum StepInput: Sendable, Equatable {
    /// /dev/null.
    case null
    /// Swarm's own (`-i`).
    case inherit
    /// A terminal of swarm's own, to which swarm's is forwarded (`-t`).
    case terminal
}

/// A name and value for the step's environment. It has no printable form: values may be secret.
package struct EnvironmentVariable: Sendable, Equatable, CustomStringConvertible {
    package let name: String
    package let value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    package var description: String { "\(name)=[redacted]" }
}

/// One step: what to run, in what, with what limits.
package struct StepRequest: Sendable {
    /// The program and its arguments; a bare name is looked up in `PATH` of `environment`.
    package var argv: [String]
    /// An open file that runs in place of the one that the first word names. Neither has to be visible to the step.
    package var program: Descriptor?
    /// The whole environment. `PWD` is added by the sandbox. Values never stand in an argument list.
    package var environment: [EnvironmentVariable] = []
    package var level: SandboxLevel = .strict
    /// At level `none` the network is the host's whatever is said here.
    package var network: NetworkAccess = .none
    package var workspace: Workspace
    /// The workspace's path inside; at level `none` the directory itself.
    package var workdir: String
    /// The step's home: a host directory and its path inside. Unused at level `none`.
    package var home: Mount
    /// The host directory that becomes /tmp and /var/tmp. Unused at level `none`.
    package var temporary: String
    /// Further host paths; targets may lie inside one another and inside the workspace.
    package var mounts: [Mount] = []
    /// Host paths that stay invisible even where a mount would show them: every store.
    package var hidden: [String] = []
    /// Names or absolute paths of programs that are masked.
    package var blockedTools: [String] = []
    /// Where not empty: the only programs on `PATH`, beside `sh`, `env` and `bash`.
    package var allowedTools: [String] = []
    package var limits: StepLimits
    /// Policy items that may go unenforced: `limits.max_memory_bytes`, `limits.max_processes`, `blocked_tools`,
    /// `allowed_tools`.
    package var advisory: Set<String> = []
    package var input: StepInput = .null
    /// Values that are replaced by `[masked]` wherever the output holds them.
    package var masked: [[UInt8]] = []

    package init(
        argv: [String],
        workspace: Workspace,
        workdir: String,
        home: Mount,
        temporary: String,
        limits: StepLimits
    ) {
        self.argv = argv
        self.workspace = workspace
        self.workdir = workdir
        self.home = home
        self.temporary = temporary
        self.limits = limits
    }
}
