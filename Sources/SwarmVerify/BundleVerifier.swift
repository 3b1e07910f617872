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

/// What of a bundle's content could be looked at, and what was found.
package enum BundleContent: Sendable, Equatable {
    /// There is no key: the names of the chunks that lie in the bundle. Which of them the node reaches cannot be told.
    case locked(chunks: [String])
    /// The key is there, and the sealed root does not open under it.
    case closed
    /// The sealed root opens, to other content than the descriptor commits to.
    case other
    /// The chunks that the node reaches, each opened; `strangers` are the names of those in the bundle that it does not reach.
    case opened([ChunkPresence], strangers: [String])
}

/// Does everything that the descriptor names lie here whole? The part that needs no keys; what opens bytes tells it what it
/// found.
package enum BundleVerifier {
    /// Judges one node's documents, and its content as far as that was looked at.
    package static func verify(_ link: ChainLink, content: BundleContent) -> VerificationReport {
        var list = CheckList()
        LinkJudge(link: ReadLink(link), parent: .unknown, prefix: "BUNDLE", demandsTokens: false).run(&list)
        judgeRoot(content, &list)
        judgeChunks(content, &list)
        return VerificationReport(subject: "bundle", checks: list.checks)
    }

    private static let noKey = Judgement.notApplicable("without its key nothing was opened")
    private static let noRoot = Judgement.notApplicable("the sealed root could not be read")

    private static func judgeRoot(_ content: BundleContent, _ list: inout CheckList) {
        let (opens, holds): (Judgement, Judgement) =
            switch content {
            case .locked: (noKey, noKey)
            case .closed: (.fails("it does not open under the key of the node"), noRoot)
            case .other: (.holds("under the key of the node"), .fails("it is not what the descriptor commits to"))
            case .opened: (.holds("under the key of the node"), .holds("it is what the descriptor commits to"))
            }
        list.judge("root.opens", "BUNDLE_ROOT_CLOSED", opens)
        list.judge("root.commitments", "BUNDLE_ROOT_COMMITMENT_MISMATCH", holds)
    }

    private static func judgeChunks(_ content: BundleContent, _ list: inout CheckList) {
        let (once, present, whole, known): (Judgement, Judgement, Judgement, Judgement)
        switch content {
        case .locked(let names):
            once = repeated(names)
            (present, whole, known) = (noKey, noKey, noKey)
        case .closed, .other:
            (once, present, whole, known) = (noRoot, noRoot, noRoot, noRoot)
        case .opened(let chunks, let strangers):
            let names = chunks.map(\.name)
            once = repeated(names)
            let missing = chunks.filter { $0.state == .missing }.map(\.name)
            present = judgement(missing, "are missing", names.count)
            let damaged = chunks.filter { $0.state == .damaged }.map(\.name)
            whole = judgement(damaged, "are damaged", names.count)
            known =
                strangers.isEmpty
                ? .holds("none but what the node reaches")
                : .fails("\(strangers.count) are of no content of the node, the first is \(Shown.text(strangers[0]))")
        }
        list.judge("chunks.once", "BUNDLE_CHUNK_REPEATED", once)
        list.judge("chunks.present", "BUNDLE_CHUNK_MISSING", present)
        list.judge("chunks.whole", "BUNDLE_CHUNK_DAMAGED", whole)
        list.judge("chunks.known", "BUNDLE_CHUNK_UNKNOWN", known)
    }

    private static func repeated(_ names: [String]) -> Judgement {
        var seen: Set<String> = []
        return judgement(names.filter { !seen.insert($0).inserted }, "stand there twice", names.count)
    }

    private static func judgement(_ defective: [String], _ words: String, _ all: Int) -> Judgement {
        if all == 0 { return .notApplicable("no chunks were looked at") }
        guard let first = defective.first else { return .holds("\(all) chunks") }
        return .fails("\(defective.count) of \(all) chunks \(words), the first is \(Shown.text(first))")
    }
}
