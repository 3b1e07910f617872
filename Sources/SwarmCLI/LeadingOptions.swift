/// Global options before the command's name: `swarm --json log` is `swarm log --json`.
///
/// The parser takes an option where its command declares it, and every command declares the global ones.
enum LeadingOptions {
    private static let flags: Set<String> = ["--json", "--quiet", "-q", "--verbose", "-v", "-vv", "--no-color"]
    private static let options: Set<String> = ["--profile", "--store"]

    /// Moves the global options that stand first behind the command, before the `--` that ends swarm's own part.
    static func moved(_ arguments: [String]) -> [String] {
        var leading: [String] = []
        var rest = arguments[...]
        while let first = rest.first {
            if flags.contains(first) || options.contains(where: { first.hasPrefix($0 + "=") }) {
                leading.append(rest.removeFirst())
            } else if options.contains(first), rest.count > 1 {
                leading += [rest.removeFirst(), rest.removeFirst()]
            } else {
                break
            }
        }
        // Without a command behind them they are left for the parser to speak of.
        guard !leading.isEmpty, rest.first.map({ !$0.hasPrefix("-") }) == true else { return arguments }
        let end = rest.firstIndex(of: "--") ?? rest.endIndex
        return Array(rest[..<end]) + leading + Array(rest[end...])
    }
}
