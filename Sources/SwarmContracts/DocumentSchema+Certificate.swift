extension DocumentSchema {
    static let certificate = DocumentSchema(
        Certificate.name,
        "certificate.json: the deterministic statement of what a run did",
        [
            .required("type", .constant(Certificate.type)), .required("job_id", .text),
            .required("request_hash", .hash), .required("mode", .words(BundleMode.self)),
            .required(
                "parent_state",
                .object([
                    .required("state_id", .text), .required("bundle_sha256", .hash), .required("ratchet_step", .step),
                ])
            ),
            .required(
                "result",
                .object([
                    .required("response_sha256", .hash), .required("response_locator", .text),
                    .required(
                        "new_state",
                        .object([
                            .required("state_id", .text), .required("bundle_sha256", .hash),
                            .required("bundle_manifest_sha256", .hash),
                        ])
                    ),
                ])
            ),
            .required(
                "runtime",
                .object([
                    .required("workflow_ref", .text), .required("runner_class", .words(RunnerClass.self)),
                    .required("started_at", .time), .required("finished_at", .time),
                ])
            ),
            .required("timestamp", .time), .optional("policy", certificatePolicy),
            .optional(
                "replay",
                .object([.required("nonce", .text), .required("expires_at_unix", .integer(1))])
            ),
            .optional("execution", certificateExecution), .optional("parent_certificate_sha256", .nullable(.hash)),
        ]
    )

    private static let certificatePolicy = Shape.object([
        .required("schema_version", .constant(PolicyDocument.schemaVersion)), .required("policy_hash", .hash),
        .required("policy_ref", .text), .required("policy_generated_at", .time),
    ])

    private static let certificateExecution = Shape.object([
        .required("status", .words(RunStatus.self)), .required("exit_code", .integer(0)),
        .required("restore_mode", .words(RestoreMode.self)),
        .required(
            "sandbox",
            .object([.required("engine", .text), .required("level", .words(Certificate.Sandbox.Level.self))])
        ),
        .required("limits", .object([.required("engine", .text)])),
        .required(
            "route",
            .object([
                .required("mode", .words(RouteMode.self)), .required("evidence_sha256", .nullable(.hash)),
                .required("direct_fallback", .boolean),
            ])
        ),
        .optional("worker_key", .words(WorkerKeyScope.self)),
    ])

    static let policy = DocumentSchema(
        PolicyDocument.name,
        "policy.json: what a step was allowed to do",
        [
            .required("schema_version", .constant(PolicyDocument.schemaVersion)), .required("policy_id", .text),
            .required("route_mode", .words(RouteMode.self)), .required("allowed_tools", .texts),
            .required("blocked_tools", .texts),
            .required(
                "limits",
                .object([
                    .required("max_runtime_sec", .integer(1)), .required("max_retries", .integer(0)),
                    .optional("max_memory_bytes", .integer(1)), .optional("max_processes", .integer(1)),
                    .optional("max_output_bytes", .integer(0)),
                ])
            ),
            .required(
                "network",
                .object([.optional("allow_hosts", .texts), .optional("allow_direct_fallback", .boolean)])
            ),
            .optional(
                "files",
                .object([.optional("read", .texts), .optional("write", .texts), .optional("keep", .texts)])
            ),
            .optional("login", .text), .optional("env", .object([.optional("pass", .texts)])),
            .optional("advisory", .texts),
            .required("provenance", .object([.required("generator", .text), .required("generated_at", .time)])),
        ]
    )
}
