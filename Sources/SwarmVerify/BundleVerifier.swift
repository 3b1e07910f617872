internal import SwarmContracts

/// Whether a chunk that a node reaches lies in a bundle.
package struct ChunkPresence: Sendable, Equatable {
    package enum State: Sendable, Equatable {
        case present
        case missing
        /// There, and not the bytes that its name stands for.
        case damaged
    }

    package let name: String
    package let state: State

    package init(name: String, state: State) {
        self.name = name
        self.state = state
    }
}

/// Does everything that the descriptor names lie here whole? The part that needs no keys; what opens bytes tells it which
/// chunks it found.
package enum BundleVerifier {
    /// Judges one node's documents and the presence of its chunks.
    package static func verify(_ link: ChainLink, chunks: [ChunkPresence]) -> VerificationReport {
        var list = CheckList()
        LinkJudge(link: ReadLink(link), parent: .unknown, prefix: "BUNDLE", demandsTokens: false).run(&list)
        let names = chunks.map(\.name)
        var seen: Set<String> = []
        let repeated = names.filter { !seen.insert($0).inserted }
        list.judge("chunks.once", "BUNDLE_CHUNK_REPEATED", judgement(repeated, "stand there twice", names.count))
        let missing = chunks.filter { $0.state == .missing }.map(\.name)
        list.judge("chunks.present", "BUNDLE_CHUNK_MISSING", judgement(missing, "are missing", names.count))
        let damaged = chunks.filter { $0.state == .damaged }.map(\.name)
        list.judge("chunks.whole", "BUNDLE_CHUNK_DAMAGED", judgement(damaged, "are damaged", names.count))
        return VerificationReport(subject: "bundle", checks: list.checks)
    }

    private static func judgement(_ defective: [String], _ words: String, _ all: Int) -> Judgement {
        if all == 0 { return .notApplicable("no chunks were looked at") }
        guard let first = defective.first else { return .holds("\(all) chunks") }
        return .fails("\(defective.count) of \(all) chunks \(words), the first is \(Shown.text(first))")
    }
}
