internal import ArgumentParser
internal import SwarmContracts
internal import SwarmEngine

struct Gc: Verb {
    static let configuration = CommandConfiguration(
        commandName: "gc",
        abstract: "Free what no node reaches.",
        discussion: """
            Every node stays, failed ones too, with all that leads to it. What goes: packs and chunks that no node reaches, \
            folders that crashes left, work of finished runs, temporary files, and cached trees beyond --cache-limit. What an \
            interrupted run left stays for `swarm run recover`, unless --forget-interrupted says otherwise.

            It may run beside steps, imports and everything else.
            """
    )

    @OptionGroup var global: GlobalOptions

    @Flag(help: "Say what would go, and leave it.")
    var dryRun = false

    @Option(
        help: ArgumentHelp(
            "Keep at most this much of cached trees: bytes, or a number with K, M, G or T. They are rebuilt when they are needed.",
            valueName: "size"
        )
    )
    var cacheLimit: ByteSize = ByteSize(bytes: 10 << 30)

    @Option(
        help: ArgumentHelp(
            "Forget runs that were interrupted this long ago or more, with their work, log and id: 7d, 12h, 30m.",
            valueName: "age"
        )
    )
    var forgetInterrupted: Age?

    func perform(_ context: Context) throws -> Int32 {
        var options = GarbageOptions()
        options.isDryRun = dryRun
        options.cacheLimit = cacheLimit.bytes
        options.forgetsInterrupted = forgetInterrupted?.seconds
        let store = try context.store()
        let progress = Progress(context.console)
        progress.begin("collecting")
        let report: GarbageReport
        do {
            defer { progress.end() }
            report = try GarbageCollector(store: store, options: options) { progress.show($0) }.run()
        }
        if context.console.json { context.console.write(Gc.json(report)) } else { Gc.say(report, context.console) }
        return 0
    }

    private static func json(_ report: GarbageReport) -> JSONValue {
        [
            "status": "ok", "dry_run": .bool(report.isDryRun), "nodes_kept": JSONValue(report.nodes),
            "freed_bytes": JSONValue(Int(clamping: report.freedBytes)),
            "packs_removed": JSONValue(report.packsRemoved), "packs_rewritten": JSONValue(report.packsRewritten),
            "packs_orphaned": JSONValue(report.packsOrphaned), "chunks_removed": JSONValue(report.chunksRemoved),
            "pack_bytes": .integer(report.packBytes),
            "dead_bytes_kept": JSONValue(Int(clamping: report.deadBytesKept)),
            "node_folders": JSONValue(report.nodeFolders), "run_folders": JSONValue(report.runFolders),
            "work_folders": JSONValue(report.workFolders),
            "interrupted_forgotten": .array(report.forgotten.map(JSONValue.string)),
            "cached_trees": JSONValue(report.cachedTrees), "cache_in_use": .bool(report.cacheInUse),
            "temporaries": JSONValue(report.temporaries), "folder_bytes": JSONValue(Int(clamping: report.folderBytes)),
        ]
    }

    private static func say(_ report: GarbageReport, _ console: Console) {
        let rows = [
            (report.packsRemoved, "pack that no node reaches", "packs that no node reaches"),
            (report.packsRewritten, "pack that was mostly dead, rewritten", "packs that were mostly dead, rewritten"),
            (report.packsOrphaned, "pack that an interrupted command left", "packs that interrupted commands left"),
            (report.chunksRemoved, "chunk that no node reaches", "chunks that no node reaches"),
            (report.nodeFolders, "folder of an unfinished node", "folders of unfinished nodes"),
            (report.runFolders, "folder of a run that never began", "folders of runs that never began"),
            (report.workFolders, "work folder of a finished run", "work folders of finished runs"),
            (report.forgotten.count, "interrupted run, forgotten", "interrupted runs, forgotten"),
            (report.cachedTrees, "cached tree", "cached trees"),
            (report.temporaries, "temporary folder", "temporary folders"),
        ]
        for (count, one, many) in rows where count > 0 { console.write("\(Quantity.count(count, one, many))\n") }
        if report.cacheInUse { console.say("running steps use the cached trees: those were left alone") }
        if report.deadBytesKept > 0 {
            console.say(
                "\(Quantity.bytes(report.deadBytesKept)) that nothing reaches stay in packs that are mostly needed",
                at: .verbose
            )
        }
        let verb = report.isDryRun ? "would free" : "freed"
        console.say(
            "\(verb) \(Quantity.bytes(report.freedBytes)); \(Quantity.count(report.nodes, "node")) kept"
        )
    }
}
