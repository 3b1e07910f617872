internal import SwarmContracts

/// From root to node: does every certificate name its parent's, do steps rise by one, do bundles, policies and results
/// match, is nothing missing?
package enum ChainVerifier {
    /// Judges a chain, root first. A chain of root alone holds where root does; an empty one does not. Attestations are
    /// judged by `demand`.
    package static func verify(_ links: [ChainLink], demand: AttestationDemand = .none) -> VerificationReport {
        var list = CheckList()
        list.judge(
            "chain.length",
            "CHAIN_EMPTY",
            links.isEmpty ? .fails("there is no node") : .holds("\(links.count) nodes")
        )
        var parent = LinkJudge.Parent.none
        var seen: Set<RunID> = []
        for (position, bytes) in links.enumerated() {
            let link = ReadLink(bytes)
            list.subject = "node \(position)" + ((link.node.value?.nodeID ?? bytes.id).map { " (\($0))" } ?? "")
            LinkJudge(link: link, parent: parent, prefix: "CHAIN", demandsTokens: true, demand: demand).run(&list)
            if let id = link.descriptor.value?.runID {
                let isNew = seen.insert(id).inserted
                list.judge(
                    "link.run",
                    "CHAIN_RUN_REPEATED",
                    isNew
                        ? .holds("no earlier node has the run id \(id)")
                        : .fails("an earlier node has the run id \(id)")
                )
            }
            parent = .link(link)
        }
        return VerificationReport(subject: "chain", checks: list.checks)
    }
}
