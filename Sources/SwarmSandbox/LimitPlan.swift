internal import Glibc

/// What holds the limits of one run.
struct LimitPlan {
    private(set) var engine: LimitsEngine = .none
    private(set) var group: ControlGroup?
    /// For rlimits; nil where a cgroup holds it or nothing does.
    private(set) var memory: Int?
    private(set) var processes: Int?

    /// Of a strict sandbox: bubblewrap and the first process of the namespace are in the group too.
    private static let ownProcesses = 2

    /// Throws where an item can be held by nothing and is not listed as advice.
    init(_ request: StepRequest) throws(SandboxFailure) {
        let limits = request.limits
        guard limits.memoryBytes != nil || limits.processes != nil else { return }
        let strict = request.level == .strict
        let processes = limits.processes.map { $0 + (strict ? LimitPlan.ownProcesses : 0) }
        if let group = ControlGroup.make(memory: limits.memoryBytes, processes: processes) {
            self.group = group
            engine = group.engine
            return
        }
        // RLIMIT_NPROC counts the processes of a user namespace, and the host's root not at all; RLIMIT_AS can be raised
        // again by a process that kept its capabilities.
        let contained = geteuid() != 0
        if let wanted = limits.memoryBytes {
            if strict || contained {
                memory = wanted
            } else if !request.advisory.contains("limits.max_memory_bytes") {
                throw .limitUnenforceable(item: "limits.max_memory_bytes")
            }
        }
        if let wanted = limits.processes {
            if strict && contained && !SystemView.mayMount {
                self.processes = wanted + 1
            } else if !request.advisory.contains("limits.max_processes") {
                throw .limitUnenforceable(item: "limits.max_processes")
            }
        }
        engine = memory != nil || self.processes != nil ? .resourceLimits : .none
    }
}
