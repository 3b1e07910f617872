/// The thin workflow of a person's repository that calls the pinned one.
enum CallerWorkflow {
    /// What the first `uses:` of a reusable workflow names; nil where there is none.
    static func uses(in text: String) -> String? {
        for line in text.split(separator: "\n") {
            let trimmed = line.drop { $0 == " " || $0 == "-" }
            guard trimmed.hasPrefix("uses:") else { continue }
            let value = trimmed.dropFirst(5).drop { $0 == " " }.prefix { $0 != " " && $0 != "#" && $0 != "\r" }
            let plain = value.filter { $0 != "\"" && $0 != "'" }
            if plain.contains("/.github/workflows/") { return plain }
        }
        return nil
    }
}
