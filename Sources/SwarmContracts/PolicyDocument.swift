/// `policy.json` (`agent_swarm-policy-v1`): what a step was allowed to do. Its hash stands in the certificate.
package struct PolicyDocument: Document {
    package static let name = "policy"
    static let schemaVersion = "agent_swarm-policy-v1"

    package var policyID: String
    package var routeMode: RouteMode
    package var allowedTools: [String]
    package var blockedTools: [String]
    package var limits: Limits
    package var network: Network
    package var files: FileAccess?
    /// The program whose login files the step gets a private copy of: `claude`, `codex`.
    package var login: String?
    package var env: Env?
    /// What need not be enforced: paths of members (`limits.max_processes`), and `sandbox`, which allows level `none`.
    package var advisory: [String]?
    package var provenance: Provenance

    package init(
        policyID: String,
        routeMode: RouteMode,
        allowedTools: [String] = [],
        blockedTools: [String] = [],
        limits: Limits,
        network: Network = Network(),
        files: FileAccess? = nil,
        login: String? = nil,
        env: Env? = nil,
        advisory: [String]? = nil,
        provenance: Provenance
    ) {
        self.policyID = policyID
        self.routeMode = routeMode
        self.allowedTools = allowedTools
        self.blockedTools = blockedTools
        self.limits = limits
        self.network = network
        self.files = files
        self.login = login
        self.env = env
        self.advisory = advisory
        self.provenance = provenance
    }

    package init(members: MemberReader) throws(DocumentFailure) {
        _ = try members.required("schema_version", .constant(PolicyDocument.schemaVersion))
        policyID = try members.required("policy_id", .text)
        routeMode = try members.required("route_mode", .word)
        allowedTools = try members.required("allowed_tools", .texts)
        blockedTools = try members.required("blocked_tools", .texts)
        limits = try Limits(members: members.object("limits"))
        network = try Network(members: members.object("network"))
        files = try members.optionalObject("files").map(FileAccess.init(members:))
        login = try members.optional("login", .text)
        env = try members.optionalObject("env").map(Env.init(members:))
        advisory = try members.optional("advisory", .texts)
        provenance = try Provenance(members: members.object("provenance"))
    }

    package var value: JSONValue {
        .members([
            "schema_version": .string(PolicyDocument.schemaVersion), "policy_id": .string(policyID),
            "route_mode": .word(routeMode), "allowed_tools": .texts(allowedTools),
            "blocked_tools": .texts(blockedTools), "limits": limits.value, "network": network.value,
            "files": files?.value, "login": login.map { .string($0) }, "env": env?.value,
            "advisory": advisory.map { .texts($0) }, "provenance": provenance.value,
        ])
    }

    /// Whether the policy says that `item` need not be enforced.
    package func isAdvisory(_ item: String) -> Bool { advisory?.contains { $0.isExactly(item) } ?? false }

    /// The policy of a run that names none. Its canonical bytes stand in docs/policy.md.
    package static let `default` = PolicyDocument(
        policyID: "default",
        routeMode: .direct,
        limits: Limits(maxRuntimeSec: 86_400, maxRetries: 0, maxOutputBytes: 64 << 20),
        provenance: Provenance(generator: "swarm", generatedAt: LogicalTime.text(step: 0))
    )
}
