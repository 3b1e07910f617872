/// Global options before or between the words of a command: `swarm --json run status` and `swarm run --json status` are
/// `swarm run status --json`.
///
/// The parser takes an option where its command declares it, and only the last word's command declares the global ones.
enum LeadingOptions {
    private static let flags: Set<String> = ["--json", "--quiet", "--verbose", "--no-color"]
    private static let options: Set<String> = ["--profile", "--store"]

    /// Moves the global options that stand before the command's last word behind it, before the `--` that ends swarm's own part.
    static func moved(_ arguments: [String]) -> [String] {
        var walk = CommandWalk()
        var words: [String] = []
        var leading: [String] = []
        var rest = arguments[...]
        while let first = rest.first, walk.isGroup {
            if let count = length(first, in: rest) {
                leading += rest.prefix(count)
                rest = rest.dropFirst(count)
            } else if walk.enter(first) {
                words.append(rest.removeFirst())
            } else {
                break
            }
        }
        // Without a command behind them they are left for the parser to speak of.
        guard !leading.isEmpty, !words.isEmpty || rest.first.map({ !$0.hasPrefix("-") }) == true else {
            return arguments
        }
        let end = rest.firstIndex(of: "--") ?? rest.endIndex
        return words + rest[..<end] + leading + rest[end...]
    }

    /// How many arguments the global option takes up that stands first; nil where none does.
    static func length(_ first: String, in rest: ArraySlice<String>) -> Int? {
        let isWhole = flags.contains(first) || isShort(first) || options.contains { first.hasPrefix($0 + "=") }
        if isWhole { return 1 }
        return options.contains(first) && rest.count > 1 ? 2 : nil
    }

    /// `-q`, `-v`, `-vvv`.
    private static func isShort(_ text: String) -> Bool {
        text.hasPrefix("-") && text.count > 1 && text.dropFirst().allSatisfy { $0 == "q" || $0 == "v" }
    }
}
