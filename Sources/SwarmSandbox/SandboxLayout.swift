internal import SwarmPlatform

/// One thing done to the sandbox's file tree.
enum SandboxOperation: Equatable {
    case bind(Mount)
    case link(String, at: String)
    case folder(String)
    /// An empty, read-only folder over one that must not be seen.
    case maskFolder(String)
    /// Nothing readable or executable over a file that must not be seen.
    case maskFile(String)
    /// A memory file system, writable.
    case memory(String)
    case processes
    case devices

    /// Where it happens, inside.
    var target: String {
        switch self {
        case .bind(let mount): mount.target
        case .link(_, let path), .folder(let path), .maskFolder(let path), .maskFile(let path), .memory(let path): path
        case .processes: "/proc"
        case .devices: "/dev"
        }
    }
}

/// The file tree of a strict sandbox, as a list that can be applied from first to last.
struct SandboxLayout {
    private(set) var operations: [SandboxOperation] = []

    // Where kernel settings lie. A step that runs as root owns these files, and no capability is asked to write them.
    private static let kernelSettings = ["acpi", "bus", "fs", "irq", "mtrr", "scsi", "sys", "sysrq-trigger"]

    /// Lays out `request` with its workspace at the host path `workspace`. `secrets` are host paths masked for everyone,
    /// `tools` the policy's rules about programs.
    init(_ request: StepRequest, workspace: String, secrets: [String], tools: ToolRules) {
        let everything = request.mounts.contains { $0.target == "/" }
        operations = [.processes, .devices, .memory("/dev/shm")]
        for name in SandboxLayout.kernelSettings {
            let path = "/proc/" + name
            guard Files.kind(path) != nil else { continue }
            operations.append(.bind(Mount(host: path, target: path, writable: false)))
        }
        for path in SystemView.folders where Files.kind(path) == .directory {
            operations.append(.bind(Mount(host: path, target: path, writable: false)))
        }
        operations.append(.bind(Mount(host: request.temporary, target: "/tmp", writable: true)))
        if everything {
            operations.append(.bind(Mount(host: request.temporary, target: "/var/tmp", writable: true)))
        } else {
            operations += SystemView.programFolders()
            operations += [.folder("/run"), .folder("/var"), .link("../tmp", at: "/var/tmp")]
            if let mount = SystemView.resolverConfiguration() { operations.append(.bind(mount)) }
        }
        operations.append(.bind(Mount(host: request.home.host, target: request.home.target, writable: true)))
        operations.append(.bind(Mount(host: workspace, target: request.workdir, writable: true)))
        operations += request.mounts.map { .bind($0) }
        operations += tools.links
        mask(request.hidden + secrets + tools.blocked)
        sort()
    }

    /// Covers each host path wherever it can be seen.
    private mutating func mask(_ paths: [String]) {
        let mounts = operations.enumerated().compactMap { index, operation -> Place? in
            guard case .bind(let mount) = operation else { return nil }
            return Place(mount: mount, host: Files.realPath(mount.host) ?? mount.host, index: index)
        }
        var masks: [String: SandboxOperation] = [:]
        for path in Set(paths) {
            guard let real = Files.realPath(path) else { continue }
            let folder = Files.kind(real) == .directory
            for place in mounts {
                // A mount of the hidden path itself, or of something in it, was asked for by name.
                guard let rest = PathName.rest(of: real, under: place.host), !rest.isEmpty else { continue }
                let inside = PathName.join(place.mount.target, rest)
                guard governing(inside, mounts)?.index == place.index else { continue }
                masks[inside] = folder ? .maskFolder(inside) : .maskFile(inside)
            }
        }
        let covered = masks.keys.filter { path in
            masks.keys.contains { mask in
                // What a mount in the mask shows again needs a mask of its own.
                mask != path && PathName.lies(path, under: mask)
                    && !mounts.contains { place in
                        PathName.lies(place.mount.target, under: mask) && PathName.lies(path, under: place.mount.target)
                    }
            }
        }
        for path in covered { masks[path] = nil }
        operations += masks.values.sorted { $0.target < $1.target }
    }

    private struct Place {
        let mount: Mount
        let host: String
        let index: Int
    }

    /// The mount that decides what is seen at a path: the deepest, and of two at one place the later.
    private func governing(_ path: String, _ mounts: [Place]) -> Place? {
        mounts.filter { PathName.lies(path, under: $0.mount.target) }.max { left, right in
            (PathName.depth(left.mount.target), left.index) < (PathName.depth(right.mount.target), right.index)
        }
    }

    /// The bind that decides what is seen at a path inside, and the host path it shows; nil where nothing is bound.
    func source(of path: String) -> (mount: Mount, host: String)? {
        var best: (operation: SandboxOperation, depth: Int)?
        for operation in operations where PathName.lies(path, under: operation.target) {
            if best.map({ $0.depth <= PathName.depth(operation.target) }) ?? true {
                best = (operation, PathName.depth(operation.target))
            }
        }
        guard case .bind(let mount)? = best?.operation, let rest = PathName.rest(of: path, under: mount.target) else {
            return nil
        }
        return (mount, PathName.join(mount.host, rest))
    }

    /// Outer places come before those inside them; what stands at one place keeps its order.
    private mutating func sort() {
        operations = operations.enumerated()
            .sorted { (PathName.depth($0.element.target), $0.offset) < (PathName.depth($1.element.target), $1.offset) }
            .map(\.element)
    }
}
