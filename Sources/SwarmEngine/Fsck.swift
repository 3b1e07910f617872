package import SwarmContracts
internal import SwarmPlatform
internal import SwarmSnapshot
internal import SwarmState

/// Something in a store that does not hold.
package struct FsckProblem: Sendable {
    /// The file that is damaged or missing, or `index.db`.
    package let file: String
    package let detail: String
    /// Nodes that need it, in the order of their commits.
    package let nodes: [NodeID]
}

/// What a check of a whole store found.
package struct FsckReport: Sendable {
    package var problems: [FsckProblem] = []
    package var nodes = 0
    /// Chunks that were opened. Of more than two million some are opened and counted twice.
    package var chunks = 0
    package var packs = 0
    package var runs = 0
}

extension Store {
    /// Checks everything: packs, node folders, sealed roots, every chunk that a node reaches, run documents, the chain of
    /// certificates, and the index against the files. Nothing is written.
    ///
    /// Nodes and their content are read on all processors, and memory is bounded whatever the size of the store; only what
    /// is wrong is gathered.
    package func check(progress: @escaping @Sendable (StoreProgress) -> Void) throws -> FsckReport {
        var report = FsckReport()
        progress(StoreProgress("checking the index"))
        if let problem = try index.integrityProblem() {
            report.problems.append(FsckProblem(file: layout.index, detail: problem, nodes: []))
        }
        try checkPacks(&report, progress)
        let nodes = try NodeSweep(self, progress: progress)
        try nodes.run()
        report.nodes = nodes.nodeCount
        report.chunks = nodes.chunkCount
        report.problems += try nodes.problems()
        try checkFolders(&report, progress)
        return report
    }

    private func checkPacks(_ report: inout FsckReport, _ progress: (StoreProgress) -> Void) throws {
        var after: Digest256?
        while true {
            let page = try index.packs(after: after, limit: 1000)
            for pack in page {
                report.packs += 1
                let path = PackFile.path(of: pack, in: layout.packs)
                do {
                    _ = try PackFile.readTable(path)
                } catch {
                    report.problems.append(FsckProblem(file: path, detail: error.message, nodes: []))
                }
                progress(StoreProgress("checking the tables of packs", report.packs, "packs"))
            }
            guard page.count == 1000, let last = page.last else { return }
            after = last
        }
    }

    /// Folders that the index does not know: a crash between two writes leaves them, and they are no damage unless they
    /// are whole.
    private func checkFolders(_ report: inout FsckReport, _ progress: (StoreProgress) -> Void) throws {
        var seen = 0
        let unknown = try nodesBeyondIndex {
            seen += 1
            progress(StoreProgress("checking the folders of nodes", seen, of: report.nodes, "folders"))
        } quiet: {
            try QuietStore.make(layout) { progress(.waitingForWriters) }
        }
        for id in unknown {
            report.problems.append(
                FsckProblem(
                    file: layout.index,
                    detail: "it does not know \(id), which is whole; `swarm fsck --rebuild-index`",
                    nodes: [id]
                )
            )
        }
        try Files.eachName(in: layout.runs) { if !$0.hasPrefix(".") { report.runs += 1 } }
    }
}

extension SnapshotFailure {
    /// The file that a failure names.
    var file: String? {
        switch self {
        case .corruptChunk(let file, _, _), .packDamaged(let file, _), .packConflict(let file): file
        default: nil
        }
    }
}

extension EngineFailure {
    /// The file that a failure names.
    var file: String? {
        switch self {
        case .nodeDamaged(let file, _), .documentDamaged(let file, _), .documentMissing(let file): file
        default: nil
        }
    }
}
