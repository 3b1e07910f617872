internal import ArgumentParser
internal import SwarmContracts
internal import SwarmEngine

struct PlanGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Look before a run.",
        subcommands: [PlanShow.self]
    )
}

struct PlanShow: Verb {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Say what `run launch` would do with these options, and do nothing.",
        discussion: """
            The same as `swarm run launch --dry-run`: of a run on this machine the sandbox, the policy and what is opened; of \
            one on a backend the request.

              swarm plan show --allow-read ~/.cargo -- cargo test
            """
    )

    @OptionGroup var global: GlobalOptions
    @OptionGroup var step: StepOptions

    func perform(_ context: Context) throws -> Int32 {
        var look = step
        look.dryRun = true
        return try StepCommand(context: context, step: look, operation: .launch).perform()
    }
}

/// Shows a plan.
struct PlanReport {
    let context: Context

    func show(_ plan: RunPlanReport) -> Int32 {
        if context.console.json {
            context.console.write([
                "operation": .string(plan.operation.rawValue), "parent_node_id": JSONValue(plan.parent?.description),
                "directory": JSONValue(plan.directory), "command": .string(plan.command), "policy": plan.policy.value,
                "policy_hash": .string(plan.policyHash.description), "sandbox": .string(plan.sandbox),
                "workdir": .string(plan.workdir), "workspace_method": .string(plan.method),
                "opened": .array(
                    plan.opened.map { ["path": .string($0.path), "writable": .bool($0.writable)] }
                ),
                "passed": .array(plan.passed.map { ["name": .string($0.name), "set": .bool($0.isSet)] }),
            ])
            return 0
        }
        var lines = [
            ("operation", plan.operation.rawValue),
            ("from", plan.parent?.description ?? "\(plan.directory ?? ""), as it is now"),
            ("command", PlainText.line(plan.command)),
            ("sandbox", plan.sandbox), ("workspace", "\(plan.method), at \(plan.workdir)"),
            ("route", plan.policy.routeMode.rawValue),
            ("time limit", Quantity.duration(Int64(min(plan.policy.limits.maxRuntimeSec, 1 << 50)) * 1000)),
            ("policy", plan.policyHash.description),
        ]
        for (path, writable) in plan.opened { lines.append((writable ? "may write" : "may read", path)) }
        for (name, isSet) in plan.passed { lines.append(("passes", name + (isSet ? "" : " (not set)"))) }
        context.console.write(Table.pairs(lines))
        return 0
    }
}

struct Backend: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backend",
        abstract: "Speak to one backend directly.",
        subcommands: [BackendLocal.self, BackendGitHub.self]
    )
}

struct BackendLocal: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "local",
        abstract: "This machine.",
        subcommands: [BackendLocalExecute.self]
    )
}

struct BackendLocalExecute: Verb {
    static let configuration = CommandConfiguration(
        commandName: "execute",
        abstract: "Run a step on this machine: `run launch --backend local`.",
        discussion: "For scripts that name the backend first. The options are those of `swarm run launch`."
    )

    @OptionGroup var global: GlobalOptions
    @OptionGroup var step: StepOptions

    func perform(_ context: Context) throws -> Int32 {
        try step.rules.requireBackend("local")
        return try StepCommand(context: context, step: step, operation: .launch).performHere()
    }
}
