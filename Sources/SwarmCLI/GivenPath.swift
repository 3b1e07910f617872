internal import SwarmEngine
internal import SwarmPlatform

/// A path that a flag or an argument names, looked at before anything is done with it: what is wrong with it is exit 2 and
/// names it as it was given. `flag` is the flag, or what an argument is called in `--help`; nothing where there are several.
/// What is given back is the path's absolute form.
enum GivenPath {
    /// A file that is to be read: anything but a directory, links followed.
    @discardableResult
    static func file(_ given: String, _ flag: String = "") throws -> String {
        let path = try absolute(given, flag)
        switch try Files.targetKind(path) {
        case nil: throw refusal(given, flag, "there is no such file")
        case .directory: throw refusal(given, flag, "it is a directory")
        default: return path
        }
    }

    /// A directory that is to be read or worked in.
    static func folder(_ given: String, _ flag: String) throws -> String {
        let path = try absolute(given, flag)
        switch try Files.targetKind(path) {
        case nil: throw refusal(given, flag, "there is no such directory")
        case .directory: return path
        default: throw refusal(given, flag, "it is no directory")
        }
    }

    /// A file that is to be written. With `fresh` nothing may stand there yet.
    static func placeForFile(_ given: String, _ flag: String, fresh: Bool = false) throws -> String {
        let path = try absolute(given, flag)
        if fresh, Files.kind(path) != nil { throw refusal(given, flag, "it exists already; name a new file") }
        if try Files.targetKind(path) == .directory { throw refusal(given, flag, "it is a directory") }
        let parent = Files.parent(of: path)
        switch try Files.targetKind(parent) {
        case nil: throw refusal(given, flag, "there is no directory \(PathText.shown(parent))")
        case .directory: return path
        default: throw refusal(given, flag, "\(PathText.shown(parent)) is no directory")
        }
    }

    /// A directory that is to be written into, and made where it is missing, with those above it.
    static func placeForFolder(_ given: String, _ flag: String) throws -> String {
        let path = try absolute(given, flag)
        var place = path
        // A link that leads nowhere stands there, and no directory can be made in its place.
        while try Files.targetKind(place) == nil, Files.kind(place) == nil { place = Files.parent(of: place) }
        guard try Files.targetKind(place) == .directory else {
            throw refusal(given, flag, "\(place == path ? "it" : PathText.shown(place)) is no directory")
        }
        return path
    }

    private static func absolute(_ given: String, _ flag: String) throws -> String {
        // An empty variable of a script must not stand for the current directory.
        if given.isEmpty { throw refusal("''", flag, "no path is given") }
        return Files.absolute(given)
    }

    private static func refusal(_ path: String, _ flag: String, _ why: String) -> EngineFailure {
        .pathInvalid(flag: flag, path: PathText.shown(path), why: why)
    }
}
