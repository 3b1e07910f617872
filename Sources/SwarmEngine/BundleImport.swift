internal import BundleArchive
internal import SwarmCapability
package import SwarmContracts
internal import SwarmPlatform
internal import SwarmSnapshot
internal import SwarmState
internal import SwarmVerify

/// What an import of a bundle brought.
package struct BundleImportReport: Sendable {
    package let node: NodeID
    /// False where the node was here already.
    package let isNew: Bool
    package let chunks: Int
    package let warnings: [String]
}

/// The documents of a bundle file, as read.
struct BundleDocuments {
    let archive: BundleArchive.Reader
    let node: [UInt8]
    let descriptor: [UInt8]
    let sealedRoot: [UInt8]
    let certificate: [UInt8]?
    let result: [UInt8]?
    let policy: [UInt8]?
    let attestation: [UInt8]?
    let times: [UInt8]?

    init(_ archive: BundleArchive.Reader) throws {
        self.archive = archive
        func required(_ name: BundleArchive.MemberName) throws -> [UInt8] {
            guard let member = archive.member(name) else {
                throw EngineFailure.importUntrusted("it holds no \(name.path)")
            }
            return try archive.read(member)
        }
        func optional(_ name: BundleArchive.MemberName) throws -> [UInt8]? {
            try archive.member(name).map { try archive.read($0) }
        }
        node = try required(.document("node.json"))
        descriptor = try required(.manifest)
        sealedRoot = try required(.root)
        certificate = try optional(.document("certificate.json"))
        result = try optional(.document("result.json"))
        policy = try optional(.document("policy.json"))
        attestation = try optional(.document("attestation.sigstore.json"))
        times = try optional(.times)
    }

    /// The documents as the verifier takes them.
    var link: ChainLink {
        ChainLink(
            node: node,
            descriptor: descriptor,
            sealedRoot: .bytes(sealedRoot),
            certificate: certificate,
            result: result,
            policy: policy,
            nextTokens: nil,
            attestation: attestation
        )
    }

    /// Throws exit 3 where the file holds a chunk that the node does not reach. Nobody has opened it; once the index named it,
    /// it would stand for whatever a later snapshot gives the same name.
    func refuseStrangers(_ root: SnapshotRoot, reader: ContentReader) throws {
        if let name = try strangers(root, reader: reader).first {
            let short = name.hex.prefix(16)
            throw EngineFailure.importUntrusted("it holds the chunk \(short), which its node does not reach")
        }
    }

    /// The chunks of the file that the node does not reach.
    func strangers(_ root: SnapshotRoot, reader: ContentReader) throws -> [Digest256] {
        var reached: Set<Digest256> = []
        try ChunkWalk.collect(root.contents, reader: reader, into: &reached)
        return chunks.filter { !reached.contains($0) }
    }

    /// The names of the chunks that lie in the file.
    var chunks: [Digest256] {
        archive.chunks.compactMap { member in if case .chunk(let name) = member.name { name } else { nil } }
    }

    /// The documents as a store keeps them, with those of the run that made the node.
    func nodeDocuments(_ document: NodeDocument, _ descriptor: BundleDescriptor, run: RunDocuments?) -> NodeDocuments {
        NodeDocuments(
            identity: descriptor.identity,
            id: document.nodeID,
            node: node,
            descriptor: self.descriptor,
            descriptorHash: descriptor.bundleSHA256,
            stateID: descriptor.stateID,
            sealedRoot: sealedRoot,
            sealedTimes: times,
            run: run
        )
    }
}

extension Store {
    /// Takes a node in from a bundle file that was made under one of this store's keys. Every chunk is opened and checked
    /// before it counts. Throws exit 2 for an archive that is malformed, exit 3 for one that does not hold.
    package func importBundle(_ path: String) throws -> BundleImportReport {
        let temporary = try TemporaryFolder.make(in: layout.tmp)
        defer { temporary.remove() }
        let bundle = try BundleDocuments(try Store.openArchive(path, temporary))
        try BundleVerifier.verify(bundle.link, content: .locked(chunks: [])).require()
        let document = try NodeDocument(reading: bundle.node)
        let descriptor = try BundleDescriptor(reading: bundle.descriptor)
        guard (try? readKey(of: descriptor.identity)) != nil else {
            throw EngineFailure.keyWrong(
                "the bundle was made under \(descriptor.identity.keyID)",
                hint: "\(EngineFailure.howToBringAKey); with a token for the node, use "
                    + "`swarm state fork --state-cap FILE --bundle FILE`"
            )
        }
        if try index.node(document.nodeID) != nil {
            return BundleImportReport(node: document.nodeID, isNew: false, chunks: 0, warnings: [])
        }
        guard let claim = try RunClaim.take(self, document.nodeID, descriptor) else {
            throw EngineFailure.importConflict("the run id '\(descriptor.runID)' belongs to another run here")
        }
        defer { claim.release() }
        if try index.node(document.nodeID) != nil {
            return BundleImportReport(node: document.nodeID, isNew: false, chunks: 0, warnings: [])
        }
        let session = try WriteSession(self, temporary)
        defer { session.end() }
        // Packs of an import that fails from here on stay for `gc`: another import may have made and committed the same.
        let packs = try storeChunks(of: bundle, session)
        return try finishImport(bundle, document, descriptor, packs, temporary)
    }

