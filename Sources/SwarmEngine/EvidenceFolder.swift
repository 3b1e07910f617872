package import SwarmCapability
package import SwarmContracts
internal import SwarmPlatform
package import SwarmVerify

/// The public documents of nodes and runs: those of a store, or a copy of its `nodes/` and `runs/` on a machine that has
/// no key. Enough to verify, and not enough to open anything.
///
/// What is verified is what lies in the files: the index is never asked.
package struct EvidenceFolder: Sendable {
    private let layout: StoreLayout

    /// The documents under a folder that holds `nodes/` and `runs/`. Throws exit 2 where it does not.
    package init(at path: String) throws {
        layout = StoreLayout(root: path)
        guard Files.kind(layout.nodes) == .directory else {
            throw EngineFailure.pathInvalid(flag: "--documents", path: path, why: "no folder nodes/ is in it")
        }
    }

    /// The documents of a store, without its key.
    package init(_ layout: StoreLayout) { self.layout = layout }

    /// The documents of every node from the root to `node`, root first. A file that is missing is a link without it, and
    /// a parent that is missing ends the chain: the verdict says which, and that it does not begin at a root.
    package func chain(to node: NodeID) -> [ChainLink] {
        var links: [ChainLink] = []
        var next: NodeID? = node
        var seen: Set<NodeID> = []
        while let id = next, seen.insert(id).inserted, links.isEmpty || Files.kind(layout.node(id).path) != nil {
            let link = link(id)
            links.append(link)
            // A document that says it is another node's leads nowhere.
            next = link.node.flatMap { try? NodeDocument(reading: $0) }.flatMap {
                $0.nodeID == id ? $0.parentNodeID : nil
            }
        }
        return links.reversed()
    }

    /// One node's documents.
    package func link(_ id: NodeID) -> ChainLink {
        let folder = layout.node(id)
        let descriptor = try? Files.read(folder.descriptor)
        let run = descriptor.flatMap { try? BundleDescriptor(reading: $0) }.map { layout.run($0.runID) }
        return ChainLink(
            id: id,
            node: try? Files.read(folder.document),
            descriptor: descriptor,
            sealedRoot: (try? Files.read(folder.sealedRoot)).map { .bytes($0) },
            certificate: run.flatMap { try? Files.read($0.certificate) },
            result: run.flatMap { try? Files.read($0.result) },
            policy: run.flatMap { try? Files.read($0.policy) },
            nextTokens: run.flatMap { try? Files.read($0.nextTokens) },
            attestation: run.flatMap { try? Files.read($0.attestation) },
            isUnverified: isUnverified(id)
        )
    }

    /// Whether the node was taken in without an attestation, by `--skip-verify-cert`.
    package func isUnverified(_ id: NodeID) -> Bool { Files.kind(layout.node(id).unverified) != nil }

    /// The node that these bytes certify here, where it is marked unverified; nil for any others.
    package func unverifiedNode(of certificate: [UInt8]) -> NodeID? {
        guard let document = try? Certificate(reading: certificate) else { return nil }
        let run = layout.run(document.jobID)
        guard (try? Files.read(run.certificate)) == certificate,
            let node = (try? Files.read(run.result)).flatMap({ try? ResultDocument(reading: $0) })?.nodeID,
            isUnverified(node)
        else { return nil }
        return node
    }

    /// The node that a person names here: a node id, a unique prefix of one (4 characters or more), or `run:<run id>`.
    /// Throws exit 2 with the candidates where it names none or more than one.
    package func node(named reference: String) throws -> NodeID {
        if reference.hasPrefix("run:") {
            guard let run = try? RunID(stored: String(reference.dropFirst(4))),
                let result = (try? Files.read(layout.run(run).result)).flatMap({ try? ResultDocument(reading: $0) }),
                let node = result.nodeID
            else {
                let runs = ((try? Files.names(in: layout.runs)) ?? []).compactMap { try? RunID(stored: $0).description }
                throw EngineFailure.nodeNotAmong(
                    Name.shown(reference),
                    candidates: runs.sorted().prefix(10).map { "run:\($0)" }
                )
            }
            return node
        }
        let prefix = reference.hasPrefix("node-") ? reference : "node-" + reference
        let all = try Files.names(in: layout.nodes).compactMap { NodeID($0) }.sorted()
        let found = all.filter { $0.description.hasPrefix(prefix) }
        guard reference.utf8.count >= 4, let node = found.first else {
            throw EngineFailure.nodeNotAmong(Name.shown(reference), candidates: all.prefix(10).map(\.description))
        }
        guard found.count == 1 else {
            throw EngineFailure.nodeAmbiguous(Name.shown(reference), candidates: found.prefix(10).map(\.description))
        }
        return node
    }
}

extension Store {
    /// The operators whose attestations this store's runs may have: the holders of its keys, oldest first.
    package var operators: [OperatorPublicKey] { keyring.all.map { $0.signingKey().publicKey } }

    /// The public documents of this store.
    package var evidence: EvidenceFolder { EvidenceFolder(layout) }
}
