internal import ArgumentParser
internal import SwarmContracts
internal import SwarmEngine
internal import SwarmPlatform

struct Checkout: Verb {
    static let configuration = CommandConfiguration(
        commandName: "checkout",
        abstract: "Get a node's files out into a new directory.",
        discussion:
            "The directory must not exist, or be empty. To bring changes into a directory with files use `swarm apply`."
    )

    @OptionGroup var global: GlobalOptions

    @Argument(help: ArgumentHelp("The node.", valueName: "ref"))
    var node: String

    @Argument(help: ArgumentHelp("The new directory.", valueName: "dir"))
    var directory: String

    func perform(_ context: Context) throws -> Int32 {
        let target = Files.absolute(directory)
        // What stands there already is for the checkout itself to refuse.
        if directory.isEmpty || Files.kind(target) == nil { _ = try GivenPath.placeForFolder(directory, "DIR") }
        let store = try context.store()
        let opened = try context.node(node, in: store)
        try Progress.during("writing \(directory)", context.console) {
            try store.checkout(opened, to: target)
        }
        if context.console.json {
            context.console.write(["node_id": .string(opened.id.description), "directory": .string(directory)])
        } else {
            context.console.say("\(opened.id.short) is in \(directory)")
        }
        return 0
    }
}
