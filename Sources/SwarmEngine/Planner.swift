package import SwarmContracts
internal import SwarmPlatform
internal import SwarmSandbox
internal import SwarmState

/// What a run would do.
package struct RunPlanReport: Sendable {
    /// The node it would start from; nil where that is the project as it is now, which would be imported first.
    package let parent: NodeID?
    package let directory: String?
    package let operation: Operation
    package let command: String
    package let policy: PolicyDocument
    package let policyHash: Digest256
    package let opened: [(path: String, writable: Bool)]
    package let passed: [(name: String, isSet: Bool)]
    package let sandbox: String
    package let workdir: String
    package let method: String
}

/// Finds out what a run would do, without doing it: nothing is imported, reserved or written.
package struct Planner {
    let store: Store
    let host: HostContext

    package init(store: Store, host: HostContext) { (self.store, self.host) = (store, host) }

    /// The plan. Throws what the run would throw before its step.
    package func plan(_ options: RunOptions) throws -> RunPlanReport {
        guard !options.words.isEmpty, !options.words[0].isEmpty else { throw EngineFailure.noCommand }
        if let id = options.runID {
            let id = try RunID(id)
            if let row = try store.index.run(id.description) {
                throw EngineFailure.runIDTaken(id.description, status: try store.overview(row).state)
            }
        }
        var parent: NodeID?
        if let reference = options.node {
            let node = try store.resolve(reference)
            parent = try node == store.rootNode() && options.operation == .launch ? nil : node
        } else if options.operation == .resume {
            parent = try store.resolve("@")
        }
        let kept = try parent.map { store.keptPaths(of: try store.node($0)) } ?? []
        let capsule = try PolicyCapsule.make(
            options,
            host: host,
            project: store.layout.project,
            inheritedKeep: kept
        )
        let strict = options.sandbox == .strict
        return RunPlanReport(
            parent: parent,
            directory: parent == nil ? Files.absolute(options.workspace ?? store.layout.project) : nil,
            operation: options.operation,
            command: RunSummary.command(options),
            policy: capsule.document,
            policyHash: capsule.document.sha256,
            opened: capsule.read.map { ($0, false) } + capsule.write.map { ($0, true) },
            passed: (capsule.document.env?.pass ?? []).map { ($0, host.variable($0) != nil) },
            sandbox: strict ? "strict (bubblewrap)" : "none",
            workdir: options.workdir ?? store.layout.project,
            method: strict && canMountOverlay(in: store.layout.runs) ? "overlay" : "copy"
        )
    }
}
