internal import ArgumentParser
internal import SwarmContracts

struct Schema: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Check documents against their schemas.",
        subcommands: [SchemaValidate.self]
    )
}

struct SchemaValidate: Verb {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Check a document against its schema.",
        discussion:
            "The schemas are in schemas/ of the source: \(DocumentSchema.all.map(\.name).joined(separator: ", "))."
    )

    @OptionGroup var global: GlobalOptions

    @Option(help: ArgumentHelp("Name of the schema; see above.", valueName: "name"))
    var schema: String

    @Option(help: ArgumentHelp("The document (a file or -).", valueName: "file"))
    var file: String

    func perform(_ context: Context) throws -> Int32 {
        guard let known = DocumentSchema.named(schema) else {
            let names = DocumentSchema.all.map(\.name).joined(separator: ", ")
            throw UsageFailure(message: "--schema: '\(Name.shown(schema))' is none of \(names)")
        }
        let bytes = try Passphrase.readBytes(file)
        let value: JSONValue
        do {
            value = try JSONParser.parse(bytes)
        } catch {
            throw DocumentFailure.syntax(document: known.name, reason: error.reason, offset: error.offset)
        }
        let violations = known.validate(value)
        if let first = violations.first {
            let failure: DocumentFailure =
                first.critical
                ? .critical(document: known.name, path: first.path)
                : .invalid(document: known.name, path: first.path, expected: first.expected)
            if context.console.json {
                context.console.write([
                    "status": "error", "error": Console.errorBody(failure),
                    "violations": .array(
                        violations.map { ["path": .string($0.path), "expected": .string($0.expected)] }
                    ),
                ])
            } else {
                for violation in violations { context.console.write("\(violation.path): \(violation.expected)\n") }
                context.console.report(failure)
            }
            return failure.category.exitCode
        }
        context.console.json
            ? context.console.write(["status": "valid", "schema": .string(known.name)])
            : context.console.say("\(file) is a valid \(known.name)")
        return 0
    }
}
