internal import ArgumentParser
internal import SwarmContracts
internal import SwarmEngine
internal import SwarmPlatform

struct Bundle: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bundle",
        abstract: "Move nodes as files.",
        subcommands: [BundleExportCommand.self, BundleImportCommand.self]
    )
}

struct BundleExportCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write a node as one encrypted file.",
        discussion: """
            The same node gives the same file in any store with the same keys, unless --with-times or \
            --with-attestation adds to it. With --since what that ancestor holds is left out.

              swarm bundle export @ node.tar
            """
    )

    @OptionGroup var global: GlobalOptions

    @Argument(help: ArgumentHelp("The node.", valueName: "ref"))
    var node: String

    @Argument(help: ArgumentHelp("The bundle file; - is standard output.", valueName: "file|-"))
    var file: String

    @Option(help: ArgumentHelp("An ancestor that the reader has.", valueName: "ref"))
    var since: String?

    @Flag(help: "Take the files' modification times along.")
    var withTimes = false

    @Flag(help: "Take the attestation along.")
    var withAttestation = false

    func validate() throws {
        if global.json, file == "-" { throw ValidationError("With --json write the bundle to a file.") }
    }

    func perform(_ context: Context) throws -> Int32 {
        let target = file == "-" ? file : try GivenPath.placeForFile(file, "FILE")
        let store = try context.store()
        let report = try Progress.during("writing the bundle", context.console) {
            try store.exportBundle(
                try store.resolve(node),
                to: target,
                since: try since.map { try store.resolve($0) },
                withTimes: withTimes,
                withAttestation: withAttestation
            )
        }
        if context.console.json {
            context.console.write([
                "node_id": .string(report.node.description), "file": .string(file), "chunks": JSONValue(report.chunks),
                "bytes": JSONValue(report.bytes), "bundle_file_sha256": .string(report.fileHash.description),
                "since": JSONValue(report.since?.description),
            ])
        } else {
            context.console.say(
                "\(report.node.short): \(Quantity.count(report.chunks, "chunk")), \(Quantity.bytes(report.bytes)), \(report.fileHash)"
            )
        }
        return 0
    }
}

struct BundleImportCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Take a node in from a bundle file.",
        discussion: """
            The store needs the key that the node was made under (`swarm init --import-key`). Every byte is opened and \
            checked before the node counts.
            """
    )

    @OptionGroup var global: GlobalOptions

    @Argument(help: ArgumentHelp("The bundle file; - is standard input.", valueName: "file|-"))
    var file: String

    func perform(_ context: Context) throws -> Int32 {
        if file != "-" { try GivenPath.file(file, "FILE") }
        let store = try context.store()
        let report = try Progress.during("reading the bundle", context.console) { try store.importBundle(file) }
        if context.console.json {
            context.console.write([
                "node_id": .string(report.node.description), "new": .bool(report.isNew),
                "chunks": JSONValue(report.chunks), "warnings": .array(report.warnings.map(JSONValue.string)),
            ])
        } else {
            for warning in report.warnings { context.console.warn(warning) }
            context.console.write("\(report.node)\n")
            context.console.say(
                report.isNew
                    ? "imported \(report.node.short), \(Quantity.count(report.chunks, "chunk"))"
                    : "\(report.node.short) was here already"
            )
        }
        return 0
    }
}
