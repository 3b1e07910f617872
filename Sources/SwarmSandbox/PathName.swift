/// Pure arithmetic on absolute paths without dots.
enum PathName {
    /// What follows `root` in `path`: empty where they are the same, else beginning with a slash; nil where `path` lies
    /// elsewhere.
    static func rest(of path: String, under root: String) -> String? {
        if path == root { return "" }
        if root == "/" { return path }
        guard path.hasPrefix(root), path.dropFirst(root.count).first == "/" else { return nil }
        return String(path.dropFirst(root.count))
    }

    /// Whether `path` is `root` or lies under it.
    static func lies(_ path: String, under root: String) -> Bool { rest(of: path, under: root) != nil }

    /// `rest`, as `rest(of:under:)` gives it, behind another root.
    static func join(_ root: String, _ rest: String) -> String {
        root == "/" ? (rest.isEmpty ? "/" : rest) : root + rest
    }

    /// How many names a path has.
    static func depth(_ path: String) -> Int { path.split(separator: "/").count }

    /// The last name.
    static func last(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? "/" }
}
