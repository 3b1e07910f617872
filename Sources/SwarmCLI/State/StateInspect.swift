internal import ArgumentParser
internal import SwarmCapability
internal import SwarmContracts
internal import SwarmEngine
internal import SwarmPlatform
internal import SwarmState

struct StateInspect: Verb {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Show what a state id or a token stands for.",
        discussion: "A token is read from a file or from standard input (-), and shown without what it holds."
    )

    @OptionGroup var global: GlobalOptions

    @Option(help: ArgumentHelp("A state id, as documents name it.", valueName: "id"))
    var stateID: String?

    @Option(help: ArgumentHelp("A token (a file, - or fd:N).", valueName: "file|-"))
    var stateCap: String?

    func validate() throws {
        guard (stateID == nil) != (stateCap == nil) else { throw ValidationError("Give --state-id or --state-cap.") }
    }

    func perform(_ context: Context) throws -> Int32 {
        if let stateCap { return try inspectToken(stateCap, context) }
        let store = try context.store()
        guard let text = stateID, let id = StateID(text) else {
            throw UsageFailure(
                message: "--state-id: '\(Name.shown(stateID ?? ""))' is not state- and 32 hexadecimal digits"
            )
        }
        guard let row = try store.index.node(forState: id.description) else {
            throw EngineFailure.nodeUnknown(id.description, candidates: [])
        }
        if context.console.json {
            context.console.write([
                "state_id": .string(row.stateID), "node_id": .string(row.id.description),
                "parent_node_id": JSONValue(row.parent?.description), "run_id": .string(row.runID),
                "ratchet_step": JSONValue(row.step), "operation": .string(row.operation),
            ])
        } else {
            context.console.write(
                Table.pairs([
                    ("state", row.stateID), ("node", row.id.description), ("run", row.runID),
                    ("ratchet step", String(row.step)), ("operation", row.operation),
                ])
            )
        }
        return 0
    }

    private func inspectToken(_ source: String, _ context: Context) throws -> Int32 {
        let secret = try Passphrase.read(source)
        if let old = secret.withText({ try? LegacyCapability.inspect($0) }) {
            if context.console.json {
                context.console.write([
                    "kind": .string(old.kind), "state_id": .string(old.stateID),
                    "ratchet_step": JSONValue(old.ratchetStep), "form": "legacy",
                ])
            } else {
                context.console.write(
                    Table.pairs([
                        ("kind", old.kind), ("state", old.stateID), ("ratchet step", String(old.ratchetStep)),
                        ("form", "older, never written"),
                    ])
                )
            }
            return 0
        }
        let token = try secret.withText { try CapabilityToken(parsing: $0.trimmedLine) }
        let claims = token.claims
        let isExpired = claims.expiresAt <= Clock.nowSeconds()
        if context.console.json {
            context.console.write([
                "kind": .string(claims.kind.rawValue), "node_id": .string(claims.subject.description),
                "state_id": .string(claims.stateID), "ratchet_step": JSONValue(claims.ratchetStep),
                "issuer": .string(claims.issuer.did), "audience": .string(claims.audience.text),
                "id": .string(claims.id), "expires_at_unix": JSONValue(Int(claims.expiresAt)),
                "expired": .bool(isExpired), "digest": .string(token.digest.description), "form": "jws",
            ])
        } else {
            context.console.write(
                Table.pairs([
                    ("kind", claims.kind.rawValue), ("node", claims.subject.description), ("state", claims.stateID),
                    ("ratchet step", String(claims.ratchetStep)), ("issuer", claims.issuer.did),
                    ("audience", claims.audience.text), ("id", claims.id), ("expires at", String(claims.expiresAt)),
                    ("expired", isExpired ? "yes" : "no"), ("digest", token.digest.description),
                ])
            )
        }
        return 0
    }
}

extension String {
    /// Without what surrounds a token in a file.
    var trimmedLine: String {
        String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
}

extension Audience {
    var text: String {
        switch self {
        case .operator: "operator"
        case .recipient(let id): id
        }
    }
}
