internal import SwarmContracts
internal import SwarmPlatform
internal import SwarmSandbox

/// Turns a run's plan and work folder into what the sandbox takes.
struct StepAssembly {
    let store: Store
    let plan: RunPlan
    let preparation: RunPreparation
    let host: HostContext
    let folder: RunFolder

    /// Where the step finds its state database, output and metrics inside a strict sandbox.
    static let exchange = "/run/swarm"

    func request() throws -> StepRequest {
        let policy = plan.capsule.document
        let strict = plan.options.sandbox == .strict
        let workdir = strict ? plan.options.workdir ?? store.layout.project : folder.workspace
        var request = StepRequest(
            argv: plan.options.words,
            workspace: preparation.workspace,
            workdir: workdir,
            home: Mount(host: folder.home, target: host.home, writable: true),
            temporary: folder.temporary,
            limits: StepLimits(
                wallSeconds: policy.limits.maxRuntimeSec,
                memoryBytes: policy.limits.maxMemoryBytes,
                processes: policy.limits.maxProcesses,
                outputBytes: policy.limits.maxOutputBytes ?? StepAssembly.defaultOutput
            )
        )
        request.environment = environment(strict: strict)
        request.level = strict ? .strict : .none
        request.network = policy.routeMode == .direct ? .host : .none
        request.mounts = mounts(strict: strict)
        request.hidden = [store.layout.root, host.home + "/.swarm"] + plan.capsule.search.stores
        request.blockedTools = policy.blockedTools
        request.allowedTools = policy.allowedTools
        request.advisory = Set(policy.advisory ?? [])
        request.input = plan.options.input
        request.masked = plan.masked(with: preparation.secrets)
        return request
    }

    /// 64 MiB, as the default policy has it.
    static let defaultOutput = 64 << 20

    private func mounts(strict: Bool) -> [Mount] {
        guard strict else { return [] }
        return [Mount(host: folder.exchange, target: StepAssembly.exchange, writable: true)]
            + plan.capsule.read.map { Mount(host: $0, target: $0, writable: false) }
            + plan.capsule.write.map { Mount(host: $0, target: $0, writable: true) }
    }

    private func environment(strict: Bool) -> [EnvironmentVariable] {
        let exchange = strict ? StepAssembly.exchange : folder.exchange
        var variables = [
            EnvironmentVariable("PATH", host.path), EnvironmentVariable("HOME", host.home),
            EnvironmentVariable("LANG", host.language ?? "C.UTF-8"),
            EnvironmentVariable("SWARM_RUN_ID", plan.id.description),
            EnvironmentVariable("SWARM_NODE_ID", plan.parent.id.description),
            EnvironmentVariable("SWARM_STATE_DB", exchange + "/state.db"),
            EnvironmentVariable("SWARM_OUTPUT", exchange + "/output"),
            EnvironmentVariable("SWARM_METRICS", exchange + "/metrics.json"),
        ]
        if let terminal = host.terminal { variables.append(EnvironmentVariable("TERM", terminal)) }
        if !strict { variables.append(EnvironmentVariable("TMPDIR", folder.temporary)) }
        let own = Set(variables.map(\.name))
        for (name, value) in plan.passed {
            if own.contains(name) { variables.removeAll { $0.name == name } }
            variables.append(EnvironmentVariable(name, value))
        }
        return variables
    }
}

extension RunPlan {
    /// What must not appear in output and response: `secrets`, those of the login files, and passed values of 8 bytes or more
    /// that are not of the step's ordinary surroundings.
    func masked(with secrets: [[UInt8]]) -> [[UInt8]] {
        let ordinary: Set<String> = ["PATH", "HOME", "LANG", "TERM"]
        let values = passed.filter { !ordinary.contains($0.name) }.map { Array($0.value.utf8) }
        return values.filter { $0.count >= 8 } + secrets
    }
}
