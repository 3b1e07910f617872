internal import SwarmPlatform

/// The stores that a step would see through the paths which are opened for it.
struct StoreSearch {
    /// Folders of stores, to be hidden.
    private(set) var stores: [String] = []
    /// Paths that hold more folders than are looked through.
    private(set) var incomplete: [String] = []

    /// How far the search goes: names below an opened path, and folders that are listed.
    private struct Bound {
        let depth: Int
        let folders: Int

        /// For what a person opened.
        static let asked = Bound(depth: 8, folders: 20_000)
        /// For where a program is installed, in every run: a folder with a store right in it is never opened for that.
        static let installed = Bound(depth: 2, folders: 500)
    }

    // The system's, and what programs fill with thousands of folders of their own.
    private static let skippedPaths: Set<String> = ["/proc", "/sys", "/dev", "/usr"]
    private static let skippedNames: Set<String> = [".git", "node_modules"]

    init() {}

    /// Searches what was asked for by name and what is opened for a program. Throws exit 2 where a path that was asked for is
    /// a store or lies in one.
    init(asked: [String], installed: [String]) throws(EngineFailure) {
        for path in asked {
            guard StoreSearch.store(around: path) == nil else {
                throw .pathInvalid(flag: "the opened path", path: path, why: "it lies in a store, and a step sees none")
            }
            if !search(path, .asked) { incomplete.append(path) }
        }
        for path in installed { _ = search(path, .installed) }
    }

    /// Whether a program's folder must not be opened as a whole: it is a store, or the folder of a project with one.
    static func holdsStore(_ folder: String) -> Bool { isStore(folder) || isStore(folder + "/.swarm") }

    /// The store that a path is or lies in; nil where it lies in none.
    static func store(around path: String) -> String? {
        var place = Files.realPath(path) ?? Files.absolute(path)
        while place != "/" {
            if isStore(place) { return place }
            place = Files.parent(of: place)
        }
        return nil
    }

    /// A store may have any name; its key may be lost.
    private static func isStore(_ folder: String) -> Bool {
        if Files.kind(folder + "/keys/root.json") != nil { return true }
        guard folder.hasSuffix("/.swarm") else { return false }
        return Files.kind(folder + "/keys") == .directory || Files.kind(folder + "/nodes") == .directory
    }

    /// Level after level, so that of too many folders those near the top are looked at. False where there are too many.
    private mutating func search(_ path: String, _ bound: Bound) -> Bool {
        guard let root = Files.realPath(path), Files.kind(root) == .directory else { return true }
        var level = [root]
        var left = bound.folders
        for _ in 0...bound.depth {
            var next: [String] = []
            for folder in level {
                if left == 0 { return false }
                left -= 1
                let names = (try? Files.folders(in: folder)) ?? []
                if names.contains("keys"), StoreSearch.isStore(folder) {
                    stores.append(folder)
                    continue
                }
                let prefix = folder == "/" ? "/" : folder + "/"
                for name in names where !StoreSearch.skippedNames.contains(name) {
                    let child = prefix + name
                    // Settings and trusted roots lie in a folder of this name too.
                    if name == ".swarm" { stores.append(child) } else { next.append(child) }
                }
            }
            level = next.filter { !StoreSearch.skippedPaths.contains($0) }
            if level.isEmpty { break }
        }
        return true
    }
}
