internal import Glibc
internal import SwarmPlatform

/// Finds what a step's program needs of places that a strict sandbox does not show.
package enum ToolDiscovery {
    private static let visible = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/opt", "/etc"]
    private static let links = 16

    private struct Place {
        let home: String
        let isClosed: (String) -> Bool
    }

    /// Read-only mounts, each at its own path, for `PATH` entries under `home` and for the places where `program` and its
    /// interpreters are installed. The home itself, `~/.local`, whole folders at the top of the home, and what `isClosed`
    /// says of an installation's folder are never opened.
    package static func mounts(
        program: String,
        path: String,
        home: String,
        isClosed: @escaping (String) -> Bool = { _ in false }
    ) -> [Mount] {
        let entries = path.split(separator: ":").map(String.init).filter { $0.hasPrefix("/") }.map(Files.absolute)
        var found: Set<String> = []
        for entry in entries where PathName.lies(entry, under: home) && entry != home {
            if Files.realPath(entry).map(Files.kind) == .directory { found.insert(entry) }
        }
        var budget = links
        let place = Place(home: Files.absolute(home), isClosed: isClosed)
        follow(program, entries, place, &found, &budget)
        let kept = found.filter { path in !found.contains { $0 != path && PathName.lies(path, under: $0) } }
        return kept.sorted().map { Mount(host: $0, target: $0, writable: false) }
    }

    /// Notes where a program is installed, each link on the way to it, and its interpreter.
    private static func follow(
        _ program: String,
        _ entries: [String],
        _ place: Place,
        _ found: inout Set<String>,
        _ budget: inout Int
    ) {
        let candidates = program.hasPrefix("/") ? [program] : entries.map { $0 + "/" + program }
        guard budget > 0, program.hasPrefix("/") || !program.contains("/"),
            var hop = candidates.first(where: { access($0, X_OK) == 0 })
        else { return }
        while budget > 0 {
            budget -= 1
            note(hop, place, &found)
            guard Files.kind(hop) == .symbolicLink, let target = SystemView.link(hop) else { break }
            hop = Files.absolute(target.hasPrefix("/") ? target : Files.parent(of: hop) + "/" + target)
        }
        guard let real = Files.realPath(hop) else { return }
        note(real, place, &found)
        guard let interpreter = interpreter(of: real) else { return }
        follow(interpreter, entries, place, &found, &budget)
    }

    private static func note(_ path: String, _ place: Place, _ found: inout Set<String>) {
        if visible.contains(where: { PathName.lies(path, under: $0) }) { return }
        found.insert(prefix(of: path, home: place.home, isClosed: place.isClosed))
    }

    /// The folder that a program needs around it, or the program alone where that folder would open too much.
    static func prefix(of path: String, home: String, isClosed: (String) -> Bool = { _ in false }) -> String {
        let folder = Files.parent(of: path)
        var wanted = folder
        if let modules = before("/lib/node_modules/", in: path) {
            wanted = modules
        } else if ["bin", "sbin", "libexec"].contains(PathName.last(folder)) {
            wanted = Files.parent(of: folder)
        }
        for candidate in [wanted, folder] where isNarrow(candidate, home) && !isClosed(candidate) { return candidate }
        if PathName.last(folder) == "bin", folder != home, folder != "/bin", !isClosed(folder) { return folder }
        return path
    }

    private static func isNarrow(_ folder: String, _ home: String) -> Bool {
        let below = PathName.rest(of: folder, under: home).map(PathName.depth)
        if PathName.lies(home, under: folder) { return false }
        return (below ?? PathName.depth(folder)) >= 2
    }

    private static func before(_ part: String, in path: String) -> String? {
        var rest = Substring(path)
        var taken = 0
        while !rest.isEmpty {
            if rest.hasPrefix(part) { return String(path.prefix(taken)) }
            rest = rest.dropFirst()
            taken += 1
        }
        return nil
    }

    /// The interpreter on a script's first line; behind `env` the program that it looks up.
    private static func interpreter(of path: String) -> String? {
        guard let file = try? Descriptor.open(path, O_RDONLY | O_NONBLOCK) else { return nil }
        var buffer = [UInt8](repeating: 0, count: 256)
        let count = buffer.withUnsafeMutableBytes { (try? file.read(into: $0, at: 0)) ?? 0 }
        guard count > 2, buffer[0] == UInt8(ascii: "#"), buffer[1] == UInt8(ascii: "!") else { return nil }
        let line = buffer[2..<count].prefix { $0 != 10 }
        let words = String(decoding: line, as: UTF8.self).split { $0 == " " || $0 == "\t" }.map(String.init)
        guard let first = words.first, first.hasPrefix("/") else { return nil }
        guard PathName.last(first) == "env" else { return first }
        return words.dropFirst().first { !$0.hasPrefix("-") && !$0.contains("=") }
    }
}
