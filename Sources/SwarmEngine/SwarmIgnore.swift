internal import GitIgnore
internal import SwarmPlatform
internal import SwarmSnapshot

/// The project's `.swarmignore`, in gitignore's syntax: what an import leaves out.
struct SwarmIgnore: IgnoreFilter {
    private let rules: IgnoreRules

    /// The rules of a directory; nil where it has none.
    static func read(in directory: String) -> SwarmIgnore? {
        let path = directory + "/.swarmignore"
        guard Files.kind(path) == .regular, let bytes = try? Files.read(path, limit: 1 << 20) else { return nil }
        return SwarmIgnore(rules: IgnoreRules(parsing: bytes))
    }

    func ignores(path: [UInt8], isDirectory: Bool) -> Bool {
        rules.ignoresEntry(path: path, isDirectory: isDirectory)
    }
}
