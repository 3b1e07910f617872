internal import SwarmCapability
internal import SwarmContracts
internal import SwarmPlatform
internal import SwarmSnapshot
internal import SwarmState

/// The store's beginning: an empty workspace, an initial state database, step 0.
enum RootNode {
    /// Makes the root node. The same root secret makes the same node anywhere.
    static func make(in store: Store) throws -> NodeID {
        let temporary = try TemporaryFolder.make(in: store.layout.tmp)
        defer { temporary.remove() }
        let session = try WriteSession(store, temporary)
        defer { session.end() }
        let root = try SnapshotRoot.beginning(session, temporary)
        let identity = StepIdentity(
            keyID: store.keyring.current.keyID.description,
            parentNodeID: nil,
            operation: .initial,
            name: .runID(.root),
            ratchetStep: 0
        )
        let packs = try session.finish()
        let documents = try store.certifyRoot(identity, root)
        try store.write(documents, temporary: temporary)
        _ = try store.index.commit(documents.commit(parent: nil, packs: packs, at: Clock.nowSeconds()))
        try store.index.setMeta("root_node", documents.id.description)
        try store.index.removeRun(RunID.root.description)
        return documents.id
    }
}

extension SnapshotRoot {
    /// What root holds: an empty workspace, an initial state database. A worker makes it anew, to hold it to its descriptor.
    static func beginning(_ session: WriteSession, _ temporary: TemporaryFolder) throws -> SnapshotRoot {
        let database = temporary.path + "/state.db"
        try StateDatabase.create(at: database)
        return SnapshotRoot(
            workspace: try session.emptyTree(),
            state: try session.write(file: database),
            response: Content.empty,
            home: nil
        )
    }
}
