package import SwarmContracts
internal import SwarmPlatform
internal import SwarmSnapshot
internal import SwarmState
internal import SwarmVerify

/// Something in a store that does not hold.
package struct FsckProblem: Sendable {
    /// The file that is damaged or missing, or `index.db`.
    package let file: String
    package let detail: String
    /// Nodes that need it.
    package let nodes: [NodeID]
}

/// What a check of a whole store found.
package struct FsckReport: Sendable {
    package var problems: [FsckProblem] = []
    package var nodes = 0
    package var chunks = 0
    package var packs = 0
    package var runs = 0
}

extension Store {
    /// Checks everything: packs, node folders, sealed roots, every chunk that a node reaches, run documents, the chain of
    /// certificates, and the index against the files. Nothing is written.
    package func check(progress: (String) -> Void) throws -> FsckReport {
        var report = FsckReport()
        if let problem = try index.integrityProblem() {
            report.problems.append(FsckProblem(file: layout.index, detail: problem, nodes: []))
        }
        progress("packs")
        try checkPacks(&report)
        progress("nodes")
        try checkNodes(&report, progress: progress)
        try checkFolders(&report)
        return report
    }

    private func checkPacks(_ report: inout FsckReport) throws {
        var after: Digest256?
        while true {
            let page = try index.packs(after: after, limit: 1000)
            for pack in page {
                report.packs += 1
                let path = PackFile.path(of: pack, in: layout.packs)
                do {
                    _ = try PackFile.readTable(path)
                } catch {
                    report.problems.append(FsckProblem(file: path, detail: message(of: error), nodes: []))
                }
            }
            guard page.count == 1000, let last = page.last else { return }
            after = last
        }
    }

    private func checkNodes(_ report: inout FsckReport, progress: (String) -> Void) throws {
        let content = ContentCheck(reader: reader)
        var after: Int64 = 0
        while true {
            let page = try index.nodesPage(after: after, limit: 500)
            for row in page {
                report.nodes += 1
                check(row, content, &report)
            }
            progress("\(report.nodes) nodes, \(content.chunks) chunks")
            guard page.count == 500, let last = page.last else { break }
            after = last.sequence
        }
        report.chunks = content.chunks
    }

    private func check(_ row: NodeRow, _ content: ContentCheck, _ report: inout FsckReport) {
        do {
            let node = try node(row.id)
            if node.descriptor.bundleSHA256 != row.bundleSHA256 || node.runID.description != row.runID {
                report.problems.append(
                    FsckProblem(
                        file: layout.index,
                        detail: "its row of \(row.id) differs from the files",
                        nodes: [row.id]
                    )
                )
            }
            try content.check(node.root)
        } catch let failure as SnapshotFailure {
            report.problems.append(
                FsckProblem(file: failure.file ?? layout.packs, detail: failure.message, nodes: [row.id])
            )
        } catch let failure as EngineFailure {
            report.problems.append(
                FsckProblem(file: failure.file ?? layout.node(row.id).path, detail: failure.message, nodes: [row.id])
            )
        } catch {
            report.problems.append(
                FsckProblem(file: layout.node(row.id).path, detail: message(of: error), nodes: [row.id])
            )
        }
        checkDocuments(row, &report)
    }

    /// The node's documents against its parent's: a chain of two links at a time.
    private func checkDocuments(_ row: NodeRow, _ report: inout FsckReport) {
        guard row.parent != nil else { return }
        let verdict = BundleVerifier.verify(evidence.link(row.id), chunks: [])
        if let failure = verdict.firstFailure {
            report.problems.append(
                FsckProblem(
                    file: layout.runs + "/" + row.runID,
                    detail: "\(failure.name): \(failure.detail)",
                    nodes: [row.id]
                )
            )
        }
        guard let parent = row.parent, let parentRow = try? index.node(parent), parentRow.operation != "init" else {
            return
        }
        guard let run = try? RunID(stored: row.runID), let parentRun = try? RunID(stored: parentRow.runID),
            let certificate = certificate(of: run), let bytes = try? Files.read(layout.run(parentRun).certificate)
        else { return }
        if certificate.parentCertificateSHA256 != Digest256.sha256(of: bytes) {
            report.problems.append(
                FsckProblem(
                    file: layout.run(run).certificate,
                    detail: "it does not name its parent's certificate",
                    nodes: [row.id]
                )
            )
        }
    }

    /// Folders that the index does not know: a crash between two writes leaves them, and they are no damage unless they
    /// are whole.
    private func checkFolders(_ report: inout FsckReport) throws {
        try Files.eachName(in: layout.nodes) { name in
            guard let id = NodeID(name), try index.node(id) == nil, isBeyondIndex(id) else { return }
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

    private func message(of error: any Error) -> String {
        (error as? any Failure)?.message ?? "\(error)"
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
