/// What was asked of a run (`swarm-run-request-v1`). It is never stored: its hash is the certificate's `request_hash`.
package struct RunRequest: Document {
    package static let name = "request"
    static let schemaVersion = "swarm-run-request-v1"

    package let operation: Operation
    package let runID: RunID
    package let parentNodeID: NodeID
    /// The step and its arguments; one element where a shell takes it, none where no step runs.
    package let arguments: [String]
    package let shell: Bool
    /// The names of the environment variables that are passed, sorted by their bytes.
    package let environmentNames: [String]
    /// A keyed digest of those variables' values.
    package let environmentDigest: Digest256
    package let image: String?
    package let routeMode: RouteMode
    package let limits: PolicyDocument.Limits
    package let allowColdStart: Bool
    package let allowDirectFallback: Bool
    package let workflowRef: String
    package let policyHash: Digest256
    /// From the child's key, so that nobody without it can confirm a guessed prompt.
    package let salt: [UInt8]

    package init(
        operation: Operation,
        runID: RunID,
        parentNodeID: NodeID,
        arguments: [String],
        shell: Bool,
        environmentNames: [String],
        environmentDigest: Digest256,
        image: String?,
        routeMode: RouteMode,
        limits: PolicyDocument.Limits,
        allowColdStart: Bool,
        allowDirectFallback: Bool,
        workflowRef: String,
        policyHash: Digest256,
        salt: [UInt8]
    ) {
        self.operation = operation
        self.runID = runID
        self.parentNodeID = parentNodeID
        self.arguments = arguments
        self.shell = shell
        self.environmentNames = environmentNames.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        self.environmentDigest = environmentDigest
        self.image = image
        self.routeMode = routeMode
        self.limits = limits
        self.allowColdStart = allowColdStart
        self.allowDirectFallback = allowDirectFallback
        self.workflowRef = workflowRef
        self.policyHash = policyHash
        self.salt = salt
    }

    package init(members: MemberReader) throws(DocumentFailure) {
        _ = try members.required("schema_version", .constant(RunRequest.schemaVersion))
        operation = try members.required("operation", .word)
        runID = try members.required("run_id", .runID)
        parentNodeID = try members.required("parent_node_id", .nodeID)
        arguments = try members.required("argv", RunRequest.anyTexts)
        shell = try members.required("shell", .boolean)
        let environment = try members.object("env")
        environmentNames = try environment.required("names", .texts)
        environmentDigest = try environment.required("digest", .digest)
        image = try members.nullable("image", .text)
        routeMode = try members.required("route_mode", .word)
        limits = try PolicyDocument.Limits(members: members.object("limits"))
        let fallback = try members.object("fallback")
        allowColdStart = try fallback.required("cold_start", .boolean)
        allowDirectFallback = try fallback.required("direct", .boolean)
        workflowRef = try members.required("workflow_ref", .text)
        policyHash = try members.required("policy_hash", .digest)
        salt = try members.required("salt", .hexadecimal)
    }

    /// Arguments, which may be empty texts.
    private static var anyTexts: MemberForm<[String]> {
        MemberForm("an array of strings") { value in
            guard let elements = value.elements else { return nil }
            let texts = elements.compactMap(\.text)
            return texts.count == elements.count ? texts : nil
        }
    }

    package var value: JSONValue {
        [
            "schema_version": .string(RunRequest.schemaVersion), "operation": .word(operation),
            "run_id": .text(of: runID), "parent_node_id": .text(of: parentNodeID), "argv": .texts(arguments),
            "shell": .bool(shell),
            "env": ["names": .texts(environmentNames), "digest": .digest(environmentDigest)],
            "image": JSONValue(image), "route_mode": .word(routeMode), "limits": limits.value,
            "fallback": ["cold_start": .bool(allowColdStart), "direct": .bool(allowDirectFallback)],
            "workflow_ref": .string(workflowRef), "policy_hash": .digest(policyHash),
            "salt": .string(Hex.encode(salt)),
        ]
    }

    /// What the certificate holds of the request.
    package var requestHash: Digest256 { sha256 }
}
