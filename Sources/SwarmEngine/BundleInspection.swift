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
        return BundleVerifier.verify(bundle.link, content: try content(of: bundle, with: store))
    }

    /// Only a key that is not here makes a bundle one that nobody opens: what does not open under a key at hand is damaged.
    private static func content(of bundle: BundleDocuments, with store: Store?) throws -> BundleContent {
        guard let store, let descriptor = try? BundleDescriptor(reading: bundle.descriptor),
            let key = try? store.readKey(of: descriptor.identity)
        else { return .locked(chunks: bundle.chunks.map(\.hex)) }
        let root: SnapshotRoot
        do throws(SealedRootDefect) {
            root = try SnapshotRoot(opening: bundle.sealedRoot, of: descriptor, with: key)
        } catch .sealed { return .closed } catch .commitments { return .other }
        return opened(bundle, root, store)
    }

    /// Every chunk that the node reaches, opened from the bundle, or for a thin one from the store.
    private static func opened(_ bundle: BundleDocuments, _ root: SnapshotRoot, _ store: Store) -> BundleContent {
        let reader = ContentReader(packs: store.layout.packs, index: store.index).reading(
            from: ArchiveChunks(bundle.archive)
        )
        do {
            var names: Set<Digest256> = []
            try ChunkWalk.collect(root.contents, reader: reader, into: &names)
            try ContentCheck(reader: reader).check(root)
            return .opened(
                names.sorted().map { ChunkPresence(name: $0.hex, state: .present) },
                strangers: bundle.chunks.filter { !names.contains($0) }.map(\.hex)
            )
        } catch SnapshotFailure.missingChunk(let name, _) {
            return .opened([ChunkPresence(name: name.hex, state: .missing)], strangers: [])
        } catch {
            let what = (error as? any Failure)?.message ?? "\(error)"
            return .opened([ChunkPresence(name: what, state: .damaged)], strangers: [])
        }
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
