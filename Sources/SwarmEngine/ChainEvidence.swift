package import SwarmContracts
internal import SwarmPlatform
package import SwarmVerify

extension Store {
    /// The documents of every node from the root to `node`, as they lie on the disk: what `ChainVerifier` judges.
    /// A file that is missing is a link without it; the verdict says which.
    package func chain(to node: NodeID) throws -> [ChainLink] {
        var links: [ChainLink] = []
        var next: NodeID? = node
        var seen: Set<NodeID> = []
        // A parent that is not here ends the chain: the verdict says that it does not begin at a root.
        while let id = next, seen.insert(id).inserted, links.isEmpty || Files.kind(layout.node(id).path) != nil {
            links.append(link(id))
            // The document decides, not the index: what is verified is what lies in the files.
            next = (try? document(id))?.parentNodeID
        }
        return links.reversed()
    }

    /// One node's documents.
    package func link(_ id: NodeID) -> ChainLink {
        let folder = layout.node(id)
        let run = (try? descriptor(id)).map { layout.run($0.runID) }
        return ChainLink(
            node: (try? Files.read(folder.document)) ?? [],
            descriptor: (try? Files.read(folder.descriptor)) ?? [],
            sealedRoot: (try? Files.read(folder.sealedRoot)).map { .bytes($0) },
            certificate: run.flatMap { try? Files.read($0.certificate) },
            result: run.flatMap { try? Files.read($0.result) },
            policy: run.flatMap { try? Files.read($0.policy) },
            nextTokens: run.flatMap { try? Files.read($0.nextTokens) }
        )
    }
}