    /// Opens a bundle file, or one that comes on standard input.
    static func openArchive(_ path: String, _ temporary: TemporaryFolder) throws -> BundleArchive.Reader {
        if path == "-" {
            return try BundleArchive.Reader(spooling: Descriptor.standard(0), to: temporary.path + "/bundle.tar")
        }
        return try BundleArchive.Reader(path: path)
    }

    func storeChunks(of bundle: BundleDocuments, _ session: WriteSession) throws -> [FinishedPack] {
        for member in bundle.archive.chunks {
            guard case .chunk(let name) = member.name else { continue }
            let sealed = try bundle.archive.read(member)
            if try index.locate(name) != nil {
                guard try reader.sealedChunk(name) == sealed else {
                    session.abandon()
                    throw EngineFailure.importConflict("chunk \(name.hex.prefix(16)) differs from the one in the store")
                }
                continue
            }
            _ = try session.writer.adopt(sealed: sealed, name: name)
        }
        return try session.finish()
    }

    private func finishImport(
        _ bundle: BundleDocuments,
        _ document: NodeDocument,
        _ descriptor: BundleDescriptor,
        _ packs: [FinishedPack],
        _ temporary: TemporaryFolder
    ) throws -> BundleImportReport {
        let key = try readKey(of: descriptor.identity)
        let root: SnapshotRoot
        do throws(SealedRootDefect) {
            root = try SnapshotRoot(opening: bundle.sealedRoot, of: descriptor, with: key)
        } catch { throw EngineFailure.importUntrusted(error.sentence) }
        do {
            try ContentCheck(reader: reader.adding(packs)).check(root)
            try bundle.refuseStrangers(root, reader: reader.adding(packs))
        } catch let failure as SnapshotFailure {
            throw EngineFailure.importUntrusted(failure.message)
        }
        let documents = bundle.nodeDocuments(document, descriptor, run: try runDocuments(bundle, descriptor))
        try write(documents, temporary: temporary)
        let now = Clock.nowSeconds()
        var telemetry = Telemetry(operation: descriptor.identity.operation, started: now, finished: now)
        telemetry.takenInBy = "bundle import"
        try telemetry.write(to: layout.run(descriptor.runID))
        var commit = documents.commit(parent: document.parentNodeID, packs: packs, at: now)
        commit.advancesNewest = false
        commit.isTakenIn = true
        _ = try index.commit(commit)
        var warnings: [String] = []
        if let parent = document.parentNodeID, try index.node(parent) == nil {
            warnings.append(
                "its parent \(parent) is not in this store: its chain cannot be verified until that is imported too"
            )
        }
        return BundleImportReport(
            node: document.nodeID,
            isNew: true,
            chunks: bundle.archive.chunks.count,
            warnings: warnings
        )
    }

    /// The documents of a bundle's run; nil for the root. Throws exit 3 where one is missing.
    func runDocuments(_ bundle: BundleDocuments, _ descriptor: BundleDescriptor) throws -> RunDocuments? {
        guard descriptor.identity.operation != .initial else { return nil }
        guard let bytes = bundle.certificate, let result = bundle.result, let policy = bundle.policy else {
            throw EngineFailure.importUntrusted("it lacks the certificate, the result or the policy of its run")
        }
        let certificate = try Certificate(reading: bytes)
        let tokens = NextTokens(
            runID: descriptor.runID,
            stateID: descriptor.stateID,
            ratchetStep: descriptor.ratchetStep
        )
        return RunDocuments(
            certificate: bytes,
            result: result,
            nextTokens: tokens.canonicalBytes,
            policy: policy,
            attestation: bundle.attestation,
            status: try ResultDocument(reading: result).status,
            requestHash: certificate.requestHash,
            artifactHash: Digest256.sha256(of: bytes)
        )
    }
}
