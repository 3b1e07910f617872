package import SwarmContracts
internal import SwarmPlatform

/// Where things lie in a store. Paths are absolute.
package struct StoreLayout: Sendable {
    /// The store's folder, `.swarm` of a project.
    package let root: String

    package init(root: String) { self.root = root }

    /// The project directory: the folder that holds the store.
    package var project: String {
        guard let slash = root.lastIndex(of: "/"), slash != root.startIndex else { return "/" }
        return String(root[..<slash])
    }

    package var config: String { root + "/config.json" }
    package var index: String { root + "/index.db" }
    package var keys: String { root + "/keys" }
    package var rootKeys: String { keys + "/root.json" }
    package var packs: String { root + "/packs" }
    package var nodes: String { root + "/nodes" }
    package var runs: String { root + "/runs" }
    package var cache: String { root + "/cache" }
    package var tmp: String { root + "/tmp" }
    package var tokens: String { root + "/tokens" }
    /// See `WritePermit`.
    var writeLock: String { root + "/.write.lock" }
    var writeGate: String { root + "/.write.gate" }
    /// Held by the one `gc` at work.
    var collectLock: String { root + "/.gc.lock" }
    package var recipients: String { keys + "/recipients" }

    /// A node's public documents and sealed root.
    package func node(_ id: NodeID) -> NodeFolder { NodeFolder(path: "\(nodes)/\(id)") }

    /// What a run keeps.
    package func run(_ id: RunID) -> RunFolder { RunFolder(path: "\(runs)/\(id)") }
}

extension StoreLayout {
    /// Why no remote can be at a path: its folders would mingle with the store's, or with the project's files. Nil where one can.
    package func objection(toRemoteAt path: String) -> String? {
        let (path, root) = (Files.realPath(path) ?? path, Files.realPath(root) ?? root)
        if path == root || path.hasPrefix(root + "/") { return "it is the store, or lies in it" }
        return path == StoreLayout(root: root).project ? "it is the project's own directory" : nil
    }
}

/// The files of one node.
package struct NodeFolder: Sendable {
    package let path: String
    package var document: String { path + "/node.json" }
    package var descriptor: String { path + "/manifest.json" }
    package var sealedRoot: String { path + "/root.enc" }
    package var times: String { path + "/times.enc" }
    package var unverified: String { path + "/unverified" }
}

/// The files of one run.
package struct RunFolder: Sendable {
    package let path: String
    package var certificate: String { path + "/certificate.json" }
    package var result: String { path + "/result.json" }
    package var nextTokens: String { path + "/next_tokens.json" }
    package var policy: String { path + "/policy.json" }
    package var telemetry: String { path + "/telemetry.json" }
    package var attestation: String { path + "/attestation.sigstore.json" }
    package var log: String { path + "/log" }
    /// Held (flock) by the process that carries the run, for as long as it lives; it holds that process's id.
    package var lock: String { path + "/lock" }
    /// There while a run of a fan-out is asked to stop; see `Store.cancel`.
    package var cancelWord: String { path + "/cancel" }

    /// What a live run needs and a finished one does not.
    package var work: String { path + "/work" }
    package var request: String { work + "/request.json" }
    /// There from the moment when the step is executed: all before it is swarm's own work.
    package var begun: String { work + "/begun" }
    package var upper: String { work + "/upper" }
    package var overlayWork: String { work + "/overlay" }
    package var workspace: String { work + "/workspace" }
    package var home: String { work + "/home" }
    package var temporary: String { work + "/tmp" }
    package var exchange: String { work + "/step" }
    package var stateDatabase: String { exchange + "/state.db" }
    package var output: String { exchange + "/output" }
    package var metrics: String { exchange + "/metrics.json" }
    package var standardOutput: String { work + "/stdout" }
}
