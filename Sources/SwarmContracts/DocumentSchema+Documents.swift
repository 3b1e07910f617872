extension DocumentSchema {
    /// Every schema, in the order in which `schemas/` lists them for a reader.
    package static let all = [
        node, certificate, result, nextTokens, policy, ticket, descriptor, proof, telemetry, dispatch, runOutput,
        errorOutput,
    ]

    static let node = DocumentSchema(
        NodeDocument.name,
        "node.json: the public face of a node",
        [
            .required("schema_version", .constant(NodeDocument.schemaVersion)),
            .required("node_id", .text),
            .required("parent_node_id", .nullable(.text)),
            .required("created_at", .time),
            .required(
                "workspace",
                .object([
                    .required("mode", .words(NodeDocument.Workspace.Mode.self)),
                    .required("artifact_hash", .hash), .required("artifact_ref", .text),
                ])
            ),
            .required(
                "state_db",
                .object([
                    .required("snapshot_hash", .hash), .required("snapshot_ref", .text),
                    .required("ratchet_step", .step), .required("state_id", .text),
                    .required(
                        "engine",
                        .object([
                            .required("kind", .constant(NodeDocument.StateDB.engineKind)),
                            .required("schema_version", .constant(NodeDocument.StateDB.engineSchema)),
                        ])
                    ),
                ])
            ),
            .required(
                "runtime",
                .object([
                    .required("checkpoint_supported", .boolean),
                    .required(
                        "restore_compat",
                        .object([
                            .required("substrate", .text), .optional("image_digest", .text), .optional("kernel", .text),
                        ])
                    ),
                    .optional("checkpoint_hash", .hash), .optional("checkpoint_ref", .text),
                ])
            ),
            .required(
                "network",
                .object([
                    .required("route_mode", .words(RouteMode.self)),
                    .required(
                        "token",
                        .object([
                            .required("token_ref", .text), .required("ratchet_step", .step),
                            .required("expires_at", .nullable(.time)),
                        ])
                    ),
                ])
            ),
            .required("tags", .texts),
            .optional(
                "attestation",
                .object([
                    .required("commit_sha_required", .nullable(.text(.commit))),
                    .required("artifact_hash", .nullable(.hash)), .required("proof_ref", .nullable(.text)),
                ])
            ),
        ]
    )

    static let result = DocumentSchema(
        ResultDocument.name,
        "result.json: what came of a run, and where it lies",
        [
            .required("run_id", .text), .required("status", .words(RunStatus.self)),
            .required(
                "operation",
                .choice(Operation.allCases.filter { $0 != .initial }.map(\.rawValue))
            ),
            .required("node_id", .nullable(.text)), .required("parent_node_id", .nullable(.text)),
            .required("state_id", .nullable(.text)), .required("restore_mode", .words(RestoreMode.self)),
            .optional("restore_fallback_reason", .text), .required("bundle_ref", .nullable(.text)),
            .required("bundle_sha256", .nullable(.hash)), .required("certificate_ref", .nullable(.text)),
            .required("artifact_hash", .nullable(.hash)),
        ],
        rules: [
            Rule(
                member: "status",
                value: RunStatus.succeeded.rawValue,
                demanded: [
                    "node_id", "state_id", "bundle_ref", "bundle_sha256", "certificate_ref", "artifact_hash",
                ]
            ),
            Rule(
                member: "restore_mode",
                value: RestoreMode.coldStart.rawValue,
                demanded: ["restore_fallback_reason"]
            ),
        ]
    )

    static let nextTokens = DocumentSchema(
        NextTokens.name,
        "next_tokens.json: references to the capabilities of the node that a run made",
        [
            .required("state_cap_next", .text), .required("net_cap_next", .text), .required("state_id_next", .text),
            .required("ratchet_step", .step),
        ]
    )

    static let proof = DocumentSchema(
        ProofEnvelope.name,
        "a proof's envelope: what is proven, by which system, and where the proof lies",
        [
            .required("schema_version", .constant(ProofEnvelope.schemaVersion)),
            .required("public_inputs_sha256", .hash), .required("proof_system", .text), .required("proof_ref", .text),
        ]
    )

    static let descriptor = DocumentSchema(
        BundleDescriptor.name,
        "manifest.json: names what a node holds",
        [
            .required("schema_version", .constant(BundleDescriptor.schemaVersion)), .required("key_id", .text),
            .required("parent_node_id", .nullable(.text)), .required("operation", .words(Operation.self)),
            .optional("run_id", .text), .optional("label", .text), .required("state_id", .text),
            .required("ratchet_step", .step), .required("root_sha256", .hash),
            .required("workspace_commitment", .hash), .required("state_commitment", .hash),
        ],
        rules: Operation.allCases.map {
            Rule(member: "operation", value: $0.rawValue, demanded: [$0 == .fork ? "label" : "run_id"])
        }
    )
}
