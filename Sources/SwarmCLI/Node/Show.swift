internal import ArgumentParser
internal import SwarmContracts
internal import SwarmEngine
internal import SwarmPlatform
internal import SwarmState

struct Show: Verb {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a node: where it comes from, how it ran, its certificate.",
        discussion:
            "With --response the response of its run is printed instead: what the step wrote to SWARM_OUTPUT, or its standard output."
    )

    @OptionGroup var global: GlobalOptions

    @Argument(help: ArgumentHelp("The node.", valueName: "ref"))
    var node: String = "@"

    @Flag(help: "Print the response of the run.")
    var response = false

    func perform(_ context: Context) throws -> Int32 {
        let store = try context.store()
        let id = try store.resolve(node)
        if response {
            let opened = try store.node(id)
            try store.readResponse(of: opened) { context.console.write(Array($0)) }
            return 0
        }
        let document = try store.document(id)
        let descriptor = try store.descriptor(id)
        let run = try store.index.run(descriptor.runID.description).map { try store.overview($0) }
        let telemetry = store.telemetry(of: descriptor.runID)
        if context.console.json {
            context.console.write([
                "node": document.value, "descriptor": descriptor.value,
                "run": run.map { RunStatusCommand.value($0, store) } ?? .null, "telemetry": telemetry ?? .null,
                "branches": .array(try Branches(store).labels(at: id).map(JSONValue.string)),
                "certificate": store.certificate(of: descriptor.runID)?.value ?? .null,
                "unverified": .bool(store.evidence.isUnverified(id)),
            ])
            return 0
        }
        var lines = [
            ("node", id.description), ("parent", document.parentNodeID?.description ?? "none"),
            ("run", descriptor.runID.description), ("operation", descriptor.identity.operation.rawValue),
            ("ratchet step", String(descriptor.ratchetStep)), ("state", descriptor.stateID.description),
        ]
        let labels = try Branches(store).labels(at: id)
        if !labels.isEmpty { lines.append(("branches", labels.joined(separator: ", "))) }
        if store.evidence.isUnverified(id) {
            lines.append(("unverified", "taken in without an attestation: nobody vouches for it"))
        }
        if !document.tags.isEmpty { lines.append(("tags", document.tags.joined(separator: ", "))) }
        if let run {
            lines.append(("status", run.state))
            if let command = run.command { lines.append(("command", PlainText.line(command))) }
            if let code = run.exitCode { lines.append(("exit code", String(code))) }
            if let duration = run.durationMilliseconds { lines.append(("duration", Quantity.duration(duration))) }
            if let cost = Metrics.cost(run.summary) { lines.append(("cost", "$\(cost)")) }
        }
        if let certificate = store.certificate(of: descriptor.runID) {
            lines.append(("certificate", certificate.artifactHash.description))
            lines.append(("route", certificate.execution.route.mode.rawValue))
            lines.append(
                ("sandbox", "\(certificate.execution.sandbox.level.rawValue) (\(certificate.execution.sandbox.engine))")
            )
            lines.append(("restore", certificate.execution.restoreMode.rawValue))
        } else if descriptor.identity.operation != .initial {
            context.console.warn("\(store.layout.run(descriptor.runID).certificate) is missing or damaged")
        }
        context.console.write(Table.pairs(lines))
        return 0
    }
}
