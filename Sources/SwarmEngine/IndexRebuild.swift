internal import SwarmBackend
internal import SwarmContracts
internal import SwarmPlatform
internal import SwarmSnapshot
internal import SwarmState

/// Makes the index anew from packs, node folders and run folders. Nothing else than the index is written.
package enum IndexRebuild {
    /// Rebuilds. Two processes that find the index missing do it one after the other, and the second finds it there.
    ///
    /// Every pack and node is read and entered by itself; only where each stands in the order is kept in memory, some 40
    /// bytes a node.
    static func run(
        _ layout: StoreLayout,
        force: Bool = false,
        progress: (StoreProgress) -> Void = { _ in }
    ) throws {
        let lock = try FileLock.exclusive(layout.root + "/.rebuild.lock")
        defer { lock.release() }
        guard force || Files.kind(layout.index) == nil else { return }
        // A collector judges by the index that it has open.
        let collector = try GarbageCollector.alone(layout) {
            progress(StoreProgress("waiting for gc"))
        }
        defer { collector.release() }
        // What is committed meanwhile would be in the old index alone.
        let quiet = try QuietStore.make(layout) { progress(.waitingForWriters) }
        defer { quiet.release() }
        let temporary = try TemporaryFolder.make(in: layout.tmp)
        defer { temporary.remove() }
        let places = try places(layout, progress)
        let building = temporary.path + "/index.db"
        try Index.rebuild(at: building) { builder in
            try addPacks(to: builder, layout, progress)
            try addNodes(places, to: builder, layout, progress)
            try addOtherRuns(to: builder, layout)
        }
        try Index.install(building, at: layout.index)
    }

    /// Rebuilds the index of a store that is opened anew afterwards.
    package static func force(_ layout: StoreLayout, progress: @escaping (StoreProgress) -> Void) throws {
        try run(layout, force: true, progress: progress)
    }

    /// A node as its folders tell it.
    fileprivate struct FoundNode {
        let row: NodeRow
        let requestHash: Digest256
        let status: RunState
        let started: Int64
        let finished: Int64
        let branches: [Label]
        let summary: String
        let operation: Operation
    }

    /// Where a node stands in the order in which nodes are entered.
    private struct Place: Comparable {
        /// Microseconds since 1970.
        let order: Int64
        let step: Int64
        /// The node's id as two numbers, in the order of its digits.
        let high: UInt64
        let low: UInt64

        init?(_ id: NodeID, order: Int64, step: Int) {
            guard let high = UInt64(id.description.dropFirst(5).prefix(16), radix: 16),
                let low = UInt64(id.description.suffix(16), radix: 16)
            else { return nil }
            (self.order, self.step, self.high, self.low) = (order, Int64(step), high, low)
        }

        var id: NodeID? {
            let digits = [high, low].map { number in
                let text = String(number, radix: 16)
                return String(repeating: "0", count: 16 - text.utf8.count) + text
            }
            return NodeID("node-" + digits.joined())
        }

        static func < (left: Place, right: Place) -> Bool {
            (left.order, left.step, left.high, left.low) < (right.order, right.step, right.high, right.low)
        }
    }

    private static func places(_ layout: StoreLayout, _ progress: (StoreProgress) -> Void) throws -> [Place] {
        var places: [Place] = []
        try Files.eachName(in: layout.nodes) { name in
            guard let id = NodeID(name),
                let descriptor = try? BundleDescriptor(reading: Files.read(layout.node(id).descriptor)),
                let place = Place(
                    id,
                    order: order(telemetry(layout.run(descriptor.runID))),
                    step: descriptor.ratchetStep
                )
            else { return }
            places.append(place)
            progress(StoreProgress("putting the nodes in order", places.count, "nodes"))
        }
        places.sort()
        return places
    }

    private static func telemetry(_ run: RunFolder) -> JSONValue? {
        (try? Files.read(run.telemetry)).flatMap { try? JSONParser.parse($0, numbers: .all) }
    }

    private static func order(_ telemetry: JSONValue?) -> Int64 {
        telemetry?["finished_order"]?.integer ?? (telemetry?["finished_at_unix"]?.integer ?? 0) * 1_000_000
    }

    private static func read(_ id: NodeID, _ layout: StoreLayout) -> FoundNode? {
        let folder = layout.node(id)
        guard let document = try? NodeDocument(reading: Files.read(folder.document)), document.nodeID == id,
            let descriptor = try? BundleDescriptor(reading: Files.read(folder.descriptor))
        else { return nil }
        let run = layout.run(descriptor.runID)
        let telemetry = telemetry(run)
        let certificate = (try? Files.read(run.certificate)).flatMap { try? Certificate(reading: $0) }
        let result = (try? Files.read(run.result)).flatMap { try? ResultDocument(reading: $0) }
        let operation = descriptor.identity.operation
        // A node whose run documents never came is what a crash left between two writes: it counts for nothing.
        guard operation == .initial || (result?.nodeID == id && certificate != nil) else { return nil }
        let status = result.map { RunState($0.status) } ?? .succeeded
        // The root was made by no run, and has none.
        let finished =
            telemetry?["finished_at_unix"]?.integer ?? (try? Files.modifiedSeconds(folder.document)) ?? 0
        let labels = telemetry?["branches"]?.elements?.compactMap { $0.text.flatMap { try? Label($0) } } ?? []
        return FoundNode(
            row: NodeRow(
                id: id,
                parent: document.parentNodeID,
                runID: descriptor.runID.description,
                operation: operation.rawValue,
                status: status,
                step: descriptor.ratchetStep,
                stateID: descriptor.stateID.description,
                bundleSHA256: descriptor.bundleSHA256,
                tree: nil,
                createdAt: finished
            ),
            requestHash: certificate?.requestHash ?? Digest256.zero,
            status: status,
            started: telemetry?["started_at_unix"]?.integer ?? finished,
            finished: finished,
            branches: labels,
            summary: summary(telemetry, exitCode: certificate?.execution.exitCode ?? 0),
            operation: operation
        )
    }

    /// What the index keeps of a step; imports, forks and what came from elsewhere have none.
    private static func summary(_ telemetry: JSONValue?, exitCode: Int) -> String {
        guard let telemetry, let command = telemetry["command"]?.text, telemetry["taken_in_by"] == nil else {
            return "{}"
        }
        // Telemetry that was written before there was that member has the command of swarm's in the place of the step's.
        if command == "pull" || command == "bundle import", telemetry["workspace_method"]?.text == nil { return "{}" }
        let summary: JSONValue = [
            "exit_code": JSONValue(exitCode), "duration_ms": telemetry["duration_ms"] ?? .null,
            "command": telemetry["command"] ?? .null, "metrics": telemetry["metrics"] ?? .null,
            "cost_usd": telemetry["cost_usd"] ?? .null, "error": telemetry["error"] ?? .null,
        ]
        return String(decoding: CanonicalJSON.encode(summary), as: UTF8.self)
    }

    private static func addPacks(
        to builder: IndexBuilder,
        _ layout: StoreLayout,
        _ progress: (StoreProgress) -> Void
    ) throws {
        var count = 0
        for prefix in try Files.names(in: layout.packs).sorted() {
            let folder = layout.packs + "/" + prefix
            guard Files.kind(folder) == .directory else { continue }
            for name in try Files.names(in: folder).sorted() where name.hasSuffix(".pack") {
                // A pack whose table does not hold is left out: fsck names it, and what it held is missing.
                guard let pack = try? PackFile.readTable(folder + "/" + name) else { continue }
                try builder.add(pack: pack.row)
                count += 1
                progress(StoreProgress("entering packs", count, "packs"))
            }
        }
    }

    private static func addNodes(
        _ places: [Place],
        to builder: IndexBuilder,
        _ layout: StoreLayout,
        _ progress: (StoreProgress) -> Void
    ) throws {
        var newest: NodeID?
        for (number, place) in places.enumerated() {
            progress(StoreProgress("entering nodes", number + 1, of: places.count, "nodes"))
            guard let id = place.id, let node = read(id, layout) else { continue }
            if node.operation == .initial {
                try builder.add(node: node.row)
                try builder.setMeta("root_node", id.description)
                continue
            }
            let succeeded = node.status == .succeeded
            try builder.add(node: node.row, of: node.runRow, branches: succeeded ? node.branches : []) { label, tip in
                label.description == "main" || tip == nil || tip == node.row.parent
            }
            if succeeded, node.operation == .launch || node.operation == .resume { newest = id }
        }
        if let newest { try builder.setNewestSuccess(newest) }
    }

    /// Runs that made no node: discarded, cancelled, or interrupted.
    private static func addOtherRuns(to builder: IndexBuilder, _ layout: StoreLayout) throws {
        guard Files.kind(layout.runs) == .directory else { return }
        var others: [(order: Int64, name: String)] = []
        try Files.eachName(in: layout.runs) { name in
            guard let id = try? RunID(stored: name), try !builder.hasRun(name) else { return }
            others.append((order(telemetry(layout.run(id))), name))
        }
        for (_, name) in others.sorted(by: { ($0.order, $0.name) < ($1.order, $1.name) }) {
            guard let id = try? RunID(stored: name), let row = readRun(id, layout) else { continue }
            try builder.add(run: row)
        }
    }

    private static func readRun(_ id: RunID, _ layout: StoreLayout) -> RunRow? {
        let folder = layout.run(id)
        guard let result = (try? Files.read(folder.result)).flatMap({ try? ResultDocument(reading: $0) }),
            // A node that a result names and that is not there did not count yet.
            result.nodeID == nil
        else { return interrupted(id, folder) }
        let telemetry = telemetry(folder)
        let finished = telemetry?["finished_at_unix"]?.integer ?? 0
        return RunRow(
            runID: id.description,
            status: RunState(result.status),
            operation: result.operation.rawValue,
            requestHash: Digest256.zero,
            parent: result.parentNodeID,
            createdAt: telemetry?["started_at_unix"]?.integer ?? finished,
            finishedAt: finished
        )
    }

    private static func interrupted(_ id: RunID, _ folder: RunFolder) -> RunRow? {
        if let ledger = (try? Files.read(folder.ledger)).flatMap({ try? RemoteLedger(reading: $0) }) {
            return RunRow(
                runID: id.description,
                status: .running,
                operation: ledger.expectation.child.operation.rawValue,
                requestHash: ledger.expectation.requestHash,
                parent: ledger.expectation.parentNodeID,
                createdAt: ledger.order.createdAt
            )
        }
        guard let bytes = try? Files.read(folder.request),
            let note = try? RecoveryNote(decoding: bytes, file: folder.request)
        else { return nil }
        return RunRow(
            runID: id.description,
            status: .running,
            operation: note.request.operation.rawValue,
            requestHash: note.request.requestHash,
            parent: note.request.parentNodeID,
            createdAt: 0
        )
    }
}

extension IndexRebuild.FoundNode {
    fileprivate var runRow: RunRow {
        RunRow(
            runID: row.runID,
            status: status,
            operation: operation.rawValue,
            requestHash: requestHash,
            parent: row.parent,
            node: row.id,
            createdAt: started,
            finishedAt: finished,
            summary: summary
        )
    }
}
