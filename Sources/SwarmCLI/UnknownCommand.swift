internal import ArgumentParser
internal import SwarmContracts
internal import TextDiff

/// The way from `swarm` down the words of a command.
struct CommandWalk {
    private var command: any ParsableCommand.Type = SwarmCommand.self
    private(set) var words: [String] = []

    /// Whether another word must follow.
    var isGroup: Bool { !command.configuration.subcommands.isEmpty }

    /// The words that may follow.
    var choices: [String] { command.configuration.subcommands.map(CommandWalk.name) }

    /// Goes on to the command of that name; false where there is none.
    mutating func enter(_ word: String) -> Bool {
        guard let next = command.configuration.subcommands.first(where: { CommandWalk.name($0) == word }) else {
            return false
        }
        command = next
        words.append(word)
        return true
    }

    /// The words of every command from here on, groups before what is in them.
    func all() -> [[String]] {
        choices.flatMap { choice in
            var next = self
            _ = next.enter(choice)
            return [next.words] + next.all()
        }
    }

    private static func name(_ command: any ParsableCommand.Type) -> String { command._commandName }
}

/// A word where a command's name must stand, and that is none. Looked for only once a command line could not be parsed.
struct UnknownCommand {
    static let hint = "`swarm --help` lists the commands; `swarm <command> --help` explains one"

    let message: String

    /// Nil where every word that must be a command's name is one.
    init?(in arguments: [String]) {
        var walk = CommandWalk()
        var rest = arguments[...]
        while walk.isGroup {
            guard let first = rest.first, first != "--" else { return nil }
            if let count = LeadingOptions.length(first, in: rest) {
                rest = rest.dropFirst(count)
                continue
            }
            guard !first.hasPrefix("-"), first != "help" else { return nil }
            guard walk.enter(first) else {
                self.init(first, at: walk)
                return
            }
            rest.removeFirst()
        }
        return nil
    }

    private init(_ word: String, at walk: CommandWalk) {
        let typed = (walk.words + [Name.shown(word)]).joined(separator: " ")
        let meant = UnknownCommand.meant(by: word, at: walk).map { "`swarm \($0.joined(separator: " "))`" }
        guard let last = meant.last else {
            message = "there is no command '\(typed)'"
            return
        }
        let others = meant.dropLast().joined(separator: ", ")
        message = "there is no command '\(typed)'; did you mean \(others.isEmpty ? "" : others + " or ")\(last)?"
    }

    /// The commands that the word may stand for: one that is spelt so elsewhere, else one spelt nearly so, here before elsewhere.
    private static func meant(by word: String, at walk: CommandWalk) -> [[String]] {
        let all = CommandWalk().all()
        let same = all.filter { $0.last == word }
        if !same.isEmpty { return Array(same.prefix(3)) }
        let here = NearNames.nearest(to: word, among: walk.choices)
        if !here.isEmpty { return here.map { walk.words + [$0] } }
        let names = Set(all.compactMap(\.last)).sorted()
        let near = Set(NearNames.nearest(to: word, among: names, limit: names.count))
        return Array(all.filter { $0.last.map(near.contains) == true }.prefix(3))
    }
}
