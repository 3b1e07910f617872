internal import ArgumentParser
internal import SwarmContracts
internal import SwarmEngine
internal import SwarmPlatform

/// The options that every command takes.
package struct GlobalOptions: ParsableArguments {
    @Flag(name: .long, help: "Print data and errors as JSON.")
    var json = false

    @Flag(name: .shortAndLong, help: "Say nothing but data and errors.")
    var quiet = false

    @Flag(name: .shortAndLong, help: "Say more; repeat for still more.")
    var verbose: Int

    @Flag(name: .customLong("no-color"), help: "No colour and no movement.")
    var noColour = false

    @Option(
        name: .long,
        help: ArgumentHelp("Take the settings under this name in the config files.", valueName: "name")
    )
    var profile: String?

    @Option(
        name: .long,
        help: ArgumentHelp("The store to use, instead of the nearest .swarm upwards.", valueName: "dir")
    )
    var store: String?

    package init() {}

    var console: Console {
        let loudness: Console.Loudness = quiet ? .quiet : verbose >= 2 ? .debug : verbose == 1 ? .verbose : .normal
        return Console(json: json, loudness: loudness, noColour: noColour)
    }
}

/// A command that acts: it declares its flags, and calls one deep function.
protocol Verb: ParsableCommand {
    var global: GlobalOptions { get }
    /// Does it; gives the exit code. Throws a `Failure`.
    func perform(_ context: Context) throws -> Int32
}

extension Verb {
    func perform() throws -> Int32 {
        let context = Context(options: global)
        do {
            return try perform(context)
        } catch let failure as any Failure {
            return Program.report(failure, to: context.console)
        }
    }

    // ArgumentParser's own entry, which it needs but `Program` never takes.
    func run() throws { _ = try perform() }
}
