internal import ArgumentParser
internal import SwarmContracts
internal import SwarmEngine

struct Config: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Show, set and unset defaults.",
        subcommands: [ConfigShow.self, ConfigSet.self, ConfigUnset.self]
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
        discussion: """
            With --profile (or SWARM_PROFILE) it is set under that name, and holds where the name is given.

              swarm config set run.route_mode none
              swarm config set --profile ci run.backend github
            """
    )

    @OptionGroup var global: GlobalOptions

    @Argument(help: ArgumentHelp("The setting.", valueName: "key"))
    var key: String

    @Argument(help: ArgumentHelp("Its value.", valueName: "value"))
    var value: String

    func perform(_ context: Context) throws -> Int32 {
        let path = try context.layout().config
        let profile = context.profile
        try Settings.set(key, value, profile: profile, in: path)
        context.console.json
            ? context.console.write([
                "key": .string(key), "value": .string(value), "file": .string(path), "profile": JSONValue(profile),
            ])
            : context.console.say("\(key) = \(value), in \(place(path, profile))")
        return 0
    }
}

struct ConfigUnset: Verb {
    static let configuration = CommandConfiguration(
        commandName: "unset",
        abstract: "Take a default out of the project's file.",
        discussion: "  swarm config unset run.route_mode"
    )

    @OptionGroup var global: GlobalOptions

    @Argument(help: ArgumentHelp("The setting.", valueName: "key"))
    var key: String

    func perform(_ context: Context) throws -> Int32 {
        let path = try context.layout().config
        let profile = context.profile
        let wasSet = try Settings.unset(key, profile: profile, in: path)
        context.console.json
            ? context.console.write([
                "key": .string(key), "was_set": .bool(wasSet), "file": .string(path), "profile": JSONValue(profile),
            ])
            : context.console.say("\(key) \(wasSet ? "is no longer" : "was not") set in \(place(path, profile))")
        return 0
    }
}

/// Where a setting stands, in words.
private func place(_ path: String, _ profile: String?) -> String {
    path + (profile.map { ", profile \(Name.shown($0))" } ?? "")
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
