internal import SwarmEngine
internal import SwarmPlatform

/// A path that a flag or an argument names, looked at before anything is done with it: what is wrong with it is exit 2 and
/// names it. `flag` is the flag, or what an argument is called in `--help`; nothing where there are several.
enum GivenPath {
    /// A file that is to be read: anything but a directory, links followed.
    static func requireFile(_ path: String, _ flag: String = "") throws {
        switch try Files.targetKind(path) {
        case nil: throw refusal(path, flag, "there is no such file")
        case .directory: throw refusal(path, flag, "it is a directory")
        default: return
        }
    }

    /// A directory that is to be read or worked in.
    static func requireFolder(_ path: String, _ flag: String) throws {
        switch try Files.targetKind(path) {
        case nil: throw refusal(path, flag, "there is no such directory")
        case .directory: return
        default: throw refusal(path, flag, "it is no directory")
        }
    }

    /// A file that is to be written. With `fresh` nothing may stand there yet.
    static func requirePlaceForFile(_ path: String, _ flag: String, fresh: Bool = false) throws {
        if fresh, Files.kind(path) != nil { throw refusal(path, flag, "it exists already; name a new file") }
        if try Files.targetKind(path) == .directory { throw refusal(path, flag, "it is a directory") }
        let parent = Files.parent(of: path)
        switch try Files.targetKind(parent) {
        case nil: throw refusal(path, flag, "there is no directory \(PathText.shown(parent))")
        case .directory: return
        default: throw refusal(path, flag, "\(PathText.shown(parent)) is no directory")
        }
    }

    /// A directory that is to be written into, and made where it is missing, with those above it.
    static func requirePlaceForFolder(_ path: String, _ flag: String) throws {
        var place = path
        while true {
            switch try Files.targetKind(place) {
            case .directory: return
            case nil where Files.kind(place) == nil && place != Files.parent(of: place):
                place = Files.parent(of: place)
            default:
                throw refusal(path, flag, "\(place == path ? "it" : PathText.shown(place)) is no directory")
            }
        }
    }

    private static func refusal(_ path: String, _ flag: String, _ why: String) -> EngineFailure {
        .pathInvalid(flag: flag, path: PathText.shown(path), why: why)
    }
}
