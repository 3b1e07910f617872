extension DocumentSchema {
    static let dispatch = DocumentSchema(
        DispatchRequest.name,
        "what one worker is asked to do; it travels sealed",
        [
            .required("schema_version", .constant(DispatchRequest.schemaVersion)), .required("request_id", .text),
            .required("issuer", .text), .required("audience", .text), .required("issued_at_unix", .integer(1)),
            .required("expires_at_unix", .integer(1)),
            .required(
                "child",
                .object([
                    .required("key_id", .text), .required("parent_node_id", .text),
                    .required("operation", .words(Operation.self)), .required("run_id", .text),
                    .required("ratchet_step", .step),
                ])
            ),
            .required("request", request), .required("policy", policy.shape),
            .required(
                "parent",
                .object([
                    .required("bundle_sha256", .hash), .required("descriptor", descriptor.shape),
                    .required("certificate_sha256", .nullable(.hash)),
                    .required(
                        "source",
                        .object([
                            .required("kind", .choice(["checkout", "artifact", "url", "path"])),
                            .optional("commit", .text(.commit)), .optional("run", .text), .optional("name", .text),
                            .optional("url", .text), .optional("path", .text), .optional("sha256", .nullable(.hash)),
                        ])
                    ),
                ])
            ),
            .required("runner_class", .words(RunnerClass.self)),
            .optional("worker_key", .words(WorkerKeyScope.self)),
            .required("sandbox", .words(Certificate.Sandbox.Level.self)), .required("workdir", .text),
            .required(
                "events",
                .array(
                    .object([
                        .required("event_type", .text), .required("run_id", .text), .required("node_id", .text),
                        .required("backend", .text), .required("route_mode", .text), .required("detail", .text),
                    ])
                )
            ),
            .required("bundle", .words(BundleForm.self)),
            .required(
                "environment",
                .array(.object([.required("name", .text), .required("value", .anything)]))
            ),
            .required(
                "caps",
                .object([
                    .required("read_parent", .text), .required("read_child", .text), .required("write_child", .text),
                ])
            ),
        ]
    )

    private static let request = Shape.object([
        .required("schema_version", .constant(RunRequest.schemaVersion)),
        .required("operation", .words(Operation.self)),
        .required("run_id", .text), .required("parent_node_id", .text), .required("argv", .array(.anything)),
        .required("shell", .boolean),
        .required("env", .object([.required("names", .texts), .required("digest", .hash)])),
        .required("image", .nullable(.text)), .required("route_mode", .words(RouteMode.self)),
        .required("limits", .anything),
        .required("fallback", .object([.required("cold_start", .boolean), .required("direct", .boolean)])),
        .required("workflow_ref", .text), .required("policy_hash", .hash), .required("salt", .text),
    ])
}
