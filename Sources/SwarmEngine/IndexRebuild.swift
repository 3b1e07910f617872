internal import SwarmBackend
internal import SwarmContracts
internal import SwarmPlatform
internal import SwarmSnapshot
internal import SwarmState

/// Makes the index anew from packs, node folders and run folders. Nothing else than the index is written.
package enum IndexRebuild {
    /// Rebuilds. Two processes that find the index missing do it one after the other, and the second finds it there.
    static func run(_ layout: StoreLayout, force: Bool = false) throws {
        let lock = try FileLock.exclusive(layout.root + "/.rebuild.lock")
        defer { lock.release() }
        guard force || Files.kind(layout.index) == nil else { return }
        // What is committed meanwhile would be in the old index alone.
        let quiet = try QuietStore.make(layout) {}
        defer { quiet.release() }
        let temporary = try TemporaryFolder.make(in: layout.tmp)
        defer { temporary.remove() }
        let nodes = try readNodes(layout)
        let packs = try readPacks(layout)
        let building = temporary.path + "/index.db"
        try Index.rebuild(at: building) { builder throws(StateFailure) in
            for pack in packs { try builder.add(pack: pack) }
            try fill(builder, nodes, layout)
        }
        try Index.install(building, at: layout.index)
    }

    /// Rebuilds the index of a store that is opened anew afterwards.
    package static func force(_ layout: StoreLayout) throws {
        try run(layout, force: true)
    }

    /// A node as its folders tell it.
    fileprivate struct FoundNode {
        let row: NodeRow
        let requestHash: Digest256
        let status: RunState
        let started: Int64
        let finished: Int64
        let order: Int64
        let branches: [Label]
        let summary: String
        let operation: Operation
    }

    private static func readNodes(_ layout: StoreLayout) throws -> [FoundNode] {
        var found: [FoundNode] = []
        for name in try Files.names(in: layout.nodes) {
            guard let id = NodeID(name), let node = read(id, layout) else { continue }
            found.append(node)
        }
        return found.sorted { ($0.order, $0.row.step, $0.row.id) < ($1.order, $1.row.step, $1.row.id) }
    }

    private static func read(_ id: NodeID, _ layout: StoreLayout) -> FoundNode? {
        let folder = layout.node(id)
        guard let document = try? NodeDocument(reading: Files.read(folder.document)), document.nodeID == id,
            let descriptor = try? BundleDescriptor(reading: Files.read(folder.descriptor))
        else { return nil }
        let run = layout.run(descriptor.runID)
        let telemetry = (try? Files.read(run.telemetry)).flatMap { try? JSONParser.parse($0, numbers: .all) }
        let certificate = (try? Files.read(run.certificate)).flatMap { try? Certificate(reading: $0) }
        let result = (try? Files.read(run.result)).flatMap { try? ResultDocument(reading: $0) }
        let operation = descriptor.identity.operation
        // A node whose run documents never came is what a crash left between two writes: it counts for nothing.
        guard operation == .initial || (result?.nodeID == id && certificate != nil) else { return nil }
        let status = result.map { RunState($0.status) } ?? .succeeded
        let finished = telemetry?["finished_at_unix"]?.integer ?? 0
        let labels = telemetry?["branches"]?.elements?.compactMap { $0.text.flatMap { try? Label($0) } } ?? []
        let exitCode = certificate?.execution.exitCode ?? 0
        let summary: JSONValue = [
            "exit_code": JSONValue(exitCode), "duration_ms": telemetry?["duration_ms"] ?? .null,
            "command": telemetry?["command"] ?? .null, "metrics": telemetry?["metrics"] ?? .null, "error": .null,
        ]
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
            order: telemetry?["finished_order"]?.integer ?? finished * 1_000_000,
            branches: labels,
            summary: String(decoding: CanonicalJSON.encode(summary), as: UTF8.self),
            operation: operation
        )
    }

    private static func readPacks(_ layout: StoreLayout) throws -> [PackEntry] {
        var packs: [PackEntry] = []
        for prefix in try Files.names(in: layout.packs).sorted() {
            let folder = layout.packs + "/" + prefix
            guard Files.kind(folder) == .directory else { continue }
            for name in try Files.names(in: folder).sorted() where name.hasSuffix(".pack") {
                // A pack whose table does not hold is left out: fsck names it, and what it held is missing.
                guard let pack = try? PackFile.readTable(folder + "/" + name) else { continue }
                packs.append(pack.row)
            }
        }
        return packs
    }

    private static func fill(
        _ builder: IndexBuilder,
        _ nodes: [FoundNode],
        _ layout: StoreLayout
    ) throws(StateFailure) {
        var tips: [Label: NodeID] = [:]
        var newest: NodeID?
        var finalRuns: Set<String> = []
        for node in nodes {
            try builder.add(node: node.row)
            finalRuns.insert(node.row.runID)
            if node.operation == .initial {
                try builder.setMeta("root_node", node.row.id.description)
                continue
            }
            try builder.add(run: node.runRow)
            guard node.status == .succeeded else { continue }
            if node.operation == .launch || node.operation == .resume { newest = node.row.id }
            for label in node.branches
            where label.description == "main" || tips[label] == nil || tips[label] == node.row.parent {
                tips[label] = node.row.id
            }
        }
        for (label, node) in tips { try builder.set(branch: label, to: node) }
        if let newest { try builder.setNewestSuccess(newest) }
        for run in otherRuns(layout, without: finalRuns) { try builder.add(run: run) }
    }

    /// Runs that made no node: discarded, cancelled, or interrupted.
    private static func otherRuns(_ layout: StoreLayout, without known: Set<String>) -> [RunRow] {
        guard let names = try? Files.names(in: layout.runs) else { return [] }
        return names.sorted().compactMap { name in
            guard !known.contains(name), let id = try? RunID(stored: name) else { return nil }
            let folder = layout.run(id)
            if let result = (try? Files.read(folder.result)).flatMap({ try? ResultDocument(reading: $0) }) {
                let telemetry = (try? Files.read(folder.telemetry)).flatMap { try? JSONParser.parse($0, numbers: .all) }
                let finished = telemetry?["finished_at_unix"]?.integer ?? 0
                // A node that a result names and that is not there did not count yet.
                guard result.nodeID == nil else { return interrupted(id, folder) }
                return RunRow(
                    runID: name,
                    status: RunState(result.status),
                    operation: result.operation.rawValue,
                    requestHash: Digest256.zero,
                    parent: result.parentNodeID,
                    node: nil,
                    createdAt: telemetry?["started_at_unix"]?.integer ?? finished,
                    finishedAt: finished,
                    summary: "{}",
                    number: 0,
                    sequence: nil
                )
            }
            return interrupted(id, folder)
        }
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
            node: nil,
            createdAt: 0,
            finishedAt: nil,
            summary: "{}",
            number: 0,
            sequence: nil
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
            summary: summary,
            number: 0,
            sequence: nil
        )
    }
}
