internal import SwarmContracts
internal import SwarmPlatform
internal import SwarmSandbox

/// What `run recover` needs of a run whose process is gone: its request and policy as they were hashed. It lies in the
/// run's work folder, mode 0600, and goes with it.
struct RecoveryNote {
    let request: RunRequest
    let policy: PolicyDocument
    let command: String
    let sandbox: SandboxLevel
    let source: NodeID?
    /// Why it began elsewhere than at its parent.
    let coldStartReason: String?
    /// The start of the machine under which the step ran (`Machine.bootID`); empty where the system does not tell.
    let boot: [UInt8]

    init(_ plan: RunPlan, source: NodeID? = nil, coldStartReason: String? = nil) {
        request = plan.request
        policy = plan.capsule.document
        command = RunSummary.command(plan.options)
        sandbox = plan.options.sandbox
        self.source = source
        self.coldStartReason = coldStartReason
        boot = Machine.bootID ?? []
    }

    /// Whether the step was given what its output must not show.
    var holdsSecrets: Bool { policy.login != nil || !(policy.env?.pass ?? []).isEmpty }

    /// What whoever recovers the run should know.
    var warnings: [String] {
        guard let now = Machine.bootID, !boot.isEmpty, boot != now else { return [] }
        return ["the machine has been started since: what the step wrote last may be missing or cut"]
    }

    func encode() -> [UInt8] {
        CanonicalJSON.encode([
            "request": request.value, "policy": policy.value, "command": .string(command),
            "sandbox": .string(sandbox.rawValue), "source": JSONValue(source?.description),
            "cold_start": JSONValue(coldStartReason), "boot": .string(Hex.encode(boot)),
        ])
    }

    init(decoding bytes: [UInt8], file: String) throws {
        let damaged = EngineFailure.documentDamaged(file: file, reason: "it is not a run's request")
        guard let value = try? JSONParser.parse(bytes), let request = value["request"], let policy = value["policy"],
            let command = value["command"]?.text,
            let sandbox = value["sandbox"]?.text.flatMap(SandboxLevel.init(rawValue:))
        else { throw damaged }
        self.request = try RunRequest(reading: CanonicalJSON.encode(request))
        self.policy = try PolicyDocument(reading: CanonicalJSON.encode(policy))
        self.command = command
        self.sandbox = sandbox
        source = value["source"]?.text.flatMap { NodeID($0) }
        coldStartReason = value["cold_start"]?.text
        boot = value["boot"]?.text.flatMap { Hex.decode($0) } ?? []
    }
}
