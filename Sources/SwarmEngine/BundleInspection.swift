internal import BundleArchive
internal import SwarmCapability
internal import SwarmContracts
internal import SwarmPlatform
internal import SwarmSnapshot
package import SwarmVerify

/// Checks a bundle file: by its documents, and byte by byte where a store has the key.
package enum BundleInspection {
    /// The verdict. Throws exit 2 for an archive that is malformed.
    package static func verify(_ path: String, with store: Store?) throws -> VerificationReport {
        let bundle = try BundleDocuments(try BundleArchive.Reader(path: path))
        let present = bundle.archive.chunks.compactMap { member -> Digest256? in
            guard case .chunk(let name) = member.name else { return nil }
            return name
        }
        guard let store, let descriptor = try? BundleDescriptor(reading: bundle.descriptor),
            let key = try? store.readKey(of: descriptor.identity),
            let plain = try? key.openRoot(bundle.sealedRoot, associated: descriptor.identity.associatedData),
            let root = try? SnapshotRoot(decoding: plain)
        else {
            return BundleVerifier.verify(
                bundle.link,
                chunks: present.map { ChunkPresence(name: $0.hex, state: .present) }
            )
        }
        return BundleVerifier.verify(bundle.link, chunks: states(bundle, root, store))
    }

    /// Every chunk that the node reaches, opened from the bundle, or for a thin one from the store.
    private static func states(_ bundle: BundleDocuments, _ root: SnapshotRoot, _ store: Store) -> [ChunkPresence] {
        let reader = ContentReader(packs: store.layout.packs, index: store.index).reading(
            from: ArchiveChunks(bundle.archive)
        )
        var states: [ChunkPresence] = []
        var names: Set<Digest256> = []
        do {
            try ChunkWalk.collect(root.contents, reader: reader, into: &names)
            try ContentCheck(reader: reader).check(root)
            states = names.sorted().map { ChunkPresence(name: $0.hex, state: .present) }
        } catch let failure as SnapshotFailure {
            if case .missingChunk(let name, _) = failure {
                states = [ChunkPresence(name: name.hex, state: .missing)]
            } else {
                states = [ChunkPresence(name: failure.message, state: .damaged)]
            }
        } catch {
            states = [ChunkPresence(name: "\(error)", state: .damaged)]
        }
        return states
    }
}

/// The chunks of a bundle file, as a reader of content takes them.
struct ArchiveChunks: SealedChunks {
    private let archive: BundleArchive.Reader

    init(_ archive: BundleArchive.Reader) { self.archive = archive }

    var file: String { "the bundle" }

    func sealedChunk(_ name: Digest256) throws -> [UInt8]? {
        try archive.member(.chunk(name)).map { try archive.read($0) }
    }
}
