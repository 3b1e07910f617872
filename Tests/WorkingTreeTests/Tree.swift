import Glibc
import SwarmContracts
import SwarmPlatform
import TestTools

@testable import WorkingTree

/// A small tree as a value: what a folder holds, or should hold.
struct Tree: Equatable {
    enum Node: Equatable {
        case file(String, executable: Bool = false)
        case link(String)
        case folder
    }

    var nodes: [String: Node] = [:]

    init(_ nodes: [String: Node]) {
        for (path, node) in nodes { self[path] = node }
    }

    /// Setting a node makes the folders above it and drops what was below it.
    subscript(path: String) -> Node? {
        get { nodes[path] }
        set {
            for known in nodes.keys where known.hasPrefix(path + "/") {
                nodes[known] = newValue == .folder ? nodes[known] : nil
            }
            nodes[path] = newValue
            guard newValue != nil, let slash = path.lastIndex(of: "/") else { return }
            let parent = String(path[..<slash])
            if nodes[parent] != .folder { self[parent] = .folder }
            nodes[path] = newValue
        }
    }

    func state(_ path: String) -> FileState {
        switch nodes[path] {
        case .file(let text, let executable)?:
            let bytes = Array(text.utf8)
            return .file(executable: executable, sha256: .sha256(of: bytes), size: UInt64(bytes.count))
        case .link(let target)?: return .symlink(target: Array(target.utf8))
        case .folder?: return .directory
        case nil: return .absent
        }
    }

    func write(to folder: TemporaryFolder, under top: String = "") {
        for (path, node) in nodes.sorted(by: { $0.key < $1.key }) {
            let full = "\(folder.path)/\(top)\(path)"
            switch node {
            case .file(let text, let executable): folder.write(Array(text.utf8), to: top + path, executable: executable)
            case .link(let target): symlink(target, full)
            case .folder: mkdir(full, 0o755)
            }
        }
    }

    /// What a folder holds, our temporaries included.
    static func read(_ path: String) throws -> Tree {
        var tree = Tree([:])
        try read(try Folder(top: path), "", &tree)
        return tree
    }

    private static func read(_ folder: Folder, _ prefix: String, _ tree: inout Tree) throws {
        for name in try folder.names() {
            let path = prefix + String(decoding: name, as: UTF8.self)
            switch try folder.observe(name).state {
            case .file(let executable, _, _):
                let file = try Descriptor.open(
                    "\(folder.descriptor.path)/\(String(decoding: name, as: UTF8.self))",
                    O_RDONLY
                )
                tree.nodes[path] = .file(String(decoding: try Files.read(file), as: UTF8.self), executable: executable)
            case .symlink(let target): tree.nodes[path] = .link(String(decoding: target, as: UTF8.self))
            case .directory:
                tree.nodes[path] = .folder
                guard let inner = TreePath(name), case .folder(let next) = try folder.folder(inner) else { continue }
                try read(next, path + "/", &tree)
            case .absent, nil: continue
            }
        }
    }
}

/// What two trees say of each path, and the bytes behind it.
struct Change: ContentSource {
    let base: Tree
    let theirs: Tree
    var lies = false

    var changes: [PathChange] {
        Set(base.nodes.keys).union(theirs.nodes.keys).sorted().compactMap { path in
            let change = PathChange(path: Array(path.utf8), base: base.state(path), theirs: theirs.state(path))
            return change.base == change.theirs ? nil : change
        }
    }

    func contents(
        of change: PathChange,
        side: ChangeSide,
        into body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let tree = side == .base ? base : theirs
        guard case .file(let text, _)? = tree[String(decoding: change.path, as: UTF8.self)] else { return }
        try Array((lies ? text + "!" : text).utf8).withUnsafeBytes(body)
    }
}

/// A folder in which a user has worked, and a change for it.
struct Site {
    let folder: TemporaryFolder
    let change: Change
    var path: String { folder.path + "/work" }

    init(base: [String: Tree.Node], theirs: [String: Tree.Node], ours: [String: Tree.Node]) throws {
        try self.init(base: Tree(base), theirs: Tree(theirs), ours: Tree(ours))
    }

    init(base: Tree, theirs: Tree, ours: Tree) throws {
        folder = try TemporaryFolder()
        mkdir(folder.path + "/work", 0o755)
        ours.write(to: folder, under: "work/")
        change = Change(base: base, theirs: theirs)
    }

    func plan(_ style: ConflictStyle = .refuse) throws -> ApplyPlan {
        try WorkingTree.plan(directory: path, changes: change.changes, source: change, style: style)
    }

    @discardableResult
    func apply(
        _ style: ConflictStyle = .refuse,
        at hook: ((ApplyMoment) throws -> Void)? = nil
    ) throws -> ApplyReport {
        try WorkingTree.apply(try plan(style), source: change, testOnlyInterrupt: hook)
    }

    func tree() throws -> Tree { try Tree.read(path) }
}
