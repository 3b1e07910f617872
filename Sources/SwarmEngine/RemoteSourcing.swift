internal import SwarmBackend
internal import SwarmContracts
internal import SwarmPlatform
internal import SwarmState

/// The hash of a file of any size.
enum FileHash {
    static func sha256(_ path: String) throws -> Digest256 {
        var hasher = Digest256.Hasher()
        try Files.stream(path) { hasher.update($0) }
        return hasher.finish()
    }
}

extension Store {
    /// Where a worker finds a node's bundle, and its public locator: the artifact of the run that made it.
    func remoteSource(of node: NodeID, place: String, now: Int64) throws -> (ParentSource, String) {
        func fail(_ why: String) -> RemoteRunFailure { .noBundle(node: node.description, why: why) }
        guard let row = try index.node(node), let id = try? RunID(stored: row.runID), let ledger = try remoteLedger(id)
        else { throw fail("it was made on this machine, and its bundle lies nowhere that a worker reaches") }
        guard ledger.place == place else { throw fail("its bundle is kept at \(ledger.place)") }
        guard let bundle = ledger.bundle, let handle = ledger.handle else { throw fail("its run kept no bundle") }
        if let end = ledger.expiresAt, end <= now { throw fail("the artifact of its run has expired") }
        let name = "state-bundle-\(id)"
        return (.artifact(run: handle.id, name: name, sha256: bundle.sha256), bundle.locator)
    }

    /// Has a node's whole bundle published for a worker.
    func published(_ node: NodeID, _ publish: (String) throws -> ParentSource) throws -> ParentSource {
        let temporary = try TemporaryFolder.make(in: layout.tmp)
        defer { temporary.remove() }
        let file = temporary.path + "/parent.tar"
        _ = try exportBundle(node, to: file, since: nil, withTimes: true, withAttestation: false)
        return try publish(file)
    }
}
