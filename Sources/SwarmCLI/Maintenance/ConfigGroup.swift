internal import ArgumentParser
internal import SwarmContracts
internal import SwarmEngine

struct Config: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Show and set defaults.",
        subcommands: [ConfigShow.self, ConfigSet.self]
    )
}

struct ConfigShow: Verb {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show every setting, its value, and where that comes from.",
        discussion: "Flags beat SWARM_* variables, those beat the project's file, that beats the user's."
    )

    @OptionGroup var global: GlobalOptions

    func perform(_ context: Context) throws -> Int32 {
        let settings = try context.settings()
        let named = settings.values.keys.filter { name in !Settings.keys.contains { $0.name == name } }
        let keys = Settings.keys + named.sorted().compactMap { Settings.key($0) }
        if context.console.json {
            context.console.write(
                .object(
                    Dictionary(
                        uniqueKeysWithValues: keys.map { key in
                            let value = settings.values[key.name]
                            return (
                                key.name,
                                [
                                    "value": JSONValue(value?.value), "origin": .string(value?.origin ?? "default"),
                                    "allowed": .array(key.values.map(JSONValue.string)),
                                ] as JSONValue
                            )
                        }
                    )
                )
            )
        } else {
            context.console.write(
                Table.rows(
                    keys.map { key in
                        let value = settings.values[key.name]
                        return [key.name, value?.value ?? "-", value?.origin ?? "default", key.help]
                    }
                )
            )
        }
        return 0
    }
}

struct ConfigSet: Verb {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Set a default in the project's file.",
        discussion: "  swarm config set run.route_mode none"
    )

    @OptionGroup var global: GlobalOptions

    @Argument(help: ArgumentHelp("The setting.", valueName: "key"))
    var key: String

    @Argument(help: ArgumentHelp("Its value.", valueName: "value"))
    var value: String

    func perform(_ context: Context) throws -> Int32 {
        let path = try context.layout().config
        try Settings.set(key, value, in: path)
        context.console.json
            ? context.console.write(["key": .string(key), "value": .string(value), "file": .string(path)])
            : context.console.say("\(key) = \(value), in \(path)")
        return 0
    }
}

struct Completions: Verb {
    static let configuration = CommandConfiguration(
        commandName: "completions",
        abstract: "Print completions for a shell: bash, zsh or fish.",
        discussion: "  swarm completions bash > ~/.local/share/bash-completion/completions/swarm"
    )

    @OptionGroup var global: GlobalOptions

    @Argument(help: "bash, zsh or fish.")
    var shell: String

    func perform(_ context: Context) throws -> Int32 {
        guard let shell = CompletionShell(rawValue: shell), ["bash", "zsh", "fish"].contains(shell.rawValue) else {
            throw UsageFailure(message: "'\(Name.shown(shell))' is none of bash, zsh, fish")
        }
        context.console.write(SwarmCommand.completionScript(for: shell) + "\n")
        return 0
    }
}
