internal import SwarmContracts
internal import SwarmPlatform
internal import SwarmState

#if canImport(Glibc)
internal import Glibc
#endif

/// The run id of a node that comes in from elsewhere, kept until the node is in the index: no run of this store begins
/// under it meanwhile.
struct RunClaim {
    private let folder: RunFolder
    /// nil for the root, which no run made.
    private let lock: FileLock?

    /// Takes the id for `node`, waiting while another process takes in a node of the same run. nil where the id belongs to a
    /// run of this store that goes on, was interrupted, or made another node.
    static func take(_ store: Store, _ node: NodeID, _ descriptor: BundleDescriptor) throws -> RunClaim? {
        let folder = store.layout.run(descriptor.runID)
        let isRoot = descriptor.identity.operation == .initial
        while true {
            let lock = isRoot ? nil : try RunLock.take(folder, store.layout)
            if let row = try store.index.run(descriptor.runID.description), row.node != node {
                lock?.release()
                return nil
            }
            if isRoot || lock != nil { return RunClaim(folder: folder, lock: lock) }
            // A run writes its row as soon as it has the lock: who holds it without one takes something in.
            usleep(20_000)
        }
    }

    /// Gives the id back. Nothing stays of a claim under which no node came in.
    func release() {
        guard let lock else { return }
        try? Files.remove(folder.lock)
        rmdir(folder.path)
        lock.release()
    }
}
