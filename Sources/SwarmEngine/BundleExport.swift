internal import BundleArchive
internal import SwarmCapability
package import SwarmContracts
internal import SwarmPlatform
internal import SwarmSnapshot

/// What a bundle file holds.
package struct BundleReport: Sendable {
    package let node: NodeID
    package let chunks: Int
    package let bytes: UInt64
    /// SHA-256 of the file itself; for transport only.
    package let fileHash: Digest256
    package let since: NodeID?
}

extension Store {
    /// Writes a node as a bundle file. With `since` the chunks that this ancestor reaches are left out. The same node
    /// gives the same full bundle in any store with the same keys.
    package func exportBundle(
        _ id: NodeID,
        to path: String,
        since: NodeID?,
        withTimes: Bool,
        withAttestation: Bool
    ) throws -> BundleReport {
        let opened = try node(id)
        if let since, try !ancestors(of: id).contains(since) {
            throw EngineFailure.pathInvalid(flag: "--since", path: since.description, why: "it is no ancestor of \(id)")
        }
        let names = try chunkNames(of: opened, without: since)
        let building = path == "-" ? nil : path + ".tmp-" + Hex.encode(Randomness.bytes(6))
        let target = try building.map { try Descriptor.create($0) } ?? Descriptor.standard(1)
        do {
            var writer = BundleArchive.Writer(to: target)
            try addMembers(opened, names, &writer, withTimes: withTimes, withAttestation: withAttestation, since: since)
            let (size, hash) = try writer.finish()
            if let building {
                try target.sync()
                try Files.move(building, to: path)
            }
            return BundleReport(node: id, chunks: names.count, bytes: size, fileHash: hash, since: since)
        } catch {
            if let building { try? Files.remove(building) }
            throw error
        }
    }

    /// The names of all chunks that a node reaches, in order; those of an ancestor left out.
    func chunkNames(of opened: OpenedNode, without since: NodeID?) throws -> [Digest256] {
        var names: Set<Digest256> = []
        try content(of: opened) { try ChunkWalk.collect(opened.root.contents, reader: reader, into: &names) }
        if let since {
            let base = try node(since)
            var known: Set<Digest256> = []
            try content(of: base) { try ChunkWalk.collect(base.root.contents, reader: reader, into: &known) }
            names.subtract(known)
        }
        return names.sorted()
    }

    private func addMembers(
        _ opened: OpenedNode,
        _ names: [Digest256],
        _ writer: inout BundleArchive.Writer,
        withTimes: Bool,
        withAttestation: Bool,
        since: NodeID?
    ) throws {
        // Members go in the byte order of their names: chunks/, documents/, manifest.json, root.enc, times.enc.
        try content(of: opened) {
            for name in names { try writer.add("chunks/\(name.hex)", try reader.sealedChunk(name)) }
        }
        let run = layout.run(opened.runID)
        if withAttestation, Files.kind(run.attestation) != nil {
            try writer.add("documents/attestation.sigstore.json", try NodeReading.bytes(run.attestation))
        }
        if opened.operation != .initial {
            try writer.add("documents/certificate.json", try NodeReading.bytes(run.certificate))
        }
        try writer.add("documents/node.json", try NodeReading.bytes(layout.node(opened.id).document))
        if opened.operation != .initial {
            try writer.add("documents/policy.json", try NodeReading.bytes(run.policy))
            try writer.add("documents/result.json", try NodeReading.bytes(run.result))
        }
        if let since {
            let thin: JSONValue = ["since": .string(since.description)]
            try writer.add("documents/thin.json", CanonicalJSON.encode(thin))
        }
        try writer.add("manifest.json", try NodeReading.bytes(layout.node(opened.id).descriptor))
        try writer.add("root.enc", try NodeReading.bytes(layout.node(opened.id).sealedRoot, limit: 64 << 20))
        // The parent's times may be elsewhere one day: they go along under this node's key.
        if withTimes, let times = times(of: opened) {
            let associated = opened.descriptor.identity.associatedData
            try writer.add("times.enc", opened.readKey.sealTimes(times.encode(), associated: associated))
        }
    }
}

extension SnapshotRoot {
    /// Everything that a node's content is reached through.
    var contents: [ReachableContent] {
        var all: [ReachableContent] = [.tree(workspace), .content(state), .content(response)]
        if let home { all.append(.tree(home)) }
        return all
    }
}
