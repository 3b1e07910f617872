internal import ArgumentParser
internal import SwarmContracts
internal import SwarmEngine
internal import SwarmVerify

struct VerifyBundle: Verb {
    static let configuration = CommandConfiguration(
        commandName: "bundle",
        abstract: "Check a bundle file.",
        discussion: """
            Anyone can check that the documents belong together and that the sealed root is the one they name. In a \
            store that has the key the root is opened, and every byte below it; what does not open is a failed check.
            """
    )

    @OptionGroup var global: GlobalOptions

    @Argument(help: ArgumentHelp("The bundle file.", valueName: "file"))
    var file: String

    func perform(_ context: Context) throws -> Int32 {
        if file != "-" { try GivenPath.file(file, "FILE") }
        let store = (try? context.layout()) == nil ? nil : try context.store()
        return VerdictOutput(console: context.console).show(try BundleInspection.verify(file, with: store))
    }
}
