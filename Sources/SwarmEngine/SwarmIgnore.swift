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

extension StoreLayout {
    /// Whether an import of the project takes in what lies in a directory: it lies in the project, and no rule leaves it out.
    package func takesIn(_ directory: String) -> Bool {
        let directory = Files.realPath(directory) ?? directory
        let project = Files.realPath(project) ?? project
        guard directory.hasPrefix(project + "/") else { return false }
        guard let ignore = try? SwarmIgnore.read(in: project) else { return true }
        var path: [UInt8] = []
        for part in directory.utf8.dropFirst(project.utf8.count + 1).split(separator: 0x2f) {
            path += (path.isEmpty ? [] : [0x2f]) + part
            if ignore.ignores(path: path, isDirectory: true) { return false }
        }
        return true
    }
}
