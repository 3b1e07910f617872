internal import SwarmPlatform

/// The places inside a sandbox at which something is mounted. bubblewrap makes those that are not there, and follows links on
/// the way to them, out of the sandbox too.
enum MountPoints {
    /// Throws `.invalid` where a link that a step may have left stands on the way to a mount: in the home, in the workspace, or
    /// below a path that is opened for writing.
    static func check(_ request: StepRequest, _ operations: [SandboxOperation]) throws(SandboxFailure) {
        var written = [request.home.target: [request.home.host]]
        switch request.workspace {
        case .directory(let directory): written[request.workdir] = [directory]
        case .overlay(let lower, let upper, _): written[request.workdir] = [upper] + lower
        }
        for mount in request.mounts where mount.writable { written[mount.target] = [mount.host] }
        let targets = operations.map(\.target)
        for target in targets {
            let around = targets.filter { $0 != target && PathName.lies(target, under: $0) }
                .max { PathName.depth($0) < PathName.depth($1) }
            guard let around, let layers = written[around], let rest = PathName.rest(of: target, under: around) else {
                continue
            }
            if let link = link(on: rest, layers) {
                throw .invalid("\(target) cannot be put into the sandbox: a step left a link there, \(around)\(link)")
            }
        }
    }

    /// The first link on the way along `rest`; what the topmost layer has at a place hides the others.
    private static func link(on rest: String, _ layers: [String]) -> String? {
        var path = ""
        for part in rest.split(separator: "/") {
            path += "/" + part
            let kind = layers.lazy.compactMap { Files.kind($0 + path) }.first
            if kind == .symbolicLink { return path }
        }
        return nil
    }
}
