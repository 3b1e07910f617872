extension DocumentSchema {
    static let ticket = DocumentSchema(
        Ticket.name,
        "ticket: the right to one session of a broker",
        [
            .required("schema_version", .constant(Ticket.schemaVersion)),
            .required("mode", .words(Ticket.Mode.self)), .required("session_id", .text), .required("token", .text),
            .required("broker_addr", .text), .required("issued_at_unix", .integer(1)),
            .required("expires_at_unix", .nullable(.integer(1))), .optional("broker_cert_sha256", .hash),
            .optional("allow_hosts", .texts),
        ]
    )

    static let telemetry = DocumentSchema(
        "telemetry",
        "telemetry.json: what is true of one run on one machine; nothing hashes it",
        [
            .required("schema_version", .constant("agent_swarm-telemetry-v1")),
            .required("operation", .words(Operation.self)), .required("started_at_unix", .integer(0)),
            .required("finished_at_unix", .integer(0)), .required("finished_order", .integer(0)),
            .required("duration_ms", .integer(0)), .required("attempt", .integer(1)),
            .required("branches", .texts), .required("command", .nullable(.text)),
            .required("workspace_method", .nullable(.text)), .required("output_bytes", .nullable(.integer(0))),
            .required("warnings", .texts), .optional("metrics", .anything), .optional("snapshot", .anything),
            .optional("error", .text), .optional("taken_in_by", .text), .optional("cost_usd", .anything),
        ]
    )

    static let runOutput = DocumentSchema(
        "run_output",
        "what the run commands print with --json",
        [
            .required("run_id", .text), .required("status", .text),
            .required("restore_mode", .nullable(.words(RestoreMode.self))),
            .required("certificate_ref", .nullable(.text)), .required("artifact_hash", .nullable(.hash)),
            .required("state_cap_next_ref", .nullable(.text)), .required("net_cap_next_ref", .nullable(.text)),
            .required("errors", .array(errorObject)), .optional("node_id", .nullable(.text)),
            .optional("parent_node_id", .nullable(.text)), .optional("state_id", .nullable(.text)),
            .optional("operation", .text), .optional("backend", .text), .optional("exit_code", .nullable(.integer(0))),
            .optional("duration_ms", .nullable(.integer(0))), .optional("cli_protocol", .integer(1)),
        ]
    )

    static let errorOutput = DocumentSchema(
        "error_output",
        "what any command prints with --json where it fails",
        [.required("status", .constant("error")), .required("error", errorObject)]
    )

    private static let errorObject = Shape.object([
        .required("code", .text), .required("message", .text), .required("hint", .nullable(.text)),
        .required("category", .words(FailureCategory.self)), .required("retryable", .boolean),
    ])
}
