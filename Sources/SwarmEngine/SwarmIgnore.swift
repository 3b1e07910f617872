internal import GitIgnore
internal import SwarmPlatform
internal import SwarmSnapshot

/// The project's `.swarmignore`, in gitignore's syntax: what an import leaves out.
struct SwarmIgnore: IgnoreFilter {
    private let rules: IgnoreRules

    /// The rules of a directory; nil where it has none. Throws exit 2 where they are there and cannot be read: nothing is
    /// taken in that was to be left out.
    static func read(in directory: String) throws -> SwarmIgnore? {
        let path = directory + "/.swarmignore"
        guard let kind = Files.kind(path) else { return nil }
        guard kind == .regular, let bytes = try? Files.read(path, limit: 1 << 20) else {
            throw EngineFailure.pathInvalid(
                flag: "the project's",
                path: path,
                why: "it is no file of at most 1 MiB that can be read, and says what to leave out"
            )
        }
        return SwarmIgnore(rules: IgnoreRules(parsing: bytes))
    }

    func ignores(path: [UInt8], isDirectory: Bool) -> Bool {
        rules.ignoresEntry(path: path, isDirectory: isDirectory)
    }
}
