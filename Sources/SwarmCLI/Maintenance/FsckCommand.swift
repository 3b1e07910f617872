internal import ArgumentParser
internal import SwarmContracts
internal import SwarmEngine

struct Fsck: Verb {
    static let configuration = CommandConfiguration(
        commandName: "fsck",
        abstract: "Check everything in the store.",
        discussion: """
            Packs, nodes, every byte that a node reaches, the documents of the runs, the chain of certificates, and the \
            index against the files. Nothing is changed. With --rebuild-index the index is made anew first, from packs \
            and folders.
            """
    )

    @OptionGroup var global: GlobalOptions

    @Flag(help: "Make the index anew from packs and folders first.")
    var rebuildIndex = false

    func perform(_ context: Context) throws -> Int32 {
        if rebuildIndex {
            let progress = Progress(context.console)
            progress.begin("rebuilding the index")
            defer { progress.end() }
            try IndexRebuild.force(try context.layout()) { progress.show($0) }
            progress.end()
            context.console.say("the index is rebuilt")
        }
        let store = try context.store()
        let progress = Progress(context.console)
        progress.begin("checking")
        let report: FsckReport
        do {
            defer { progress.end() }
            report = try store.check { progress.show($0) }
        }
        if context.console.json {
            context.console.write([
                "status": report.problems.isEmpty ? "ok" : "damaged", "nodes": JSONValue(report.nodes),
                "chunks": JSONValue(report.chunks), "packs": JSONValue(report.packs), "runs": JSONValue(report.runs),
                "problems": .array(
                    report.problems.map { problem in
                        [
                            "file": .string(problem.file), "detail": .string(problem.detail),
                            "nodes": .array(problem.nodes.map { .string($0.description) }),
                        ]
                    }
                ),
            ])
        } else {
            for problem in report.problems {
                let nodes = problem.nodes.isEmpty ? "" : " (needed by \(Fsck.names(problem.nodes)))"
                // Most details name the file themselves.
                let named = problem.detail.contains(problem.file) ? "" : "\(problem.file): "
                context.console.write("\(named)\(problem.detail)\(nodes)\n")
            }
            context.console.say(
                "\(Quantity.count(report.nodes, "node")), \(Quantity.count(report.chunks, "chunk")), "
                    + "\(Quantity.count(report.packs, "pack")), \(Quantity.count(report.runs, "run")): "
                    + (report.problems.isEmpty ? "all whole" : Quantity.count(report.problems.count, "problem"))
            )
        }
        return report.problems.isEmpty ? 0 : FailureCategory.verification.exitCode
    }

    /// Nodes for a person; of many only the first.
    private static func names(_ nodes: [NodeID]) -> String {
        let shown = nodes.prefix(20).map(\.short).joined(separator: ", ")
        return nodes.count > 20 ? "\(shown) and \(nodes.count - 20) more" : shown
    }
}
