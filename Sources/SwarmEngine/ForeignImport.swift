internal import BundleArchive
package import SwarmCapability
package import SwarmContracts
internal import SwarmPlatform
internal import SwarmSnapshot
internal import SwarmState
internal import SwarmVerify

extension Store {
    /// Takes in the node of somebody else's store that a token opens: its content is sealed anew as an import of this
    /// store, and `label` stands at a fork of that. Throws exit 6 for a token that does not hold, exit 3 for a bundle that
    /// is not the token's node or does not open.
    package func fork(foreign token: CapabilityToken, bundle path: String, label: Label, now: Int64) throws
        -> ForkReport
    {
        try requireFree(label)
        let temporary = try TemporaryFolder.make(in: layout.tmp)
        defer { temporary.remove() }
        let bundle = try BundleDocuments(try Store.openArchive(path, temporary))
        try BundleVerifier.verify(bundle.link, content: .locked(chunks: [])).require()
        let document = try NodeDocument(reading: bundle.node)
        let descriptor = try BundleDescriptor(reading: bundle.descriptor)
        let own = recipientKey(of: token)
        // Whoever issued it vouches for nothing here but that the key opens: the content is checked byte by byte.
        let verified = try token.verify(
            trustedIssuers: [token.claims.issuer],
            audience: .recipient(own.publicKey.id),
            expectedNode: document.nodeID,
            expectedStep: descriptor.ratchetStep,
            now: now
        )
        let key = try verified.open(with: own)
        let root: SnapshotRoot
        do throws(SealedRootDefect) {
            root = try SnapshotRoot(opening: bundle.sealedRoot, of: descriptor, with: key)
        } catch { throw EngineFailure.importUntrusted("\(error.sentence), with this token") }
        try consume(token.claims.id, by: RunID.fork(label))
        let node = try takeIn(root, from: bundle, temporary)
        return try fork(node, label: label)
    }

    /// The key that a token is sealed for; the current one where that is none of this store's.
    private func recipientKey(of token: CapabilityToken) -> RecipientKey {
        let keys = keyring.all.map { $0.recipientKey() }
        return keys.first { token.claims.audience == .recipient($0.publicKey.id) } ?? keyring.current.recipientKey()
    }

    /// Builds the foreign tree in a private folder, every byte checked, and imports that under this store's keys.
    private func takeIn(_ foreign: SnapshotRoot, from bundle: BundleDocuments, _ temporary: TemporaryFolder) throws
        -> NodeID
    {
        let reader = reader.reading(from: ArchiveChunks(bundle.archive))
        let tree = temporary.path + "/tree"
        let database = temporary.path + "/state.db"
        let home = temporary.path + "/home"
        do {
            try Materialiser.build(
                tree: foreign.workspace,
                into: tree,
                reader: reader,
                times: nil,
                threads: WorkerThread.processorCount
            )
            try reader.write(foreign.state, to: database, mode: 0o600)
            if let kept = foreign.home {
                try Materialiser.build(
                    tree: kept,
                    into: home,
                    reader: reader,
                    times: nil,
                    threads: WorkerThread.processorCount
                )
            }
        } catch let failure as SnapshotFailure {
            throw EngineFailure.importUntrusted(failure.message)
        }
        let session = try WriteSession(self, temporary)
        defer { session.end() }
        let scan = try Snapshotter.scan(
            directory: tree,
            ignore: nil,
            previous: nil,
            parent: nil,
            writer: session.writer,
            reader: self.reader,
            threads: WorkerThread.processorCount
        )
        let kept = try foreign.home.map { _ in
            try Snapshotter.scan(
                directory: home,
                ignore: nil,
                previous: nil,
                parent: nil,
                writer: session.writer,
                reader: self.reader,
                threads: WorkerThread.processorCount
            ).tree
        }
        let content = SnapshotRoot(
            workspace: scan.tree,
            state: try session.write(file: database),
            response: Content.empty,
            home: kept
        )
        // The state comes along, so it is part of what tells one such import from another.
        let facts = Digest256.sha256(of: content.workspaceFacts.bytes + content.stateFacts.bytes)
        return try commitImport(of: content, facts: facts, { scan.times }, session, temporary, under: node(rootNode()))
            .0
    }
}
